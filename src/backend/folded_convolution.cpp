// Folds weights, and calls oneDNN's convolution with a ReLU behind it.
#include "backend/folded_convolution.hpp"

#include <string_view>

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/torch.h>

#include <fractal/spec/alphabet.hpp>

#include "backend/own_convolution.hpp"
#include "kernels/isa.hpp"

namespace fractal {

namespace {

/// LibTorch's operator that its own compiler calls for a convolution with something pointwise behind it.
torch::Tensor convolution_relu(const torch::Tensor& in, const torch::Tensor& weight,
                               const std::optional<torch::Tensor>& bias, std::int64_t padding) {
    using Operator = torch::Tensor(const torch::Tensor&, const torch::Tensor&,
                                   const std::optional<torch::Tensor>&, c10::SymIntArrayRef,
                                   c10::SymIntArrayRef, c10::SymIntArrayRef, c10::SymInt, std::string_view,
                                   c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);
    static const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", ""});
    // Where LibTorch has no oneDNN, or that has nothing for the type on this CPU, at::conv2d has others.
    const bool has_type = in.scalar_type() == torch::kFloat32 || kernels::best_isa() == kernels::Isa::avx512;
    if (!found || !has_type) return at::conv2d(in, weight, bias, 1, padding).relu_();
    const c10::List<std::optional<at::Scalar>> no_scalars;
    const c10::SymInt one[] = {1, 1};
    const c10::SymInt pad[] = {padding, padding};
    return found->typed<Operator>().call(in, weight, bias, pad, one, one, 1, "relu", no_scalars, "");
}

} // namespace

torch::Tensor folded_convolution(const torch::Tensor& in, const SlotWeights& convolution,
                                 const SlotWeights* norm, bool relu, OwnConvolutions allowed) {
    torch::Tensor weight = convolution[0];
    std::optional<torch::Tensor> bias;
    const std::int64_t padding = weight.size(2) / 2;
    if (norm != nullptr) {
        const torch::Tensor factor = (*norm)[0] * ((*norm)[3] + BatchNorm::epsilon).rsqrt();
        weight = weight * factor.view({-1, 1, 1, 1});
        bias = (*norm)[1] - (*norm)[2] * factor;
    }
    if (const auto kernel = convolution_kernel(in, weight, allowed))
        return own_convolution(in, weight, bias, relu, *kernel);
    if (!relu) return at::conv2d(in, weight, bias, 1, padding);
    const bool lower = at::autocast::is_autocast_enabled(torch::kCPU);
    const torch::ScalarType type = lower ? at::autocast::get_autocast_dtype(torch::kCPU) : in.scalar_type();
    if (bias) bias = bias->to(type);
    return convolution_relu(in.to(type), weight.to(type), bias, padding);
}

} // namespace fractal
