// How many ways lead through a network, and how long they are.
#pragma once

#include <span>

#include <fractal/spec/network.hpp>

namespace fractal {

/// The paths from the input to the head, by the firings on them. A fractal of C columns has p(C) =
/// p(C - 1)^2 + 1 of them, p(1) = 1, so they are soon more than an integer holds: exact below 2^53, and else
/// the nearest numbers that a double has.
struct PathCount {
    double paths = 0;  ///< how many there are
    double length = 0; ///< firings on one of them, on average

    constexpr bool operator==(const PathCount&) const = default;
};

namespace detail {

/// Adds up the paths that lead to each value, and their lengths.
struct PathReading {
    struct Value {
        double paths = 0;
        double lengths = 0; ///< of all of them together
    };

    template <int Columns, class Body>
    constexpr auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    constexpr Value fire(const Site&, const Value& in) { return {in.paths, in.lengths + in.paths}; }
    constexpr Value join(int, int, std::span<const Value> values) {
        Value sum;
        for (const Value& value : values) {
            sum.paths += value.paths;
            sum.lengths += value.lengths;
        }
        return sum;
    }
    constexpr Value transition(int, const Value& value) { return value; }
    constexpr Value pool(int, const Value& value) { return value; }
    constexpr Value unit_dropout(int, const Value& value) { return value; }
    constexpr Value head(const Value& value) { return value; }
};

} // namespace detail

/// The paths of a valid network.
constexpr PathCount path_count(const NetworkSpec& net) {
    detail::PathReading reading;
    const auto out = walk(reading, net, detail::PathReading::Value{.paths = 1});
    return {.paths = out.paths, .length = out.lengths / out.paths};
}

} // namespace fractal
