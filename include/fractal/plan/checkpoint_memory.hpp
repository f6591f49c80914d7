// What the reference executor holds while a firing runs forward and backward: the leaves of the memory model.
//
// The model follows every tensor that grows with the batch or with the weights, from where it is made to
// where the last reference to it goes:
//
// Forward. A value lives as long as the walk refers to it: the input of a unit, of a sub-fractal and of a
// firing until that has run, the values of a step until they are joined (those of a unit's last step until
// the unit has run), the input of a chain of pointwise layers until the chain has run. While a graph is
// recorded, a convolution, a batch normalisation, a pool and a linear layer keep their input, a ReLU its
// output, a dropout its mask, a pool its int64 indices (docs/semantics.md, Cost); layers whose input needs no
// gradient and that have no weights keep nothing. A tensor counts once however many keep it. Under autocast a
// convolution makes a copy of its weights in the lower precision, and of an input in fp32, and keeps the
// copies.
//
// Backward. Each operation holds what it kept, the gradient of its output and the one that it makes; then
// what it kept goes. The values that meet in a join share one gradient, which goes with the last of them. The
// gradient of a value that several firings read adds up at each sub-fractal that reads it. Gradients of
// weights stay; under autocast they come in the lower precision and are copied. Beside its results a batch
// normalisation takes a second gradient of its input, a convolution a copy of its weights forward and copies
// of their gradient backward (measured with LibTorch 2.13 and its oneDNN: two in fp32, 1.11 to 1.13 in fp32
// for weights in bf16).
//
// A checkpointed node keeps its input alone. Its second run holds the gradient of its output from beginning
// to end, and everything else as above. Nothing is kept in a first run, marks inside it or not.
//
// Fused (`MemoryOptions::fused`). A chain of pointwise layers is one layer: it keeps its input where it has a
// normalisation, else its output where it has a ReLU, and nothing between. The chain that a firing ends with
// runs in the join, or pool, that reads it: until then the firing's value is the chain's input, and what
// comes of it is never made. Such a join makes the gradients of all its values at once. The indices of a pool
// are bytes.
//
// Own convolutions (`MemoryOptions::convolutions`). A convolution by kernels of ours keeps its input and no
// copy of its weights. It takes packed or transformed weights forward; backward, first sums, and gathered
// tiles if it filters, for the gradient of the weights, then such weights again.
//
// Left out, as they take less than a thousandth: the loss, single numbers, one figure for each channel.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <fractal/plan/segment_memory.hpp>
#include <fractal/plan/tensor_sizes.hpp>
#include <fractal/spec/network_spec.hpp>

namespace fractal {

namespace detail {

/// A value on its way through a network.
struct MapFacts {
    Shape shape{};
    int scalar = 4;
    bool has_gradient = true;
};

/// All that is to be known of one kind of firing.
struct FiringMemory {
    /// Recorded, where others refer to the gradient of its output too (0), and where nobody else does (1).
    std::array<SegmentMemory, 2> recorded{};
    SegmentMemory inside{};            ///< recorded in a second run of its own, which makes its output
    bool deferred = false;             ///< whether it ends with a chain that runs where its value is read
    std::int64_t bare = 0;             ///< most at once while it runs unrecorded
    std::int64_t out = 0;              ///< its output
    std::int64_t in_gradient = 0;      ///< gradient of its input
    std::int64_t weight_gradients = 0; ///< that it leaves behind
    std::int64_t macs = 0;             ///< of one run
};

/// Follows the layers of one firing.
class FiringReading {
public:
    constexpr FiringReading(const LayerOrder& order, const MapFacts& in, int width,
                            const MemoryOptions& options)
        : sizes_(options) {
        maps_[0] = {.facts = in, .bytes = sizes_.map(in.shape, in.scalar)};
        for (const LayerSpec* layer : order) {
            if (layer->kind == LayerKind::dropout && layer->argument == 0) continue;
            append(*layer, width);
        }
    }

    constexpr FiringMemory read() const {
        FiringMemory memory{.out = maps_[count_].bytes,
                            .in_gradient = maps_[0].facts.has_gradient ? maps_[0].bytes : 0};
        for (std::size_t i = 0; i < count_; ++i) {
            const Step& step = steps_[i];
            const bool folded =
                sizes_.fused() && !step.pointwise && i + 1 < count_ && steps_[i + 1].pointwise;
            memory.bare =
                std::max(memory.bare, held(i, false) + step.cast + step.cast_weights + step.forward_scratch +
                                          (folded ? step.weight_gradients : 0));
            memory.weight_gradients += sizes_.left(step.weight_gradients);
            memory.macs += step.macs;
        }
        memory.deferred = sizes_.fused() && steps_[count_ - 1].pointwise;
        memory.inside = recorded(false, false);
        for (const bool alone : {false, true})
            memory.recorded[alone ? 1 : 0] = recorded(memory.deferred, alone);
        return memory;
    }

private:
    /// Recorded, its last chain left to whoever reads its value, or run.
    constexpr SegmentMemory recorded(bool deferred, bool alone) const {
        const std::size_t runs = deferred ? count_ - 1 : count_;
        SegmentMemory memory{.kept = kept_before(count_),
                             .backward = backward(runs, alone || deferred),
                             .keeps_input = maps_[0].kept_by_reader};
        for (std::size_t i = 0; i < runs; ++i)
            memory.forward = std::max(memory.forward, held(i, true) + steps_[i].forward_scratch);
        const Map& value = maps_[runs];
        if (deferred) { // what the chain keeps of itself, it keeps of its input in a join
            const bool keeps = value.kept_by_reader || maps_[count_].kept_by_maker;
            memory.loose = keeps ? 0 : value.bytes;
        } else {
            memory.loose = value.kept_by_maker ? 0 : value.bytes;
        }
        return memory;
    }

    /// Value i is what layer i reads and what layer i - 1 makes.
    struct Map {
        MapFacts facts{};
        std::int64_t bytes = 0;
        bool kept_by_maker = false;
        bool kept_by_reader = false;
    };
    struct Step {
        std::size_t stage = 0; ///< the value that is held until this layer's stage has run
        bool pointwise = false;
        bool norm = false; ///< of a fused chain, as the next
        bool relu = false;
        bool recorded = false;
        std::int64_t cast = 0;         ///< copy of the input in the lower precision
        std::int64_t cast_weights = 0; ///< copy of the weights
        std::int64_t extra = 0;        ///< masks and the like, kept
        std::int64_t weight_gradients = 0;
        std::int64_t forward_scratch = 0;
        std::int64_t backward_scratch = 0;
        std::int64_t macs = 0;

        constexpr std::int64_t kept() const { return recorded ? cast + cast_weights + extra : 0; }
    };

    static constexpr std::int64_t trainable(const LayerSpec& layer, const Shape& in, const Shape& out) {
        std::int64_t weights = 0;
        for (const WeightSpec& weight : layer.weights(in, out)) {
            if (weight.trainable) weights += weight.elements();
        }
        return weights;
    }

    /// Adds a pointwise layer to the fused chain that it belongs to, which it begins if it is the first.
    constexpr void append_fused(const LayerSpec& layer) {
        const bool norm = layer.kind == LayerKind::batch_norm;
        const bool begins = count_ == 0 || !steps_[count_ - 1].pointwise || (norm && steps_[count_ - 1].norm);
        if (begins) ++count_;
        Map& in = maps_[count_ - 1];
        Map& out = maps_[count_];
        Step& step = steps_[count_ - 1];
        if (begins) {
            step.stage = count_ - 1;
            step.pointwise = true;
            out = {.facts = in.facts, .bytes = in.bytes};
        }
        step.norm = step.norm || norm;
        step.relu = step.relu || layer.kind == LayerKind::relu;
        if (norm) {
            step.weight_gradients = sizes_.weight_gradients(trainable(layer, in.facts.shape, in.facts.shape));
            out.facts.has_gradient = true;
        }
        step.recorded = out.facts.has_gradient;
        in.kept_by_reader = step.recorded && step.norm;
        out.kept_by_maker = step.recorded && step.relu && !step.norm;
    }

    constexpr void append(const LayerSpec& layer, int width) {
        const bool pointwise = layer.kind != LayerKind::convolution && layer.kind != LayerKind::custom;
        if (sizes_.fused() && pointwise) return append_fused(layer);
        const std::size_t i = count_++;
        Map& in = maps_[i];
        Map& out = maps_[i + 1];
        Step& step = steps_[i];
        const bool convolution = layer.kind == LayerKind::convolution;
        out.facts = in.facts;
        out.facts.shape = layer.output(in.facts.shape, width);
        if (convolution) out.facts.scalar = sizes_.scalar();
        out.bytes = sizes_.map(out.facts.shape, out.facts.scalar);
        step.pointwise = pointwise;
        step.stage = step.pointwise && i > 0 && steps_[i - 1].pointwise ? steps_[i - 1].stage : i;
        step.macs = layer.macs(in.facts.shape, out.facts.shape);
        const std::int64_t weights = trainable(layer, in.facts.shape, out.facts.shape);
        step.weight_gradients = weights > 0 ? sizes_.weight_gradients(weights) : 0;
        out.facts.has_gradient = in.facts.has_gradient || weights > 0;
        step.recorded = out.facts.has_gradient;
        if (convolution && in.facts.scalar != sizes_.scalar())
            step.cast = sizes_.map(in.facts.shape, sizes_.scalar());
        const auto own =
            convolution ? sizes_.own_scratch(layer, in.facts.shape, out.facts.shape) : std::nullopt;
        if (own) {
            const std::int64_t made = in.facts.has_gradient ? in.bytes : 0; // after the sums have gone
            step.forward_scratch = own->maps;
            step.backward_scratch = std::max(own->weight_gradient - made, made > 0 ? own->maps : 0);
        } else if (convolution) {
            step.cast_weights = sizes_.cast_weights(weights);
            step.forward_scratch = sizes_.forward_scratch(weights);
            step.backward_scratch = sizes_.backward_scratch(weights);
            if (in.facts.shape.channels == 1) { // its strides are no format's own: oneDNN reorders the output
                step.forward_scratch += out.bytes;
                step.backward_scratch += 2 * out.bytes;
            }
        }
        if (layer.kind == LayerKind::batch_norm && in.facts.has_gradient) step.backward_scratch = in.bytes;
        if (!step.recorded) return;
        const Saved saved = layer.saved(in.facts.shape, out.facts.shape);
        in.kept_by_reader = saved.input && step.cast == 0;
        out.kept_by_maker = saved.output;
        step.extra = saved.extra > 0 ? sizes_.images(saved.extra / 4 * in.facts.scalar) : 0;
    }

    /// What lives while layer i runs forward: what the walk holds and, while a graph is recorded, what is
    /// kept.
    constexpr std::int64_t held(std::size_t i, bool recorded) const {
        std::int64_t bytes = 0;
        for (std::size_t j = 1; j <= i + 1; ++j) {
            const bool kept = maps_[j].kept_by_maker || (j <= i && maps_[j].kept_by_reader);
            if ((recorded && kept) || j == steps_[i].stage || j >= i) bytes += maps_[j].bytes;
        }
        if (!recorded) return bytes;
        for (std::size_t j = 0; j < i; ++j) bytes += steps_[j].kept();
        return bytes + steps_[i].cast + steps_[i].cast_weights + steps_[i].extra;
    }
    /// What the graph of the first `layers` layers keeps.
    constexpr std::int64_t kept_before(std::size_t layers) const {
        std::int64_t bytes = 0;
        for (std::size_t j = 1; j <= layers; ++j) {
            if (maps_[j].kept_by_maker || (j < layers && maps_[j].kept_by_reader)) bytes += maps_[j].bytes;
        }
        for (std::size_t j = 0; j < layers; ++j) bytes += steps_[j].kept();
        return bytes;
    }
    /// Of the first `layers` layers, from the gradient of what they make.
    constexpr std::int64_t backward(std::size_t layers, bool alone) const {
        std::int64_t peak = 0;
        std::int64_t left = 0; // gradients of weights so far
        for (std::size_t i = layers; i-- > 0;) {
            const Map& in = maps_[i];
            const Step& step = steps_[i];
            if (!step.recorded) break;
            const std::int64_t others = left + (alone || i + 1 == layers ? 0 : maps_[layers].bytes);
            const std::int64_t made = in.facts.has_gradient ? (step.cast > 0 ? step.cast : in.bytes) : 0;
            const std::int64_t weights = step.cast_weights > 0 ? step.cast_weights : step.weight_gradients;
            peak = std::max(peak, others + kept_before(i + 1) + maps_[i + 1].bytes + made + weights +
                                      step.backward_scratch);
            if (step.cast_weights > 0) {
                const std::int64_t still = i + 1 == layers && !alone ? maps_[layers].bytes : 0;
                peak =
                    std::max(peak, others + still + kept_before(i) + made + weights + step.weight_gradients);
            }
            if (step.cast > 0 && made > 0) peak = std::max(peak, others + kept_before(i) + made + in.bytes);
            left += sizes_.left(step.weight_gradients);
        }
        return peak;
    }

    TensorSizes sizes_;
    std::array<Map, max_order_length + 1> maps_{};
    std::array<Step, max_order_length> steps_{};
    std::size_t count_ = 0;
};

} // namespace detail

} // namespace fractal
