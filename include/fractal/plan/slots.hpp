// The slots of a network: where each layer and each weight stands, in the order of semantics.md.
//
// Slots number the layers of all firings by unit, step, column and place in the order; a unit's transition
// comes before its firings, its unit dropout after them, and the head is last. Every layer has a slot, with
// weights or without: dropout masks are drawn by slot number.
#pragma once

#include <cstdint>
#include <span>

#include <fractal/spec/network.hpp>

namespace fractal {

/// Where slots begin, in closed form.
struct SlotMap {
    const NetworkSpec& net; ///< whose slots

    /// First slot of a unit; that of unit `depth` is the head's.
    constexpr int unit(int unit) const {
        const int dropout = has_unit_dropout() ? 1 : 0;
        int slot = unit * (firings_of(net.columns) * net.order.count + dropout);
        for (int before = 0; before < unit; ++before) slot += net.has_transition(before) ? 1 : 0;
        return slot;
    }
    /// The transition's slot, for units that have one.
    constexpr int transition(int unit) const { return this->unit(unit); }
    /// Slot of the first layer of firing `firing` (by step, then column) of a unit.
    constexpr int firing(int unit, int firing) const {
        return this->unit(unit) + (net.has_transition(unit) ? 1 : 0) + firing * net.order.count;
    }
    /// The slot of the dropout after a unit, for networks that have one.
    constexpr int unit_dropout(int unit) const { return this->unit(unit + 1) - 1; }
    /// The head's slot, the last one.
    constexpr int head() const { return unit(net.depth); }
    /// Number of slots.
    constexpr int count() const { return head() + 1; }

private:
    constexpr bool has_unit_dropout() const {
        for (int unit = 0; unit < net.depth; ++unit) {
            if (net.dropout_after(unit) > 0) return true;
        }
        return false;
    }
};

/// One layer in its place: its slot, its path of names (`unit0.step1.column0.layer2`) and its weights.
struct Slot {
    int index = 0;                    ///< the slot's number
    Line path{};                      ///< its names, joined by dots
    const LayerSpec* layer = nullptr; ///< null for the head
    Shape input{};                    ///< of one image
    WeightList weights{};             ///< its tensors; empty for a layer without
};

namespace detail {

template <class Visit>
class SlotReading {
public:
    using Value = Shape;

    constexpr SlotReading(const NetworkSpec& net, Visit& visit) : net_(net), visit_(visit) {}

    template <int Columns, class Body>
    constexpr auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    constexpr Value fire(const Site& site, Value shape) {
        for (int i = 0; i < net_.order.count; ++i) {
            const Line path =
                line("unit", site.unit, ".step", site.step, ".column", site.column, ".layer", i);
            shape = layer(slots_.firing(site.unit, site.firing) + i, path, net_.order[i], shape, site.unit);
        }
        return shape;
    }
    constexpr Value join(int, int, std::span<const Value> values) { return values[0]; }
    constexpr Value transition(int unit, const Value& shape) {
        return layer(slots_.transition(unit), line("unit", unit, ".transition"), layer_spec<Conv<1>>, shape,
                     unit);
    }
    constexpr Value pool(int, const Value& shape) { return pooled(shape); }
    constexpr Value unit_dropout(int, const Value& shape) { return shape; }
    constexpr Value head(const Value& shape) {
        const std::int64_t features = net_.head == HeadKind::flatten ? shape.elements() : shape.channels;
        // LibTorch's linear layer draws its bias by the fan-in too.
        visit_(Slot{slots_.head(), "head", nullptr, shape,
                    WeightList{{WeightSpec{"weight", {net_.classes, features}, Fill::by_fan_in},
                                WeightSpec{"bias", {net_.classes}, Fill::by_fan_in}},
                               2}});
        return shape;
    }

private:
    constexpr Value layer(int index, const Line& path, const LayerSpec& layer, Shape in, int unit) {
        const Shape out = layer.output(in, net_.width(unit));
        visit_(Slot{index, path, &layer, in, layer.weights(in, out)});
        return out;
    }

    const NetworkSpec& net_;
    SlotMap slots_{net_};
    Visit& visit_;
};

} // namespace detail

/// Calls `visit(const Slot&)` for every transition, layer and head, in slot order.
template <class Visit>
constexpr void for_each_slot(const NetworkSpec& net, Visit visit) {
    detail::SlotReading<Visit> reading(net, visit);
    walk(reading, net, net.input);
}

} // namespace fractal
