// What a checkpoint plan costs: the memory model of a whole network, and its reading of a given plan.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <fractal/plan/checkpoint.hpp>
#include <fractal/plan/checkpoint_model.hpp>

namespace fractal {

/// What a plan costs: the most bytes that live at once beyond weights, optimizer state and images, and the
/// multiply-accumulates that it adds for one image.
struct CheckpointCost {
    std::int64_t peak_bytes = 0; ///< the most that lives at once
    std::int64_t extra_macs = 0; ///< done again, for one image

    constexpr bool operator==(const CheckpointCost&) const = default;
};

namespace detail {

/// The last layer, with what lies between the units and it.
constexpr LayerMemory head_memory(const NetworkSpec& net, const MapFacts& in, const MemoryOptions& options) {
    const TensorSizes sizes(options);
    const bool flat = net.head == HeadKind::flatten;
    const Shape features{.channels = static_cast<int>(flat ? in.shape.elements() : in.shape.channels),
                         .height = 1,
                         .width = 1};
    const std::int64_t map = sizes.map(in.shape, in.scalar);
    const std::int64_t made = sizes.map(features, in.scalar);
    const std::int64_t weights = (features.elements() + 1) * net.classes;
    const std::int64_t casts = sizes.cast_weights(weights);
    const bool view = flat && in.shape.pixels() == 1;
    const std::int64_t gradients = sizes.weight_gradients(weights);
    LayerMemory head{.weight_gradients = sizes.left(gradients), .keeps_input = view};
    head.kept = (view ? 0 : made) + casts;
    head.forward = head.kept;
    head.backward = head.kept + made + (casts > 0 ? casts : gradients);
    if (casts > 0) head.backward = std::max(head.backward, made + casts + gradients);
    if (!flat) head.backward = std::max(head.backward, head.weight_gradients + made + map);
    return head;
}

/// The models of a network's units, each on the output of the one before.
class NetworkModel {
public:
    constexpr NetworkModel(const NetworkSpec& net, const MemoryOptions& options) {
        MapFacts value{.shape = net.input, .scalar = 4, .has_gradient = false};
        for (int unit = 0; unit < net.depth; ++unit) {
            units_.emplace_back(net, unit, value, options);
            value = units_.back().output();
        }
        head_ = head_memory(net, value, options);
        // Of a map of several pixels the gradient comes in another memory format than the last pool's.
        if (value.shape.pixels() > 1) units_.back().reorder_gradient();
    }

    constexpr const UnitModel& unit(int unit) const { return units_[static_cast<std::size_t>(unit)]; }

    /// The units so far, and one more. The images live anyway.
    constexpr SegmentMemory then(const SegmentMemory& before, int unit, const SegmentMemory& next) const {
        const UnitModel& model = this->unit(unit);
        const std::int64_t entered = unit == 0 ? 0 : model.entered_bytes();
        return in_sequence(before, next, entered, model.weight_gradients());
    }
    constexpr CheckpointCost whole(const SegmentMemory& units) const {
        const std::int64_t kept = units.kept + (head_.keeps_input ? units.loose : 0);
        std::int64_t peak = std::max(units.forward, units.kept + units.loose + head_.forward);
        peak = std::max({peak, kept + head_.backward, units.backward + head_.weight_gradients});
        std::int64_t gradients = head_.weight_gradients;
        for (const UnitModel& unit : units_) gradients += unit.weight_gradients();
        return {std::max(peak, gradients), units.macs};
    }
    /// Most at once in a pass without a graph.
    constexpr std::int64_t bare() const {
        std::int64_t peak = units_.back().output_bytes() + head_.forward;
        for (std::size_t unit = 0; unit < units_.size(); ++unit)
            peak = std::max(peak, (unit == 0 ? 0 : units_[unit].entered_bytes()) + units_[unit].bare());
        return peak;
    }

private:
    std::vector<UnitModel> units_;
    LayerMemory head_{};
};

/// The memory of a network under a given plan.
class PlanReading {
public:
    constexpr PlanReading(const NetworkSpec& net, const CheckpointPlan& plan, const MemoryOptions& options)
        : net_(net),
          plan_(plan),
          model_(net, options) {}

    constexpr CheckpointCost read() const {
        SegmentMemory units;
        for (int unit = 0; unit < net_.depth; ++unit) units = model_.then(units, unit, this->unit(unit));
        return model_.whole(units);
    }

private:
    constexpr SegmentMemory unit(int unit) const {
        const UnitModel& model = model_.unit(unit);
        const Site start{.unit = unit};
        const SegmentMemory fractal = columns(model, net_.columns, Reads::entered, model.gradient(), start);
        if (!plan_.marks(net_, Segment{.at = start})) return model.kept_unit(fractal, true);
        return model.marked_unit(model.kept_unit(fractal, false));
    }
    constexpr SegmentMemory columns(const UnitModel& model, int count, Reads reads, Gradient gradient,
                                    Site at) const {
        if (count == 1) return firing(model, reads, gradient, at);
        const bool marked = plan_.marks(net_, Segment{Segment::Kind::columns, at, count});
        const int half = firings_of(count - 1);
        Site middle = at;
        middle.firing += half;
        Site last = middle;
        last.firing += half;
        const Gradient within = marked ? Gradient::shared : gradient;
        const SegmentMemory inside = model.kept_columns(
            count, reads, within, columns(model, count - 1, reads, model.joined_gradient(), at),
            columns(model, count - 1, Reads::joined, within, middle),
            firing(model, reads, UnitModel::of_last(within), last));
        return marked ? model.marked_columns(count, reads, gradient, inside) : inside;
    }
    constexpr SegmentMemory firing(const UnitModel& model, Reads reads, Gradient gradient, Site at) const {
        const bool marked = plan_.marks(net_, Segment{Segment::Kind::firing, at});
        return marked ? model.marked_firing(reads) : model.kept_firing(reads, gradient);
    }

    const NetworkSpec& net_;
    const CheckpointPlan& plan_;
    NetworkModel model_;
};

} // namespace detail

/// What a plan costs a network.
constexpr CheckpointCost checkpoint_cost(const NetworkSpec& net, const CheckpointPlan& plan,
                                         const MemoryOptions& options = {}) {
    return detail::PlanReading(net, plan, options).read();
}

/// The most bytes that live at once in an evaluation beyond weights and images.
constexpr std::int64_t evaluation_bytes(const NetworkSpec& net, const MemoryOptions& options = {}) {
    return detail::NetworkModel(net, options).bare();
}

} // namespace fractal
