// Runs a network's forward pass on shapes, and counts.
#include "pass_count.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fractal/plan/slots.hpp>

namespace fractal::bench {

namespace {

constexpr std::int64_t map_element = 2;    // bytes, in bfloat16
constexpr std::int64_t weight_element = 4; // bytes, in float

/// A map, computed or about to be: the mean of branches, pooled or not.
struct Map final : Node {
    struct Branch {
        Value map;
        kernels::Chain chain{};
    };

    Shape shape{};
    bool learns = false; ///< a gradient flows through it
    int readers = 0;
    std::vector<Branch> pending{}; ///< empty once it is computed
    bool pool = false;
};

Map& map_of(const Value& value) { return static_cast<Map&>(*value.node()); }

Value map_like(const Shape& shape, bool learns) {
    auto* const map = new Map;
    map->shape = shape;
    map->learns = learns;
    return Value(map);
}

class PassCounter final : public Executor {
public:
    PassCounter(StepCount& count, const NetworkSpec& net, std::int64_t images)
        : count_(count),
          net_(net),
          images_(images) {
        for_each_slot(net, [&](const Slot& slot) {
            const bool weighs = slot.weights.count > 0;
            out_channels_.push_back(weighs ? static_cast<int>(slot.weights.begin()->extents[0]) : 0);
        });
    }

    Value convolution(int slot, const LayerSpec& layer, const Value& in) override {
        Map& from = read(in);
        Shape shape = from.shape;
        shape.channels = out_channels_[static_cast<std::size_t>(slot)];
        const Convolution convolution{from.shape, shape.channels, layer.argument, from.learns};
        ++count_.convolutions[convolution];
        return map_like(shape, true);
    }

    Value pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) override {
        const kernels::LeadingChain leading = kernels::leading_chain(chain);
        const Value out = pending({{in, leading.chain}}, false);
        if (leading.layers == chain.size()) return out;
        return pointwise(first_slot + static_cast<int>(leading.layers), chain.subspan(leading.layers), out);
    }

    Value custom(int, const LayerSpec& layer, const Value&) override {
        throw std::invalid_argument("the roofline knows nothing of layer " + std::string(layer.name));
    }

    Value join(int, int, std::span<const Value> values) override {
        if (values.size() == 1) return values[0];
        std::vector<Map::Branch> branches;
        for (const Value& value : values) {
            std::vector<Map::Branch> parts = unpooled(value);
            branches.push_back(parts.size() == 1 ? parts[0] : Map::Branch{value});
        }
        const bool alike = std::ranges::all_of(
            branches, [&](const Map::Branch& branch) { return branch.chain == branches[0].chain; });
        if (!alike) {
            branches.clear();
            for (const Value& value : values) branches.push_back({value});
        }
        return pending(std::move(branches), false);
    }

    Value pool(const Value& in) override { return pending(unpooled(in), true); }

    Value channel_dropout(int, int, const Value& in) override {
        return pending({{in, kernels::Chain{.dropout = true}}}, false);
    }

    Value head(int, HeadKind kind, const Value& in) override {
        const Map& from = read(in);
        const std::int64_t features =
            kind == HeadKind::flatten ? from.shape.elements() : std::int64_t{from.shape.channels};
        count_.head_macs = images_ * features * net_.classes;
        return map_like({net_.classes, 1, 1}, true);
    }

private:
    std::int64_t bytes_of_map(const Shape& shape) const { return images_ * shape.elements() * map_element; }

    static Value pending(std::vector<Map::Branch> branches, bool pool) {
        Shape shape = map_of(branches[0].map).shape;
        const bool learns = std::ranges::any_of(branches, [](const Map::Branch& branch) {
            return branch.chain.norm || map_of(branch.map).learns;
        });
        if (pool) shape = pooled(shape);
        const Value value = map_like(shape, learns);
        map_of(value).pending = std::move(branches);
        map_of(value).pool = pool;
        return value;
    }

    static std::vector<Map::Branch> unpooled(const Value& value) {
        const Map& map = map_of(value);
        if (!map.pool && !map.pending.empty()) return map.pending;
        return {Map::Branch{value}};
    }

    /// The map as something that is there to be read: computes it where it is not.
    Map& read(const Value& value) {
        Map& map = map_of(value);
        if (const std::vector<Map::Branch> branches = std::exchange(map.pending, {}); !branches.empty()) {
            compute(branches, map);
        }
        // Each reader but the first adds its gradient to what has come so far.
        if (map.readers++ > 0 && map.learns) count_.sums.add(1, 3 * bytes_of_map(map.shape));
        return map;
    }

    void compute(const std::vector<Map::Branch>& branches, const Map& to) {
        const kernels::Chain& chain = branches[0].chain;
        bool learns = chain.norm;
        std::int64_t elements = 0;
        for (const Map::Branch& branch : branches) {
            const Map& from = read(branch.map);
            learns = learns || from.learns;
            elements = images_ * from.shape.elements();
        }
        const auto inflows = static_cast<std::int64_t>(branches.size());
        for (const Pass pass : {Pass::statistics, Pass::forward, Pass::reduce, Pass::backward}) {
            if (!has_pass(pass, chain) || (pass > Pass::forward && !learns)) continue;
            // Without layers all inflows share one gradient.
            const std::int64_t over = pass == Pass::backward && chain.empty() ? 1 : inflows;
            const auto times = static_cast<int>(pass == Pass::statistics ? inflows : 1);
            count_.joins[static_cast<std::size_t>(pass)].add(
                times, times * bytes_of(pass, chain, to.pool, over, elements, map_element));
        }
    }

    StepCount& count_;
    const NetworkSpec& net_;
    std::int64_t images_;
    std::vector<int> out_channels_; ///< by slot
};

} // namespace

StepCount count_step(const Variant& variant, std::int64_t images, OwnConvolutions own) {
    StepCount count;
    const NetworkSpec& net = *variant.spec;
    PassCounter counter(count, net, images);
    const Value in = map_like(net.input, false);
    variant.forward(counter, net, in);
    std::int64_t macs = count.head_macs;
    for (const auto& [convolution, times] : count.convolutions) macs += times * convolution.macs(images);
    if (macs != images * variant.cost.macs)
        throw std::logic_error("a pass was lost: costs differ from passes");
    // Autocast casts each weight of a convolution once a step, and its gradient back; kernels of ours take
    // them in float.
    for (const auto& [convolution, times] : count.convolutions) {
        if (convolution.kernel == 3 && convolution_kernel(convolution.extents(images), own)) continue;
        count.casts.add(2 * times, 2 * times * convolution.weights() * (weight_element + map_element));
    }
    count.casts.add(1, images * net.input.elements() * (4 + map_element));
    // Reads weight, gradient and momentum; writes weight and momentum.
    count.optimizer.add(1, 5 * weight_element * variant.cost.parameters);
    return count;
}

} // namespace fractal::bench
