// Parameters, multiply-accumulates and saved bytes, by formulas and by a count that know nothing of the walk.
#include "check.hpp"

#include <cstdint>
#include <vector>

#include <fractal/exec/path_macs.hpp>
#include <fractal/plan/slots.hpp>

#include "simulation.hpp"
#include "variants.hpp"

namespace fractal::laws {
namespace {

struct Weighed {
    std::int64_t parameters = 0;
    std::int64_t macs = 0;
};

/// One firing that reads `in` channels on `pixels` positions.
Weighed firing(const NetworkSpec& net, std::int64_t in, std::int64_t width, std::int64_t pixels) {
    Weighed sum;
    for (const LayerSpec* layer : net.order) {
        const std::int64_t area = std::int64_t{layer->argument} * layer->argument;
        if (layer->kind == LayerKind::convolution) {
            sum.parameters += area * in * width;
            sum.macs += area * in * width * pixels;
            in = width;
        } else if (layer->kind == LayerKind::batch_norm) {
            sum.parameters += 2 * in;
        }
    }
    return sum;
}

/// In each unit, every column's first firing reads what the unit does, and all others read a join:
/// sum over units of C * firing(channels in) + (2^C - 1 - C) * firing(width), and the head.
Weighed by_formula(const NetworkSpec& net) {
    Weighed sum;
    std::int64_t in = net.input.channels;
    std::int64_t height = net.input.height;
    std::int64_t wide = net.input.width;
    for (int unit = 0; unit < net.depth; ++unit) {
        const std::int64_t width = net.width(unit);
        if (net.transition && in != width) {
            sum.parameters += in * width;
            sum.macs += in * width * height * wide;
            in = width;
        }
        const Weighed first = firing(net, in, width, height * wide);
        const Weighed later = firing(net, width, width, height * wide);
        const std::int64_t others = (1 << net.columns) - 1 - net.columns;
        sum.parameters += net.columns * first.parameters + others * later.parameters;
        sum.macs += net.columns * first.macs + others * later.macs;
        in = width;
        height /= 2;
        wide /= 2;
    }
    const std::int64_t features = net.head == HeadKind::flatten ? in * height * wide : in;
    sum.parameters += features * net.classes + net.classes;
    sum.macs += features * net.classes;
    return sum;
}

bool all_built_in(const NetworkSpec& net) {
    for (const LayerSpec* layer : net.order) {
        if (layer->kind == LayerKind::custom) return false;
    }
    return true;
}

TEST_CASE("costs: parameters and MACs by closed formulas") {
    for (const Variant* variant : every_variant()) {
        if (!all_built_in(*variant->spec)) continue;
        CAPTURE(variant->name);
        const Weighed expected = by_formula(*variant->spec);
        CHECK(variant->cost.parameters == expected.parameters);
        CHECK(variant->cost.macs == expected.macs);
    }
}

TEST_CASE("costs: parameters and MACs are the sums over the slots") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        const NetworkSpec& net = *variant->spec;
        std::int64_t parameters = 0;
        std::int64_t macs = 0;
        for_each_slot(net, [&](const Slot& slot) {
            for (const WeightSpec& weight : slot.weights) {
                if (weight.trainable) parameters += weight.elements();
            }
            if (slot.layer == nullptr) {
                macs += slot.weights.items[0].elements();
                return;
            }
            int unit = 0;
            while (slot.index >= SlotMap{net}.unit(unit + 1)) ++unit;
            macs += slot.layer->macs(slot.input, slot.layer->output(slot.input, net.width(unit)));
        });
        CHECK(variant->cost.parameters == parameters);
        CHECK(variant->cost.macs == macs);
    }
}

/// What is saved for the backward pass, tensor by tensor along the simulated operations.
class SavedBytes {
public:
    explicit SavedBytes(const NetworkSpec& net) : tensors_{{net.input, false, false}} {
        std::vector<const LayerSpec*> known(net.order.begin(), net.order.end());
        known.push_back(&layer_spec<Conv<1>>);
        for (const Operation& operation : Simulation(net).operations) {
            Tensor& in = tensors_[values_[static_cast<std::size_t>(operation.inputs[0])]];
            if (operation.kind == "join") {
                // A mean saves nothing; that of one value is the value.
                if (operation.inputs.size() == 1) {
                    values_.push_back(values_[static_cast<std::size_t>(operation.inputs[0])]);
                    continue;
                }
                add(operation.shape, true);
            } else if (operation.kind == "pool") {
                save(in);
                bytes += 8 * operation.shape.elements();
                add(operation.shape, true);
            } else if (operation.kind == "channel_dropout") {
                bytes += 4 * operation.shape.channels;
                add(operation.shape, true);
            } else if (operation.kind == "head") {
                if (net.head == HeadKind::flatten)
                    save(in);
                else
                    bytes += 4 * in.shape.channels;
            } else {
                chain(operation, known, values_[static_cast<std::size_t>(operation.inputs[0])]);
            }
        }
    }

    std::int64_t bytes = 0;

private:
    struct Tensor {
        Shape shape;
        bool needs_gradient;
        bool saved;
    };

    void chain(const Operation& operation, const std::vector<const LayerSpec*>& known, std::size_t at) {
        for (const std::string_view name : operation.layers) {
            const LayerSpec* layer = nullptr;
            for (const LayerSpec* candidate : known) {
                if (candidate->name == name) layer = candidate;
            }
            const bool last = operation.layers.size() == 1;
            const Shape in = tensors_[at].shape;
            const Shape out = last ? operation.shape : in;
            bool trainable = false;
            for (const WeightSpec& weight : layer->weights(in, out))
                trainable = trainable || weight.trainable;
            const bool needs_gradient = tensors_[at].needs_gradient || trainable;
            tensors_.push_back({out, needs_gradient, false});
            if (needs_gradient) {
                const Saved saved = layer->saved(in, out);
                if (saved.input) save(tensors_[at]);
                if (saved.output) save(tensors_.back());
                bytes += saved.extra;
            }
            at = tensors_.size() - 1;
        }
        values_.push_back(at);
    }
    void add(Shape shape, bool needs_gradient) {
        tensors_.push_back({shape, needs_gradient, false});
        values_.push_back(tensors_.size() - 1);
    }
    void save(Tensor& tensor) {
        if (!tensor.saved) bytes += 4 * tensor.shape.elements();
        tensor.saved = true;
    }

    std::vector<Tensor> tensors_;
    std::vector<std::size_t> values_{0}; ///< each value's tensor
};

TEST_CASE("costs: saved bytes, counted tensor by tensor") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        CHECK(variant->cost.activation_bytes == SavedBytes(*variant->spec).bytes);
    }
}

TEST_CASE("costs: the oracles of the published family at run time") {
    NetworkSpec net = spec_of<
        Network<Input<3, 32, 32>, Depth<5>, Columns<2>, Layers<Conv<3>>, Width<64>, Head<Flatten, 10>>>;
    CHECK(cost(net).parameters == 13'316'490);
    CHECK(cost(net).firings == 15);
    net.depth = 4;
    net.columns = 3;
    CHECK(cost(net).parameters == 17'204'298);
    CHECK(cost(net).firings == 28);
    net.depth = 3;
    CHECK(cost(net).parameters == 4'248'650);
    CHECK(cost(net).firings == 21);
}

/// Column j alone is a chain of 2^(C-1-j) firings in each unit.
TEST_CASE("costs: those of all paths are the network's, and a column's are those of its chain") {
    for (const Variant* variant : every_variant()) {
        const NetworkSpec& net = *variant->spec;
        CAPTURE(variant->name);
        CHECK(macs_of(net, Paths()) == variant->cost.macs);
        NetworkSpec chain = net;
        chain.columns = 1;
        CHECK(macs_of(net, Paths::one_column(net.columns - 1)) == cost(chain).macs);
        if (net.columns > 1) {
            CHECK(macs_of(net, Paths::one_column(0)) > macs_of(net, Paths::one_column(1)));
        }
    }
}

} // namespace
} // namespace fractal::laws
