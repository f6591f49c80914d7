// Runs the passes of Winograd's filtering on tensors, over the threads.
#include "backend/winograd_convolution.hpp"

#include <algorithm>

#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "backend/threads.hpp"
#include "kernels/winograd.hpp"

namespace fractal {

namespace {

namespace winograd = kernels::winograd;
using kernels::BFloat16;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t vector = winograd::Extents::channels;

winograd::Extents extents_of(const torch::Tensor& in, const torch::Tensor& weight) {
    return {in.size(0), in.size(2), in.size(3), in.size(1), weight.size(0)};
}

torch::Tensor in_pixels(const torch::Tensor& map) {
    return map.to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
}
const BFloat16* data_of(const torch::Tensor& map) {
    return static_cast<const BFloat16*>(map.const_data_ptr());
}
BFloat16* mutable_data_of(torch::Tensor& map) { return static_cast<BFloat16*>(map.mutable_data_ptr()); }

torch::Tensor scratch(std::int64_t elements, torch::ScalarType type) {
    return torch::empty({elements}, type);
}

/// `reversed` takes the gradient of the outputs to that of the inputs; `extents` are those of the
/// convolution.
torch::Tensor convolved(const winograd::Extents& extents, const torch::Tensor& map,
                        const torch::Tensor& weight, bool reversed, winograd::Finish finish) {
    const winograd::Passes& passes = *winograd::passes();
    torch::Tensor transformed = scratch(extents.weights(), torch::kBFloat16);
    in_parallel(extents.outputs / vector, 1, [&](std::int64_t first, std::int64_t last) {
        passes.transform_weights(extents, weight.const_data_ptr<float>(), reversed,
                                 mutable_data_of(transformed), first * vector, last * vector);
    });
    const winograd::Extents run = reversed ? extents.reversed() : extents;
    torch::Tensor out =
        torch::empty({run.images, run.outputs, run.height, run.width},
                     torch::TensorOptions(torch::kBFloat16).memory_format(torch::MemoryFormat::ChannelsLast));
    in_parallel(run.tile_rows(), 1, [&](std::int64_t first, std::int64_t last) {
        passes.convolve(run, data_of(map), data_of(transformed), finish, mutable_data_of(out), first, last);
    });
    return out;
}

torch::Tensor weight_gradient(const winograd::Extents& extents, const torch::Tensor& in,
                              const torch::Tensor& gradient) {
    const winograd::Passes& passes = *winograd::passes();
    torch::Tensor maps = scratch(extents.gathered_elements(extents.inputs), torch::kBFloat16);
    torch::Tensor gradients = scratch(extents.gathered_elements(extents.outputs), torch::kBFloat16);
    torch::Tensor sums = scratch(extents.weights(), torch::kFloat32);
    const winograd::Gathered gathered{mutable_data_of(maps), mutable_data_of(gradients)};
    const std::int64_t most = extents.rows_at_once();
    for (std::int64_t begin = 0; begin < extents.tile_rows(); begin += most) {
        const std::int64_t rows = std::min(most, extents.tile_rows() - begin);
        in_parallel(rows, 1, [&](std::int64_t first, std::int64_t last) {
            passes.gather(extents, data_of(in), data_of(gradient), gathered, begin, begin + first,
                          begin + last);
        });
        in_parallel(winograd::Extents::places, 1, [&](std::int64_t first, std::int64_t last) {
            passes.accumulate(extents, gathered, rows, begin == 0, sums.mutable_data_ptr<float>(), first,
                              last);
        });
    }
    torch::Tensor found =
        torch::empty({extents.outputs, extents.inputs, 3, 3},
                     torch::TensorOptions(torch::kFloat32).memory_format(torch::MemoryFormat::ChannelsLast));
    in_parallel(extents.outputs, vector, [&](std::int64_t first, std::int64_t last) {
        passes.weight_gradient(extents, sums.const_data_ptr<float>(), found.mutable_data_ptr<float>(), first,
                               last);
    });
    return found;
}

struct WinogradFunction : torch::autograd::Function<WinogradFunction> {
    static torch::Tensor forward(AutogradContext* context, const torch::Tensor& in,
                                 const torch::Tensor& weight) {
        RECORD_FUNCTION("fractal::winograd_convolution", std::vector<c10::IValue>()); // for profilers
        context->save_for_backward({in, weight});
        return convolved(extents_of(in, weight), in, weight.contiguous(torch::MemoryFormat::ChannelsLast),
                         false, {});
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const torch::Tensor& in = saved[0];
        const torch::Tensor weight = saved[1].contiguous(torch::MemoryFormat::ChannelsLast);
        const torch::Tensor gradient = in_pixels(gradients[0]);
        const winograd::Extents extents = extents_of(in, weight);
        variable_list found(2);
        if (context->needs_input_grad(1)) found[1] = weight_gradient(extents, in, gradient);
        if (context->needs_input_grad(0)) found[0] = convolved(extents, gradient, weight, true, {});
        return found;
    }
};

} // namespace

bool filters_convolutions() { return winograd::worthwhile(); }

bool worth_filtering(const torch::Tensor& in, const torch::Tensor& weight) {
    if (!filters_convolutions() || !in.device().is_cpu() || in.dim() != 4) return false;
    if (!at::autocast::is_autocast_enabled(torch::kCPU) ||
        at::autocast::get_autocast_dtype(torch::kCPU) != torch::kBFloat16)
        return false;
    if (weight.scalar_type() != torch::kFloat32 || weight.size(2) != 3 || weight.size(3) != 3) return false;
    return extents_of(in, weight).pays();
}

torch::Tensor winograd_convolution(const torch::Tensor& in, const torch::Tensor& weight) {
    return WinogradFunction::apply(in_pixels(in), weight);
}

torch::Tensor winograd_convolution(const torch::Tensor& in, const torch::Tensor& weight,
                                   const std::optional<torch::Tensor>& bias, bool relu) {
    return convolved(extents_of(in, weight), in_pixels(in),
                     weight.contiguous(torch::MemoryFormat::ChannelsLast), false,
                     {bias ? bias->const_data_ptr<float>() : nullptr, relu});
}

} // namespace fractal
