// A convolution that takes the layers behind it along: for evaluation without gradients.
#pragma once

#include <torch/types.h>

#include <fractal/plan/convolution_choice.hpp>
#include <fractal/torch/module.hpp>

namespace fractal {

/// The same-padded convolution of `in` by the weights of a slot, what the normalisation of running statistics
/// `norm` (null for none) makes of it, and what of that is positive, if `relu`. The normalisation goes into
/// the weights and a bias: gamma (w * x - mean) / deviation + beta = (gamma / deviation w) * x + (beta -
/// gamma mean / deviation). Under autocast in its type; there are no gradients. By kernels of ours where
/// those are allowed and the fastest.
torch::Tensor folded_convolution(const torch::Tensor& in, const SlotWeights& convolution,
                                 const SlotWeights* norm, bool relu, OwnConvolutions allowed);

} // namespace fractal
