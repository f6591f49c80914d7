// The checkpoint planner: the best plans of a network by dynamic programming.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <fractal/plan/checkpoint_cost.hpp>

namespace fractal {

/// A plan and its cost.
struct CheckpointChoice {
    CheckpointCost cost{}; ///< of the plan
    CheckpointPlan plan{}; ///< what is computed again
};

namespace detail {

/// A part of a network with the marks inside it: its memory, and of which alternatives of its own parts it is
/// made.
struct Alternative {
    SegmentMemory memory{};
    bool marked = false;
    std::uint16_t first = 0;
    std::uint16_t second = 0;
    std::uint16_t last = 0; ///< of the last firing: 1 where it is marked
};

/// True where `a` is nowhere worse than `b`, up to `slack` bytes.
constexpr bool covers(const SegmentMemory& a, const SegmentMemory& b, std::int64_t slack = 0) {
    return a.macs <= b.macs && a.kept <= b.kept + slack && a.forward <= b.forward + slack &&
           a.backward <= b.backward + slack && a.loose <= b.loose + slack &&
           (!a.keeps_input || b.keeps_input);
}

/// Drops what another alternative covers. With a `limit`, drops alternatives that others nearly cover, by as
/// few bytes as it takes, until so many are left. Sorted by work.
constexpr void prune(std::vector<Alternative>& all, std::size_t limit) {
    std::sort(all.begin(), all.end(), [](const Alternative& a, const Alternative& b) {
        const SegmentMemory& m = a.memory;
        const SegmentMemory& n = b.memory;
        return std::array{m.macs, m.backward, m.kept, m.forward, m.loose, std::int64_t{m.keeps_input}} <
               std::array{n.macs, n.backward, n.kept, n.forward, n.loose, std::int64_t{n.keeps_input}};
    });
    const auto sweep = [&all](std::int64_t slack) {
        std::size_t left = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            bool covered = false;
            for (std::size_t j = left; j-- > 0 && !covered;)
                covered = covers(all[j].memory, all[i].memory, slack);
            if (!covered) all[left++] = all[i];
        }
        all.resize(left);
    };
    sweep(0);
    if (limit == 0 || all.size() <= limit) return;
    std::int64_t slack = 0;
    for (const Alternative& one : all) slack = std::max({slack, one.memory.backward, one.memory.forward});
    for (slack = slack / 256 + 1; all.size() > limit; slack *= 2) sweep(slack);
}

/// Finds the best plans of one unit: what is not covered by another, for each of its sub-fractals.
class UnitPlans {
public:
    constexpr UnitPlans(const NetworkSpec& net, const UnitModel& model, std::size_t limit)
        : net_(net),
          model_(model),
          limit_(limit),
          fronts_(place(net.columns + 1, Reads{}, Gradient{})) {
        for (const Reads reads : {Reads::joined, Reads::entered}) {
            for (const Gradient gradient : {Gradient::shared, Gradient::sole, Gradient::apart}) {
                std::vector<Alternative>& firings = of(1, reads, gradient);
                firings.push_back({.memory = model.kept_firing(reads, gradient)});
                firings.push_back({.memory = model.marked_firing(reads), .marked = true});
            }
        }
        for (int count = 2; count <= net.columns; ++count) plan_columns(count);
        plan_unit();
    }

    constexpr const std::vector<Alternative>& best() const { return unit_; }

    /// Adds the marks of an alternative of the unit to a plan.
    constexpr void mark(std::size_t alternative, int unit, CheckpointPlan& plan) const {
        const Alternative& chosen = unit_[alternative];
        const Site start{.unit = unit};
        if (chosen.marked) plan.mark(net_, Segment{.at = start});
        mark_columns(net_.columns, Reads::entered, model_.gradient(), chosen.first, start, plan);
    }

private:
    static constexpr std::size_t place(int count, Reads reads, Gradient gradient) {
        return (static_cast<std::size_t>(count) * 2 + static_cast<std::size_t>(reads)) * 3 +
               static_cast<std::size_t>(gradient);
    }
    constexpr std::vector<Alternative>& of(int count, Reads reads, Gradient gradient) {
        return fronts_[place(count, reads, gradient)];
    }
    constexpr const std::vector<Alternative>& of(int count, Reads reads, Gradient gradient) const {
        return fronts_[place(count, reads, gradient)];
    }
    /// Whether any plan asks for this front: the whole fractal reads the unit's input, a second half a joined
    /// value.
    constexpr bool is_needed(int count, Reads reads, Gradient gradient) const {
        if (gradient == Gradient::apart && model_.gradient() != Gradient::apart) return false;
        const bool whole = count == net_.columns;
        if (reads == Reads::joined) return !whole;
        return gradient == (whole ? model_.gradient() : model_.joined_gradient());
    }

    constexpr void plan_columns(int count) {
        for (const Reads reads : {Reads::joined, Reads::entered}) {
            if (reads == Reads::joined && count == net_.columns) continue;
            const std::vector<Alternative> inside = kept(count, reads, Gradient::shared);
            for (const Gradient gradient : {Gradient::shared, Gradient::sole, Gradient::apart}) {
                if (!is_needed(count, reads, gradient)) continue;
                std::vector<Alternative>& front = of(count, reads, gradient);
                front = inside;
                if (gradient != Gradient::shared) front = kept(count, reads, gradient);
                for (Alternative one : inside) {
                    one.memory = model_.marked_columns(count, reads, gradient, one.memory);
                    one.marked = true;
                    front.push_back(one);
                }
                prune(front, limit_);
            }
        }
    }
    constexpr std::vector<Alternative> kept(int count, Reads reads, Gradient gradient) const {
        const std::vector<Alternative>& firsts = of(count - 1, reads, model_.joined_gradient());
        const std::vector<Alternative>& seconds = of(count - 1, Reads::joined, gradient);
        const std::vector<Alternative>& lasts = of(1, reads, UnitModel::of_last(gradient));
        std::vector<Alternative> all;
        all.reserve(firsts.size() * seconds.size() * lasts.size());
        for (std::size_t i = 0; i < firsts.size(); ++i) {
            for (std::size_t j = 0; j < seconds.size(); ++j) {
                for (std::size_t k = 0; k < lasts.size(); ++k) {
                    all.push_back({.memory = model_.kept_columns(count, reads, gradient, firsts[i].memory,
                                                                 seconds[j].memory, lasts[k].memory),
                                   .first = static_cast<std::uint16_t>(i),
                                   .second = static_cast<std::uint16_t>(j),
                                   .last = static_cast<std::uint16_t>(k)});
                }
            }
        }
        prune(all, limit_);
        return all;
    }
    constexpr void plan_unit() {
        const std::vector<Alternative>& fractals = of(net_.columns, Reads::entered, model_.gradient());
        for (std::size_t i = 0; i < fractals.size(); ++i) {
            const SegmentMemory& fractal = fractals[i].memory;
            const auto first = static_cast<std::uint16_t>(i);
            unit_.push_back({.memory = model_.kept_unit(fractal, true), .first = first});
            unit_.push_back({.memory = model_.marked_unit(model_.kept_unit(fractal, false)),
                             .marked = true,
                             .first = first});
        }
        prune(unit_, limit_);
    }
    constexpr void mark_columns(int count, Reads reads, Gradient gradient, std::size_t alternative, Site at,
                                CheckpointPlan& plan) const {
        const Alternative& chosen = of(count, reads, gradient)[alternative];
        if (count == 1) {
            if (chosen.marked) plan.mark(net_, Segment{Segment::Kind::firing, at});
            return;
        }
        if (chosen.marked) plan.mark(net_, Segment{Segment::Kind::columns, at, count});
        const int half = firings_of(count - 1);
        const Gradient within = chosen.marked ? Gradient::shared : gradient;
        mark_columns(count - 1, reads, model_.joined_gradient(), chosen.first, at, plan);
        at.firing += half;
        mark_columns(count - 1, Reads::joined, within, chosen.second, at, plan);
        at.firing += half;
        mark_columns(1, reads, UnitModel::of_last(within), chosen.last, at, plan);
    }

    const NetworkSpec& net_;
    const UnitModel& model_;
    std::size_t limit_;
    std::vector<std::vector<Alternative>> fronts_; ///< by `place`
    std::vector<Alternative> unit_;
};

/// By work, those that take less memory than all with less work.
constexpr void keep_best(std::vector<CheckpointChoice>& choices) {
    std::sort(choices.begin(), choices.end(), [](const CheckpointChoice& a, const CheckpointChoice& b) {
        return a.cost.extra_macs != b.cost.extra_macs ? a.cost.extra_macs < b.cost.extra_macs
                                                      : a.cost.peak_bytes < b.cost.peak_bytes;
    });
    std::size_t left = 0;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        if (left > 0 && choices[i].cost.peak_bytes >= choices[left - 1].cost.peak_bytes) continue;
        choices[left++] = choices[i];
    }
    choices.resize(left);
}

} // namespace detail

/// The plans of a network of which none is beaten in both memory and work, from the least work to the least
/// memory. A `limit` above 0 keeps at most so many alternatives of each part: then the front is near the best
/// one, and quick even for many columns. It is no worse than no plan, all units, and the square-root rule,
/// whatever the limit.
constexpr std::vector<CheckpointChoice> checkpoint_front(const NetworkSpec& net,
                                                         const MemoryOptions& options = {},
                                                         std::size_t limit = 0) {
    const detail::NetworkModel model(net, options);
    std::vector<detail::UnitPlans> plans;
    plans.reserve(static_cast<std::size_t>(net.depth)); // g++ 12 cannot move them in a constant expression
    std::vector<std::vector<detail::Alternative>>
        fronts; // after each unit; `first` in the one before, `second` in the unit's
    fronts.push_back({detail::Alternative{}});
    for (int unit = 0; unit < net.depth; ++unit) {
        plans.emplace_back(net, model.unit(unit), limit);
        const std::vector<detail::Alternative>& before = fronts.back();
        const std::vector<detail::Alternative>& next = plans.back().best();
        std::vector<detail::Alternative> front;
        front.reserve(before.size() * next.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            for (std::size_t j = 0; j < next.size(); ++j) {
                front.push_back({.memory = model.then(before[i].memory, unit, next[j].memory),
                                 .first = static_cast<std::uint16_t>(i),
                                 .second = static_cast<std::uint16_t>(j)});
            }
        }
        detail::prune(front, limit);
        fronts.push_back(std::move(front));
    }
    std::vector<CheckpointChoice> choices;
    for (const detail::Alternative& last : fronts.back()) {
        CheckpointChoice choice{.cost = model.whole(last.memory)};
        detail::Alternative at = last;
        for (int unit = net.depth - 1; unit >= 0; --unit) {
            plans[static_cast<std::size_t>(unit)].mark(at.second, unit, choice.plan);
            at = fronts[static_cast<std::size_t>(unit)][at.first];
        }
        choices.push_back(choice);
    }
    if (limit > 0) {
        for (const CheckpointPlan& plan :
             {CheckpointPlan{}, CheckpointPlan::units(net), CheckpointPlan::square_root(net)}) {
            choices.push_back({checkpoint_cost(net, plan, options), plan});
        }
    }
    detail::keep_best(choices);
    return choices;
}

} // namespace fractal
