// The transforms of Winograd's F(2x2, 3x3) along one side of a tile, on vectors of channels. A tile takes
// each twice, for its columns and its rows (A. Lavin and S. Gray 2016, section 4.1).
#pragma once

#include <array>

#include "kernels/vec.hpp"

namespace fractal::kernels::winograd {

namespace {

using V = Vec<float, 16>;
using Four = std::array<V, 4>;

/// B', of four neighbours in the input.
Four input_side(V d0, V d1, V d2, V d3) { return {d0 - d2, d1 + d2, d2 - d1, d1 - d3}; }
/// A', to two neighbours in the output.
std::array<V, 2> output_side(V m0, V m1, V m2, V m3) { return {m0 + m1 + m2, m1 - m2 - m3}; }
/// A, of two neighbours in the output's gradient.
Four gradient_side(V g0, V g1) { return {g0, g0 + g1, g0 - g1, -g1}; }
/// G, of three taps.
Four weight_side(V w0, V w1, V w2) {
    const V ends = (w0 + w2) * 0.5F;
    const V middle = w1 * 0.5F;
    return {w0, ends + middle, ends - middle, w2};
}
/// G', to three taps.
std::array<V, 3> weight_gradient_side(V u0, V u1, V u2, V u3) {
    const V sum = (u1 + u2) * 0.5F;
    return {u0 + sum, (u1 - u2) * 0.5F, sum + u3};
}

} // namespace

} // namespace fractal::kernels::winograd
