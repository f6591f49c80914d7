// 3x3 convolutions in bfloat16 by kernels of ours, as an operator of LibTorch with its gradient.
#pragma once

#include <optional>

#include <torch/types.h>

#include <fractal/exec/kernels.hpp>
#include <fractal/plan/convolution_choice.hpp>

namespace fractal {

/// Which kernels of ours convolutions run by on this machine's CPU, where they are the fastest.
OwnConvolutions own_convolutions(Kernels kernels);

/// The kernels by which a convolution of stride 1 and same padding is the fastest, if it is 3x3 and under
/// autocast to bfloat16; nothing, where that is LibTorch's own way. `in` is [N, C, H, W], `weight`
/// [O, C, K, K] in float.
std::optional<ConvolutionKernel> convolution_kernel(const torch::Tensor& in, const torch::Tensor& weight,
                                                    OwnConvolutions allowed);

/// The convolution of a map, in bfloat16; the gradient of the weight is in float.
torch::Tensor own_convolution(const torch::Tensor& in, const torch::Tensor& weight, ConvolutionKernel kernel);

/// Without a gradient: plus a bias [O] in float, and negative values to zero, where asked for.
torch::Tensor own_convolution(const torch::Tensor& in, const torch::Tensor& weight,
                              const std::optional<torch::Tensor>& bias, bool relu, ConvolutionKernel kernel);

} // namespace fractal
