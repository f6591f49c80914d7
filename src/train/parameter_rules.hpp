// How single parameters learn under a recipe.
#pragma once

#include <cstdint>
#include <vector>

#include <fractal/torch/module.hpp>

#include "train/recipe.hpp"
#include "train/sgd.hpp"

namespace fractal {

/// Convolutions in a row, without a normalisation between them, up to which filters learn at Muon's rate.
inline constexpr std::int64_t steady_path = 6;

/// By parameter of `net`, in the order of `parameters()`.
///
/// A logit sums over all inputs of the head, so the loss bends along the head's weights in proportion to
/// their number, N, and a rate that suits the convolutions makes a wide head overshoot: beyond `head_inputs`
/// its weights learn at `head_inputs` / N of the rate (that of output weights under SGD in Yang et al., arXiv
/// 2203.03466, table 3).
///
/// With optimizer `muon` the filters of convolutions take orthogonal steps, at its rate. Such a step moves a
/// filter by a part of its size that is the rate, whatever the gradient, and where nothing normalises in
/// between the parts multiply along a path of L convolutions, to (1 + rate)^L: beyond `steady_path` filters
/// learn at steady_path / L of the rate.
std::vector<ParameterRule> parameter_rules(const FractalNetImpl& net, const Recipe& recipe);

} // namespace fractal
