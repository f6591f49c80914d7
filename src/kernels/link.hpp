// The arithmetic of a chain on one vector of channels, forward and backward.
#pragma once

#include "kernels/fused_join.hpp"
#include "kernels/vec.hpp"

namespace fractal::kernels {

namespace {

/// What comes before a chain's normalisation.
template <Chain chain, class Scalar, int Lanes>
class Entry {
public:
    using V = typename Access<Scalar, Lanes>::V;

    Entry(const Inflow<Scalar>& inflow, const Extents& map, std::int64_t image, std::int64_t channel) {
        if constexpr (chain.first_dropout)
            factor_ = copied<V>(inflow.first_factors + image * map.channels + channel);
    }

    /// What the normalisation reads. A NaN stays one.
    V output(V x) const {
        if constexpr (chain.first_relu) x = x < 0 ? V{} : x;
        if constexpr (chain.first_dropout) x = x * factor_;
        return x;
    }
    V gradient(V x, V g) const {
        if constexpr (chain.first_dropout) g = g * factor_;
        if constexpr (chain.first_relu) g = x <= 0 ? V{} : g;
        return g;
    }

private:
    V factor_{};
};

/// A whole chain.
template <Chain chain, class Scalar, int Lanes>
class Link {
public:
    using V = typename Access<Scalar, Lanes>::V;

    Link(const Inflow<Scalar>& inflow, const Extents& map, std::int64_t image, std::int64_t channel)
        : entry_(inflow, map, image, channel) {
        if constexpr (chain.dropout) factor_ = copied<V>(inflow.factors + image * map.channels + channel);
        if constexpr (chain.norm) {
            mean_ = copied<V>(inflow.mean + channel);
            scale_ = copied<V>(inflow.scale + channel);
            shift_ = copied<V>(inflow.shift + channel);
        }
    }

    V output(V x) const {
        V v = x;
        if constexpr (chain.norm) v = normalised(deviation(x));
        if constexpr (chain.relu) v = v < 0 ? V{} : v;
        if constexpr (chain.dropout) v = v * factor_;
        return v;
    }
    /// How far what the normalisation reads is from its mean; what the chain reads where it has none.
    V deviation(V x) const {
        if constexpr (!chain.norm) return x;
        return entry_.output(x) - mean_;
    }
    /// Gradient of what the normalisation makes; of what the chain reads where it has none.
    V exit_gradient(V deviation, V g) const {
        if constexpr (chain.dropout) g = g * factor_;
        if constexpr (chain.relu && chain.norm) g = normalised(deviation) <= 0 ? V{} : g;
        if constexpr (chain.relu && !chain.norm) g = deviation <= 0 ? V{} : g;
        return g;
    }
    /// Gradient of what the normalisation reads goes on to what the chain reads.
    V entry_gradient(V x, V g) const { return entry_.gradient(x, g); }
    V scaled(V g) const { return scale_ * g; }

private:
    V normalised(V deviation) const { return deviation * scale_ + shift_; }

    Entry<chain, Scalar, Lanes> entry_;
    V factor_{};
    V mean_{};
    V scale_{};
    V shift_{};
};

} // namespace

} // namespace fractal::kernels
