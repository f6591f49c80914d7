// How many convolutions multiply along a path before a normalisation undoes their scale.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include <fractal/spec/network.hpp>

namespace fractal {

namespace detail {

/// Counts convolutions since the last normalisation, on the path that has the most.
class UnnormalisedReading {
public:
    using Value = std::int64_t;

    constexpr explicit UnnormalisedReading(const NetworkSpec& net) : net_(net) {}

    template <int Columns, class Body>
    constexpr auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    constexpr Value fire(const Site&, Value count) {
        for (const LayerSpec* layer : net_.order) {
            if (layer->kind == LayerKind::batch_norm) count = 0;
            if (layer->kind == LayerKind::convolution) count = another(count);
        }
        return count;
    }
    constexpr Value join(int, int, std::span<const Value> values) { return std::ranges::max(values); }
    constexpr Value transition(int, Value count) { return another(count); }
    constexpr Value pool(int, Value count) { return count; }
    constexpr Value unit_dropout(int, Value count) { return count; }
    constexpr Value head(Value count) { return count; }

    Value most = 0;

private:
    constexpr Value another(Value count) {
        most = std::max(most, count + 1);
        return count + 1;
    }

    const NetworkSpec& net_;
};

} // namespace detail

/// The most convolutions that lie on one path with no normalisation between them: 2^(C-1) firings of each
/// unit in an order without BatchNorm, and no more than an order and a transition have in one that holds it.
/// A user's own layers are taken for ones that do not normalise.
constexpr std::int64_t unnormalised_path(const NetworkSpec& net) {
    detail::UnnormalisedReading reading(net);
    walk(reading, net, std::int64_t{0});
    return reading.most;
}

} // namespace fractal
