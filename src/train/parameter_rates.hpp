// Learning rates of single parameters, as parts of the step's.
#pragma once

#include <vector>

#include <fractal/torch/module.hpp>

#include "train/recipe.hpp"

namespace fractal {

/// By parameter of `net`, in the order of `parameters()`: 1, but `head_inputs` / N for the weights of a head
/// of more inputs than that, N. A logit sums over all of them, so the loss bends along its weights in
/// proportion to N, and a rate that suits the convolutions makes a wide head overshoot (the rate of output
/// weights under SGD in Yang et al., arXiv 2203.03466, table 3).
std::vector<double> parameter_rates(const FractalNetImpl& net, const Recipe& recipe);

} // namespace fractal
