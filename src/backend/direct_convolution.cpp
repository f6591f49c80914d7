// Runs the passes of direct convolution on tensors, over the threads.
#include <fractal/plan/direct_convolution.hpp>

#include "backend/convolution_passes.hpp"
#include "backend/threads.hpp"
#include "kernels/direct_convolution.hpp"

namespace fractal {

namespace {

namespace direct = kernels::direct;

constexpr std::int64_t vector = direct::Extents::channels;

torch::Tensor convolved(const ConvolutionExtents& of, const torch::Tensor& map, const torch::Tensor& weight,
                        bool reversed, kernels::Finish finish) {
    const direct::Passes& passes = *direct::passes();
    const direct::Extents extents{of};
    torch::Tensor packed = pass_scratch(extents.weights(), torch::kBFloat16);
    in_parallel(extents.outputs / vector, 4, [&](std::int64_t first, std::int64_t last) {
        passes.pack_weights(extents, weight.const_data_ptr<float>(), reversed, mutable_data_of(packed),
                            first * vector, last * vector);
    });
    const direct::Extents run{reversed ? of.reversed() : of};
    torch::Tensor out = empty_outputs(run);
    in_parallel(run.rows(), 1, [&](std::int64_t first, std::int64_t last) {
        passes.convolve(run, data_of(map), data_of(packed), finish, mutable_data_of(out), first, last);
    });
    return out;
}

torch::Tensor weight_gradient(const ConvolutionExtents& of, const torch::Tensor& in,
                              const torch::Tensor& gradient) {
    const direct::Passes& passes = *direct::passes();
    const direct::Extents extents{of};
    torch::Tensor sums = pass_scratch(extents.sums(), torch::kFloat32);
    in_parallel(extents.parts(), 1, [&](std::int64_t first, std::int64_t last) {
        passes.accumulate(extents, data_of(in), data_of(gradient), sums.mutable_data_ptr<float>(), first,
                          last);
    });
    torch::Tensor found = empty_weights(extents);
    in_parallel(extents.outputs, vector, [&](std::int64_t first, std::int64_t last) {
        passes.weight_gradient(extents, sums.const_data_ptr<float>(), found.mutable_data_ptr<float>(), first,
                               last);
    });
    return found;
}

} // namespace

const ConvolutionPasses& direct_convolution_passes() {
    static constexpr ConvolutionPasses all{convolved, weight_gradient};
    return all;
}

} // namespace fractal
