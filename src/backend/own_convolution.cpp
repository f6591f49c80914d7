// The operator and its gradient, whatever kernels its passes run by.
#include "backend/own_convolution.hpp"

#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "backend/convolution_passes.hpp"
#include "backend/once_differentiable.hpp"
#include "kernels/direct_convolution.hpp"
#include "kernels/matrix_convolution.hpp"

namespace fractal {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const ConvolutionPasses& passes_of(ConvolutionKernel kernel) {
    switch (kernel) {
        case ConvolutionKernel::winograd:
            return winograd_convolution_passes();
        case ConvolutionKernel::matrix:
            return matrix_convolution_passes();
        case ConvolutionKernel::direct:
            break;
    }
    return direct_convolution_passes();
}

ConvolutionExtents extents_of(const torch::Tensor& in, const torch::Tensor& weight) {
    return {in.size(0), in.size(2), in.size(3), in.size(1), weight.size(0)};
}

torch::Tensor in_pixels(const torch::Tensor& map) {
    return map.to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
}
torch::Tensor in_filters(const torch::Tensor& weight) {
    return weight.contiguous(torch::MemoryFormat::ChannelsLast);
}

struct OwnConvolution : torch::autograd::Function<OwnConvolution> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& in,
                                 const torch::Tensor& weight, ConvolutionKernel kernel) {
        RECORD_FUNCTION("fractal::own_convolution", std::vector<c10::IValue>()); // for profilers
        context->save_for_backward({in, weight});
        context->saved_data["kernel"] = static_cast<std::int64_t>(kernel);
        return passes_of(kernel).convolved(extents_of(in, weight), in, in_filters(weight), false, {});
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        refuse_second_derivative();
        const variable_list saved = context->get_saved_variables();
        const torch::Tensor& in = saved[0];
        const torch::Tensor weight = in_filters(saved[1]);
        const torch::Tensor gradient = in_pixels(gradients[0]);
        const ConvolutionExtents extents = extents_of(in, weight);
        const ConvolutionPasses& passes =
            passes_of(static_cast<ConvolutionKernel>(context->saved_data["kernel"].toInt()));
        variable_list found(3);
        if (context->needs_input_grad(1)) found[1] = passes.weight_gradient(extents, in, gradient);
        if (context->needs_input_grad(0)) found[0] = passes.convolved(extents, gradient, weight, true, {});
        return found;
    }
};

} // namespace

OwnConvolutions own_convolutions(Kernels kernels) {
    if (kernels == Kernels::reference) return OwnConvolutions::none;
    if (kernels::matrix::passes() != nullptr) return OwnConvolutions::matrix;
    if (kernels::direct::passes() == nullptr) return OwnConvolutions::none;
    return kernels == Kernels::direct ? OwnConvolutions::direct : OwnConvolutions::all;
}

std::optional<ConvolutionKernel> convolution_kernel(const torch::Tensor& in, const torch::Tensor& weight,
                                                    OwnConvolutions allowed) {
    if (allowed == OwnConvolutions::none || !in.device().is_cpu() || in.dim() != 4 || in.size(0) == 0)
        return std::nullopt;
    if (!at::autocast::is_autocast_enabled(torch::kCPU) ||
        at::autocast::get_autocast_dtype(torch::kCPU) != torch::kBFloat16)
        return std::nullopt;
    if (weight.scalar_type() != torch::kFloat32 || weight.size(2) != 3 || weight.size(3) != 3)
        return std::nullopt;
    return convolution_kernel(extents_of(in, weight), allowed);
}

torch::Tensor own_convolution(const torch::Tensor& in, const torch::Tensor& weight,
                              ConvolutionKernel kernel) {
    return OwnConvolution::apply(in_pixels(in), weight, kernel);
}

torch::Tensor own_convolution(const torch::Tensor& in, const torch::Tensor& weight,
                              const std::optional<torch::Tensor>& bias, bool relu, ConvolutionKernel kernel) {
    return passes_of(kernel).convolved(extents_of(in, weight), in_pixels(in), in_filters(weight), false,
                                       {bias ? bias->const_data_ptr<float>() : nullptr, relu});
}

} // namespace fractal
