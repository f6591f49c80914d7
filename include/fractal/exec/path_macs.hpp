// What a pass costs when some paths are dropped.
#pragma once

#include <cstdint>
#include <span>

#include <fractal/exec/drop_path.hpp>
#include <fractal/spec/network.hpp>

namespace fractal {

namespace detail {

/// Adds up the multiply-accumulates of the firings that run; the values are shapes.
struct PathMacsReading {
    using Value = Shape;

    const NetworkSpec& net;
    const Paths& paths;
    std::int64_t macs = 0;

    template <int Columns, class Body>
    constexpr auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    constexpr Value fire(const Site& site, Value value) {
        const bool runs = paths.runs(site);
        for (const LayerSpec* layer : net.order) value = through(*layer, value, net.width(site.unit), runs);
        return value;
    }
    constexpr Value join(int, int, std::span<const Value> values) { return values[0]; }
    constexpr Value transition(int unit, Value value) {
        return through(layer_spec<Conv<1>>, value, net.width(unit), true);
    }
    constexpr Value pool(int, Value value) { return pooled(value); }
    constexpr Value unit_dropout(int, Value value) { return value; }
    constexpr Value head(Value value) {
        const bool mean = net.head == HeadKind::global_average_pool;
        macs += (mean ? value.channels : value.elements()) * net.classes;
        return value;
    }

private:
    constexpr Value through(const LayerSpec& layer, Value in, int width, bool runs) {
        const Shape out = layer.output(in, width);
        if (runs) macs += layer.macs(in, out);
        return out;
    }
};

} // namespace detail

/// Multiply-accumulates of one image, forward, when the firings of `paths` run and no others. With all paths
/// this is `Cost::macs`.
constexpr std::int64_t macs_of(const NetworkSpec& net, const Paths& paths) {
    detail::PathMacsReading reading{net, paths};
    walk(reading, net, net.input);
    return reading.macs;
}

} // namespace fractal
