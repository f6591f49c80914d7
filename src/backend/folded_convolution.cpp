// Folds weights.
#include "backend/folded_convolution.hpp"

#include <torch/torch.h>

#include <fractal/spec/alphabet.hpp>

#include "backend/own_convolution.hpp"

namespace fractal {

torch::Tensor folded_convolution(const torch::Tensor& in, const SlotWeights& convolution,
                                 const SlotWeights* norm, bool relu,
                                 std::optional<ConvolutionKernel> kernel) {
    torch::Tensor weight = convolution[0];
    std::optional<torch::Tensor> bias;
    if (norm != nullptr) {
        const torch::Tensor factor = (*norm)[0] * ((*norm)[3] + BatchNorm::epsilon).rsqrt();
        weight = weight * factor.view({-1, 1, 1, 1});
        bias = (*norm)[1] - (*norm)[2] * factor;
    }
    if (kernel) return own_convolution(in, weight, bias, relu, *kernel);
    return at::conv2d(in, weight, bias, 1, weight.size(2) / 2);
}

} // namespace fractal
