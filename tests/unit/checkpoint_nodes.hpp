// The nodes of a network that a checkpoint plan may mark.
#pragma once

#include <span>
#include <vector>

#include <fractal/spec/fractal.hpp>

namespace fractal {

/// Collects them in the order of the walk.
class NodeReading {
public:
    using Value = int;

    template <int Columns, class Body>
    constexpr auto segment(const Segment& segment, const Value& in, Body body) {
        if (segment.kind == Segment::Kind::unit || Columns > 1) nodes.push_back(segment);
        return body(in);
    }
    constexpr Value fire(const Site& site, const Value& in) {
        nodes.push_back(Segment{Segment::Kind::firing, site});
        return in;
    }
    constexpr Value join(int, int, std::span<const Value> values) { return values[0]; }
    constexpr Value transition(int, const Value& in) { return in; }
    constexpr Value pool(int, const Value& in) { return in; }
    constexpr Value unit_dropout(int, const Value& in) { return in; }
    constexpr Value head(const Value& in) { return in; }

    std::vector<Segment> nodes{};
};

/// Units, sub-fractals of two columns or more, and firings.
constexpr std::vector<Segment> nodes_of(const NetworkSpec& net) {
    NodeReading reading;
    walk(reading, net, 0);
    return reading.nodes;
}

} // namespace fractal
