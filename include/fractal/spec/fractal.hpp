// The fractal rule, once. Everything that reads a network, from its cost to its forward pass, is driven by
// this definition and differs only in what it does at each firing, join and pool.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/integral.hpp>

#include <fractal/spec/network_spec.hpp>

namespace fractal {

/// Where a firing stands: column `column` (0 = the deepest) fires at step `step` (from 1) of unit `unit`.
/// `firing` counts the unit's firings in slot order: by step, then by column.
struct Site {
    int unit = 0;   ///< from 0
    int step = 0;   ///< from 1
    int column = 0; ///< from 0, the deepest
    int firing = 0; ///< from 0, in its unit
};

/// A part of the network that can be run again as a whole: what gradient checkpointing marks. Of `columns`,
/// `at` holds the steps and the firings that came before; of `firing`, its place.
struct Segment {
    /// What a segment spans.
    enum class Kind : std::uint8_t { unit, columns, firing };
    Kind kind = Kind::unit; ///< what this one spans
    Site at{};              ///< where it stands
    int columns = 1;        ///< values that leave the segment
};

/// Longest path of a fractal of `columns` columns, in firings.
constexpr int steps_of(int columns) { return 1 << (columns - 1); }

/// Firings of a fractal of `columns` columns.
constexpr int firings_of(int columns) { return (1 << columns) - 1; }

/// The fractal of `Columns` columns (semantics: Unit), with `join` a flat mean over all columns that fired:
///
///     columns<1>(z)   = [ fire(z) ]
///     columns<C+1>(z) = columns<C>( join( columns<C>(z) ) ) ++ [ fire(z) ]
///
/// A reading is a class with a `Value` and the operations
///
///     Value fire(const Site&, const Value&)                     one firing
///     Value join(int unit, int step, std::span<const Value>)    the mean of what fired at a step
///     auto segment<N>(const Segment&, const Value&, body)       body(value), whose result is N values
///
/// and the rule calls them in slot order.
template <int Columns>
struct Fractal {
    /// A value for each column, the deepest first.
    template <class Reading>
    using Values = std::array<typename Reading::Value, Columns>;

    /// The values of all columns after 2^(Columns - 1) steps from `z`, those of the last step not yet joined.
    /// `before` holds the unit and the steps and firings in it that came before.
    template <class Reading>
    static constexpr Values<Reading> columns(Reading& reading, const typename Reading::Value& z,
                                             Site before) {
        const auto body = [&reading, before](const auto& start) { return run(reading, start, before); };
        return reading.template segment<Columns>(Segment{Segment::Kind::columns, before, Columns}, z, body);
    }

    /// The same without the mark of a segment.
    template <class Reading>
    static constexpr Values<Reading> run(Reading& reading, const typename Reading::Value& z, Site before) {
        const auto [unit, steps, column, firings] = before;
        if constexpr (Columns == 1) {
            return {reading.fire(Site{unit, steps + 1, 0, firings}, z)};
        } else {
            using Half = Fractal<Columns - 1>;
            constexpr int half_firings = firings_of(Columns - 1);
            const int middle = steps + steps_of(Columns - 1);

            const auto joined = reading.join(unit, middle, Half::columns(reading, z, before));
            auto deeper = Half::columns(reading, joined, Site{unit, middle, 0, firings + half_firings});
            const Site last{unit, steps + steps_of(Columns), Columns - 1, firings + 2 * half_firings};
            return append(std::move(deeper), reading.fire(last, z), std::make_index_sequence<Columns - 1>{});
        }
    }

private:
    template <class Value, std::size_t... I>
    static constexpr std::array<Value, Columns> append(std::array<Value, Columns - 1>&& deeper, Value&& last,
                                                       std::index_sequence<I...>) {
        return {std::move(deeper[I])..., std::move(last)};
    }
};

/// One unit: a transition where the channels change, the fractal, its last join and its pool. Beyond the
/// operations of `Fractal`, a reading has
///
///     Value transition(int unit, const Value&)      the 1x1 convolution before a unit
///     Value pool(int unit, const Value&)            2x2, stride 2
///     Value unit_dropout(int unit, const Value&)    channel dropout after a unit's pool
///     Value head(const Value&)                      the logits
template <int Columns, class Reading>
constexpr typename Reading::Value run_unit(Reading& reading, const NetworkSpec& net, int unit,
                                           const typename Reading::Value& entered) {
    const Site start{.unit = unit};
    auto columns = net.has_transition(unit)
                       ? Fractal<Columns>::columns(reading, reading.transition(unit, entered), start)
                       : Fractal<Columns>::columns(reading, entered, start);
    if (net.pool == PoolPlacement::before_join) {
        for (auto& column : columns) column = reading.pool(unit, column);
    }
    auto value = reading.join(unit, steps_of(Columns), columns);
    if (net.pool == PoolPlacement::after_join) value = reading.pool(unit, value);
    if (net.dropout_after(unit) > 0) value = reading.unit_dropout(unit, value);
    return value;
}

/// A whole network: its units, then the head.
template <int Columns, class Reading>
constexpr typename Reading::Value walk(Reading& reading, const NetworkSpec& net,
                                       typename Reading::Value value) {
    for (int unit = 0; unit < net.depth; ++unit) {
        const auto body = [&reading, &net, unit](const auto& entered) {
            return std::array{run_unit<Columns>(reading, net, unit, entered)};
        };
        auto left = reading.template segment<1>(Segment{.at = {.unit = unit}}, value, body);
        value = std::move(left[0]);
    }
    return reading.head(value);
}

/// The same for a number of columns known at run time only.
template <class Reading>
constexpr typename Reading::Value walk(Reading& reading, const NetworkSpec& net,
                                       typename Reading::Value value) {
    return boost::mp11::mp_with_index<max_columns>(
        static_cast<std::size_t>(net.columns - 1),
        [&](auto index) { return walk<static_cast<int>(index) + 1>(reading, net, std::move(value)); });
}

} // namespace fractal
