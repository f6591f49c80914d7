// What a network costs, known before anything runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <fractal/spec/network.hpp>

namespace fractal {

/// Costs of one network (semantics: Cost). The per-image figures hold for one image in fp32.
struct Cost {
    std::int64_t parameters = 0;       ///< trainable scalars
    std::int64_t macs = 0;             ///< multiply-accumulates of convolutions and linear layers, forward
    std::int64_t activation_bytes = 0; ///< what the reference executor saves for the backward pass
    std::int64_t firings = 0;          ///< applications of the layer order
    std::int64_t longest_path = 0;     ///< firings on the longest path from the input to the head

    constexpr bool operator==(const Cost&) const = default;
};

namespace detail {

/// Adds up costs along the walk. A tensor that several operations save is counted once, so each value carries
/// the place of its mark; a layer without weights saves nothing of a value that needs no gradient. Firings
/// that read alike cost alike, so each unit's few kinds are worked out once: the compiler does this for every
/// variant.
class CostReading {
public:
    struct Value {
        Shape shape;
        std::int64_t path = 0;
        std::size_t mark = 0;
        bool needs_gradient = false;
    };

    constexpr explicit CostReading(const NetworkSpec& net) : net_(net) {}

    constexpr Value input() { return fresh({.shape = net_.input}); }

    template <int Columns, class Body>
    constexpr auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    constexpr Value fire(const Site& site, const Value& in) {
        const Firing& firing = known(site.unit, in);
        cost.parameters += firing.cost.parameters;
        cost.macs += firing.cost.macs;
        cost.activation_bytes += firing.cost.activation_bytes;
        ++cost.firings;
        if (firing.saves_input) saved_[in.mark] = true;
        const Value out = fresh({firing.out.shape, in.path + 1, 0, firing.out.needs_gradient});
        saved_[out.mark] = firing.saves_output;
        return out;
    }
    constexpr Value join(int, int, std::span<const Value> values) {
        if (values.size() == 1) return values[0];
        std::int64_t path = 0;
        for (const Value& value : values) path = std::max(path, value.path);
        return fresh({.shape = values[0].shape, .path = path, .needs_gradient = true});
    }
    constexpr Value transition(int unit, const Value& value) {
        return run(layer_spec<Conv<1>>, value, net_.width(unit));
    }
    constexpr Value pool(int, const Value& value) {
        constexpr std::int64_t index_bytes = 8;
        save(value);
        Value out = fresh(value);
        out.shape = pooled(value.shape);
        cost.activation_bytes += index_bytes * out.shape.elements();
        return out;
    }
    constexpr Value unit_dropout(int, const Value& value) { return run(layer_spec<Dropout<1>>, value, 0); }
    constexpr Value head(Value value) {
        if (net_.head == HeadKind::global_average_pool) {
            value = fresh(value);
            value.shape = {value.shape.channels, 1, 1};
        }
        save(value);
        const std::int64_t features = value.shape.elements();
        cost.macs += features * net_.classes;
        cost.parameters += (features + 1) * net_.classes;
        cost.longest_path = value.path;
        return value;
    }

    Cost cost{};

private:
    /// One kind of firing of a unit, told apart by what it reads.
    struct Firing {
        Value in;
        bool input_was_saved;
        Value out;
        Cost cost;
        bool saves_input;
        bool saves_output;
    };

    constexpr const Firing& known(int unit, const Value& in) {
        if (unit != firings_unit_) firings_.clear();
        firings_unit_ = unit;
        for (const Firing& firing : firings_) {
            if (firing.input_was_saved == saved_[in.mark] && firing.in.needs_gradient == in.needs_gradient &&
                firing.in.shape == in.shape) {
                return firing;
            }
        }
        CostReading alone(net_);
        const Value entered = alone.fresh(in);
        alone.saved_[entered.mark] = saved_[in.mark];
        Value left = entered;
        for (const LayerSpec* layer : net_.order) left = alone.run(*layer, left, net_.width(unit));
        firings_.push_back(
            {in, saved_[in.mark], left, alone.cost, alone.saved_[entered.mark], alone.saved_[left.mark]});
        return firings_.back();
    }
    constexpr Value run(const LayerSpec& layer, const Value& in, int width) {
        Value out = fresh(in);
        out.shape = layer.output(in.shape, width);
        bool trainable = false;
        for (const WeightSpec& weight : layer.weights(in.shape, out.shape)) {
            if (!weight.trainable) continue;
            cost.parameters += weight.elements();
            trainable = true;
        }
        cost.macs += layer.macs(in.shape, out.shape);
        out.needs_gradient = in.needs_gradient || trainable;
        if (!out.needs_gradient) return out;
        const Saved saved = layer.saved(in.shape, out.shape);
        if (saved.input) save(in);
        if (saved.output) save(out);
        cost.activation_bytes += saved.extra;
        return out;
    }
    constexpr Value fresh(Value value) {
        value.mark = marks_;
        saved_[marks_++] = false;
        return value;
    }
    constexpr void save(const Value& value) {
        constexpr std::int64_t scalar_bytes = 4;
        if (saved_[value.mark]) return;
        saved_[value.mark] = true;
        cost.activation_bytes += scalar_bytes * value.shape.elements();
    }

    /// Room for a mark of each firing, join and pool; an array, since growing a vector is what
    /// costs most here at compile time.
    static constexpr int most_marks = max_depth * (2 * firings_of(max_columns) + 4);

    const NetworkSpec& net_;
    bool saved_[most_marks];
    std::size_t marks_ = 0;
    std::vector<Firing> firings_;
    int firings_unit_ = 0;
};

} // namespace detail

/// Costs of a valid network.
constexpr Cost cost(const NetworkSpec& net) {
    detail::CostReading reading(net);
    walk(reading, net, reading.input());
    return reading.cost;
}

/// Costs of a network type, as a constant: `cost_of<Net>.parameters`.
template <class Net>
inline constexpr Cost cost_of = cost(spec_of<Net>);

} // namespace fractal
