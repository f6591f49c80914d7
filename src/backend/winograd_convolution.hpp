// 3x3 convolutions in bfloat16 by Winograd's filtering, as an operator of LibTorch with its gradient.
#pragma once

#include <optional>

#include <torch/types.h>

namespace fractal {

/// Whether this machine gains by the filtering.
bool filters_convolutions();

/// Whether a convolution of stride 1 and same padding is faster by Winograd's filtering: 3x3 under autocast
/// to bfloat16, on a machine that gains by it, with so many channels and pixels that the transforms pay. `in`
/// is [N, C, H, W], `weight` [O, C, K, K] in float.
bool worth_filtering(const torch::Tensor& in, const torch::Tensor& weight);

/// The convolution of a map, in bfloat16; the gradient of the weight is in float.
torch::Tensor winograd_convolution(const torch::Tensor& in, const torch::Tensor& weight);

/// Without a gradient: plus a bias [O] in float, and negative values to zero, where asked for.
torch::Tensor winograd_convolution(const torch::Tensor& in, const torch::Tensor& weight,
                                   const std::optional<torch::Tensor>& bias, bool relu);

} // namespace fractal
