// The memory model above the firings: how sub-fractals, units and networks are put together of parts, each
// kept or run again. The planner and the prediction for a given plan use the same rules.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <fractal/plan/checkpoint_memory.hpp>
#include <fractal/plan/cost.hpp>

namespace fractal::detail {

/// What a firing or sub-fractal reads: the input of its unit's fractal, or a joined value.
enum class Reads : std::uint8_t { entered, joined };

/// Who refers to the gradient of a part's outputs: others too, nobody else, or nobody else to a gradient of
/// its own for each output, which is what pools before the join make.
enum class Gradient : std::uint8_t { shared, sole, apart };

/// A sub-fractal of 1 to C columns in one unit, before any mark: what does not depend on the plan.
struct ColumnsFacts {
    std::int64_t bare = 0; ///< most at once while it runs unrecorded
    std::int64_t weight_gradients = 0;
    std::int64_t macs = 0;
};

/// A layer outside of the fractals, a transition or the head: what it keeps, the most at once in its forward
/// and in its backward pass, and what its gradients leave.
struct LayerMemory {
    std::int64_t kept = 0;
    std::int64_t forward = 0;
    std::int64_t backward = 0;
    std::int64_t weight_gradients = 0;
    bool keeps_input = false;
};

/// One unit, as far as no mark matters, and the rules for its parts.
class UnitModel {
public:
    constexpr UnitModel(const NetworkSpec& net, int unit, const MapFacts& entered,
                        const MemoryOptions& options)
        : net_(net),
          unit_(unit),
          sizes_(options),
          entered_(entered),
          start_(entered) {
        if (net.has_transition(unit)) read_transition(options);
        FiringReading first(net.order, start_, net.width(unit), options);
        firings_[0] = first.read();
        Shape shape = start_.shape;
        for (const LayerSpec* layer : net.order) shape = layer->output(shape, net.width(unit));
        out_ = {.shape = shape, .scalar = sizes_.scalar(), .has_gradient = true};
        map_ = firings_[0].out;
        firings_[1] =
            same_input() ? firings_[0] : FiringReading(net.order, out_, net.width(unit), options).read();
        read_columns();
        read_pool();
    }

    constexpr const FiringMemory& firing(Reads reads) const {
        return firings_[static_cast<std::size_t>(reads)];
    }
    constexpr const ColumnsFacts& columns(int count, Reads reads) const {
        return columns_[static_cast<std::size_t>(reads)][static_cast<std::size_t>(count)];
    }
    /// Whether a firing of the unit's input is like one of a joined value.
    constexpr bool same_input() const {
        return start_.shape == out_.shape && start_.scalar == out_.scalar && start_.has_gradient;
    }
    constexpr const MapFacts& output() const { return pooled_; }
    /// Says that the gradient of the output comes in another memory format than the pool's: then the pool
    /// reorders its indices and the gradient that it makes (ATen, max_pool2d_backward_kernel_impl); the fused
    /// one reorders what comes.
    constexpr void reorder_gradient() { reordered_ = sizes_.fused() ? pool_ : indices_ + map_; }
    constexpr std::int64_t entered_bytes() const { return sizes_.map(entered_.shape, entered_.scalar); }
    constexpr std::int64_t output_bytes() const { return left_; }
    /// Most at once while it runs unrecorded.
    constexpr std::int64_t bare() const { return bare_unit_; }
    constexpr std::int64_t weight_gradients() const {
        return columns(net_.columns, Reads::entered).weight_gradients + transition_.weight_gradients;
    }

    /// Of the values of the unit's last step.
    constexpr Gradient gradient() const { return pools_columns() ? Gradient::apart : joined_gradient(); }
    /// Of the values that meet in a join: they share one, unless the join runs their chains too.
    constexpr Gradient joined_gradient() const { return deferred() ? Gradient::apart : Gradient::sole; }
    /// Of the last value of a sub-fractal, while those of its other values wait.
    static constexpr Gradient of_last(Gradient whole) {
        return whole == Gradient::apart ? Gradient::sole : Gradient::shared;
    }

    /// A firing that keeps its activations.
    constexpr SegmentMemory kept_firing(Reads reads, Gradient gradient) const {
        return firing(reads).recorded[gradient == Gradient::shared ? 0 : 1];
    }
    constexpr SegmentMemory marked_firing(Reads reads) const {
        const FiringMemory& fire = firing(reads);
        return run_again(fire.inside, fire.bare, map_, map_, fire.macs);
    }
    /// A sub-fractal of `count` columns of its parts in the order in which they run: its first half, whose
    /// gradient is that of a join, its second half, whose gradient is as the whole's, and its last firing
    /// (`of_last`).
    constexpr SegmentMemory kept_columns(int count, Reads reads, Gradient gradient,
                                         const SegmentMemory& first, const SegmentMemory& second,
                                         const SegmentMemory& last) const {
        const int half = count - 1;
        const ColumnsFacts& second_facts = columns(half, Reads::joined);
        const FiringMemory& last_facts = firing(reads);
        SegmentMemory whole{.macs = first.macs + second.macs + last.macs,
                            .keeps_input = first.keeps_input || last.keeps_input};

        // Forward. The joined value is the first half's own where that is of one column.
        const bool joins = half > 1 || deferred();
        const std::int64_t joined = joins ? map_ : first.loose;
        const std::int64_t kept_joined = second.keeps_input ? joined : 0;
        const std::int64_t after_join = first.kept + joined;
        const std::int64_t after_second = after_join + second.kept + second.loose;
        whole.forward = std::max({first.forward, after_join + second.forward, after_second + last.forward});
        if (joins) whole.forward = std::max(whole.forward, first.kept + first.loose + join_scratch());
        whole.kept = first.kept + kept_joined + second.kept + last.kept;
        whole.loose = second.loose + last.loose;

        // Backward: last, second, join, first; the gradient of the input waits from the last to the first.
        const std::int64_t before_second = first.kept + kept_joined;
        const std::int64_t left = last_facts.weight_gradients + last_facts.in_gradient;
        const std::int64_t waiting = gradient == Gradient::apart ? half * map_ : 0;
        whole.backward = std::max(before_second + second.kept + last.backward + waiting,
                                  before_second + second.backward + left);
        const std::int64_t left_by_both = left + second_facts.weight_gradients;
        const std::int64_t made = deferred() ? half * map_ : map_;
        if (joins) whole.backward = std::max(whole.backward, first.kept + map_ + made + left_by_both);
        whole.backward = std::max(whole.backward, first.backward + left_by_both);
        return whole;
    }
    /// The second run, `inside`, shares the gradient with the node that runs it.
    constexpr SegmentMemory marked_columns(int count, Reads reads, Gradient gradient,
                                           SegmentMemory inside) const {
        const ColumnsFacts& facts = columns(count, reads);
        const std::int64_t others = gradient == Gradient::apart ? (count - 1) * map_ : 0;
        inside.backward += others;
        if (deferred()) inside.forward = std::max(inside.forward, inside.kept + inside.loose + count * map_);
        return run_again(inside, facts.bare, count * map_, map_ + others, facts.macs);
    }
    /// The whole unit of its fractal.
    constexpr SegmentMemory kept_unit(const SegmentMemory& fractal, bool alone) const {
        SegmentMemory whole{.macs = fractal.macs, .keeps_input = fractal.keeps_input};
        const bool joins = net_.columns > 1;
        const bool before_join = pools_columns();
        const std::int64_t pools = before_join ? net_.columns : 1;

        // Forward.
        std::int64_t before = 0; // what lives before the fractal, its input included
        std::int64_t kept_before = 0;
        if (has_transition()) {
            whole.keeps_input = transition_.keeps_input;
            kept_before = transition_.kept + (fractal.keeps_input ? start_bytes_ : 0);
            before = transition_.kept + start_bytes_;
            whole.forward = transition_.forward;
        }
        whole.forward = std::max(whole.forward, before + fractal.forward);
        const std::int64_t values = fractal.kept + fractal.loose; // the columns' values, all of which live
        std::int64_t live = kept_before + values;
        const std::int64_t dropped = drops() ? left_ + mask_ : 0;
        if (before_join) {
            live += pools * (pool_ + indices_);
            whole.forward = std::max(whole.forward, live + std::max(2 * pool_, pool_ + dropped));
        } else {
            if (joins && !sizes_.fused()) {
                whole.forward = std::max(whole.forward, live + join_scratch());
                live += map_;
            }
            whole.forward = std::max(whole.forward, live + pool_ + indices_ + dropped);
        }
        // Kept by the pools: the joined value, the one column's value, or those of all columns.
        const std::int64_t pooled_values = sizes_.fused() ? 0 : !before_join && joins ? map_ : fractal.loose;
        const std::int64_t kept_by_pool = pooled_values + pools * indices_;
        const std::int64_t kept_for_fractal = kept_before + fractal.kept;
        whole.kept = kept_for_fractal + kept_by_pool + (drops() ? mask_ : 0);
        whole.loose = left_;

        // Backward: dropout, pool and join (or join and pools), fractal, transition.
        const std::int64_t others = alone ? 0 : left_;
        const std::int64_t kept = kept_for_fractal + kept_by_pool;
        if (drops()) whole.backward = kept + mask_ + 2 * pool_;
        if (before_join) {
            // One pool after the other makes a gradient, and lets go of its value and indices.
            const std::int64_t at_first = pools * indices_ + fractal.loose + map_;
            const std::int64_t at_last = indices_ + std::min(fractal.loose, map_) + pools * map_;
            whole.backward =
                std::max({whole.backward, kept + 2 * pool_ + (drops() ? others : 0),
                          kept_for_fractal + pool_ + std::max(at_first, at_last) + reordered_ + others,
                          kept_before + fractal.backward + others});
        } else {
            const std::int64_t made = deferred() ? net_.columns * map_ : map_;
            whole.backward =
                std::max(whole.backward, kept + pool_ + made + reordered_ + (drops() ? others : 0));
            if (joins && !sizes_.fused())
                whole.backward = std::max(whole.backward, kept_for_fractal + 2 * map_ + others);
            whole.backward = std::max(whole.backward, kept_before + fractal.backward + others);
        }
        if (has_transition()) {
            whole.backward =
                std::max(whole.backward, transition_.backward + others +
                                             columns(net_.columns, Reads::entered).weight_gradients);
        }
        return whole;
    }
    constexpr SegmentMemory marked_unit(const SegmentMemory& inside) const {
        const std::int64_t macs = columns(net_.columns, Reads::entered).macs + transition_macs_;
        return run_again(inside, bare_unit_, left_, left_, macs);
    }

private:
    constexpr bool deferred() const { return firings_[1].deferred; }
    /// What a join takes: its value, and a sum unless it is fused.
    constexpr std::int64_t join_scratch() const { return sizes_.fused() ? map_ : 2 * map_; }
    constexpr bool has_transition() const { return net_.has_transition(unit_); }
    constexpr bool pools_columns() const {
        return net_.columns > 1 && net_.pool == PoolPlacement::before_join;
    }
    constexpr bool drops() const { return net_.dropout_after(unit_) > 0; }

    constexpr void read_transition(const MemoryOptions& options) {
        LayerOrder alone;
        alone.append(layer_spec<Conv<1>>);
        const FiringMemory convolution = FiringReading(alone, entered_, net_.width(unit_), options).read();
        start_ = {.shape = {net_.width(unit_), entered_.shape.height, entered_.shape.width},
                  .scalar = sizes_.scalar()};
        start_bytes_ = convolution.out;
        transition_ = {convolution.recorded[1].kept, convolution.recorded[1].forward,
                       convolution.recorded[1].backward, convolution.weight_gradients,
                       convolution.recorded[1].keeps_input};
        bare_transition_ = convolution.bare;
        transition_macs_ = convolution.macs;
    }
    constexpr void read_columns() {
        for (const Reads reads : {Reads::entered, Reads::joined}) {
            const FiringMemory& fire = firing(reads);
            auto& facts = columns_[static_cast<std::size_t>(reads)];
            facts[1] = {fire.bare, fire.weight_gradients, fire.macs};
        }
        for (int count = 2; count <= net_.columns; ++count) {
            for (const Reads reads : {Reads::entered, Reads::joined}) {
                const FiringMemory& fire = firing(reads);
                const ColumnsFacts& first = columns(count - 1, reads);
                const ColumnsFacts& second = columns(count - 1, Reads::joined);
                std::int64_t bare = std::max({first.bare, map_ + second.bare, count * map_ + fire.bare});
                if (count > 2) bare = std::max(bare, (count - 1) * map_ + join_scratch());
                columns_[static_cast<std::size_t>(reads)][static_cast<std::size_t>(count)] = {
                    bare, first.weight_gradients + second.weight_gradients + fire.weight_gradients,
                    first.macs + second.macs + fire.macs};
            }
        }
    }
    constexpr void read_pool() {
        const int index_bytes = sizes_.fused() ? 1 : 8;
        pooled_ = {.shape = fractal::pooled(out_.shape), .scalar = out_.scalar};
        pool_ = sizes_.map(pooled_.shape, pooled_.scalar);
        indices_ = sizes_.map(pooled_.shape, index_bytes);
        mask_ = drops() ? sizes_.images(std::int64_t{pooled_.shape.channels} * pooled_.scalar) : 0;
        left_ = pool_;
        const std::int64_t columns_values = net_.columns * map_;
        const std::int64_t dropped = drops() ? left_ + mask_ : 0;
        bare_unit_ = start_bytes_ + columns(net_.columns, Reads::entered).bare;
        bare_unit_ = std::max(bare_unit_, bare_transition_);
        if (pools_columns()) {
            const std::int64_t pools = net_.columns * pool_;
            bare_unit_ = std::max({bare_unit_, columns_values + pool_ + indices_, pools + map_ + indices_,
                                   pools + std::max(2 * pool_, pool_ + dropped)});
        } else {
            const std::int64_t joined = net_.columns > 1 && !sizes_.fused() ? map_ : 0;
            bare_unit_ = std::max({bare_unit_, columns_values + 2 * joined,
                                   columns_values + joined + pool_ + std::max(indices_, dropped)});
        }
    }

    const NetworkSpec& net_;
    int unit_;
    TensorSizes sizes_;
    MapFacts entered_;
    MapFacts start_; ///< what the fractal reads
    MapFacts out_{};
    MapFacts pooled_{};
    std::array<FiringMemory, 2> firings_{};
    std::array<std::array<ColumnsFacts, max_columns + 1>, 2> columns_{};
    std::int64_t map_ = 0;       ///< a value of the fractal
    std::int64_t pool_ = 0;      ///< a value after a pool
    std::int64_t indices_ = 0;   ///< of a pool
    std::int64_t mask_ = 0;      ///< of the unit's dropout
    std::int64_t left_ = 0;      ///< the unit's output
    std::int64_t reordered_ = 0; ///< copies of the last pool in another memory format
    std::int64_t start_bytes_ = 0;
    std::int64_t bare_transition_ = 0;
    std::int64_t bare_unit_ = 0;
    std::int64_t transition_macs_ = 0;
    LayerMemory transition_{};
};

} // namespace fractal::detail
