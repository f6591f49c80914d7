// The passes of 3x3 convolutions by kernels of ours, on tensors.
#pragma once

#include <cstdint>

#include <torch/types.h>

#include <fractal/plan/convolution_extents.hpp>

#include "kernels/finish.hpp"
#include "kernels/scalar.hpp"

namespace fractal {

/// What a kind of kernels does. Maps are in bfloat16 and channels last, weights [O, C, 3, 3] in float and
/// channels last too.
struct ConvolutionPasses {
    /// The convolution of a map; `reversed` takes the gradient of the outputs to that of the inputs. The
    /// extents are those of the convolution in either case.
    torch::Tensor (*convolved)(const ConvolutionExtents&, const torch::Tensor& map,
                               const torch::Tensor& weight, bool reversed, kernels::Finish);
    /// The gradient of the weights.
    torch::Tensor (*weight_gradient)(const ConvolutionExtents&, const torch::Tensor& in,
                                     const torch::Tensor& gradient);
};

/// Those that multiply as it stands, on a machine that `kernels::direct::passes` are for.
const ConvolutionPasses& direct_convolution_passes();
/// Those on a matrix unit, on a machine that `kernels::matrix::passes` are for.
const ConvolutionPasses& matrix_convolution_passes();
/// Those by Winograd's filtering, on a machine that `kernels::winograd::passes` are for.
const ConvolutionPasses& winograd_convolution_passes();

/// The map that a convolution makes, not filled.
inline torch::Tensor empty_outputs(const ConvolutionExtents& extents) {
    return torch::empty(
        {extents.images, extents.outputs, extents.height, extents.width},
        torch::TensorOptions(torch::kBFloat16).memory_format(torch::MemoryFormat::ChannelsLast));
}
/// The gradient of a convolution's weights, not filled.
inline torch::Tensor empty_weights(const ConvolutionExtents& extents) {
    return torch::empty(
        {extents.outputs, extents.inputs, 3, 3},
        torch::TensorOptions(torch::kFloat32).memory_format(torch::MemoryFormat::ChannelsLast));
}
/// Memory of a pass for so many elements, not filled.
inline torch::Tensor pass_scratch(std::int64_t elements, torch::ScalarType type) {
    return torch::empty({elements}, type);
}

inline const kernels::BFloat16* data_of(const torch::Tensor& map) {
    return static_cast<const kernels::BFloat16*>(map.const_data_ptr());
}
inline kernels::BFloat16* mutable_data_of(torch::Tensor& map) {
    return static_cast<kernels::BFloat16*>(map.mutable_data_ptr());
}

} // namespace fractal
