// How single parameters learn under a recipe.
#pragma once

#include <vector>

#include <fractal/torch/module.hpp>

#include "train/recipe.hpp"
#include "train/sgd.hpp"

namespace fractal {

/// By parameter of `net`, in the order of `parameters()`.
///
/// A logit sums over all inputs of the head, so the loss bends along the head's weights in proportion to
/// their number, N, and a rate that suits the convolutions makes a wide head overshoot: beyond `head_inputs`
/// its weights learn at `head_inputs` / N of the rate (that of output weights under SGD in Yang et al., arXiv
/// 2203.03466, table 3). With optimizer `muon` the filters of convolutions take orthogonal steps, at its
/// rate.
std::vector<ParameterRule> parameter_rules(const FractalNetImpl& net, const Recipe& recipe);

} // namespace fractal
