// A convolution that takes the layers behind it along: for evaluation without gradients.
#pragma once

#include <optional>

#include <torch/types.h>

#include <fractal/plan/convolution_choice.hpp>
#include <fractal/torch/module.hpp>

namespace fractal {

/// The same-padded convolution of `in` by the weights of a slot, and what the normalisation of running
/// statistics `norm` (null for none) makes of it. The normalisation goes into the weights and a bias:
/// gamma (w * x - mean) / deviation + beta = (gamma / deviation w) * x + (beta - gamma mean / deviation).
/// Under autocast in its type; there are no gradients. A kernel of ours, if one is given, keeps what of that
/// is positive, if `relu`; LibTorch's convolution does not: oneDNN's ReLU would make a zero of what is not a
/// number, and a network that has come to its end look sound.
torch::Tensor folded_convolution(const torch::Tensor& in, const SlotWeights& convolution,
                                 const SlotWeights* norm, bool relu, std::optional<ConvolutionKernel> kernel);

} // namespace fractal
