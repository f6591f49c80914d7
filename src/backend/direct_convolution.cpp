// Runs the passes of direct convolution on tensors, over the threads.
#include <fractal/plan/direct_convolution.hpp>

#include "backend/convolution_passes.hpp"
#include "backend/convolved_by.hpp"
#include "backend/threads.hpp"
#include "kernels/direct_convolution.hpp"

namespace fractal {

namespace {

namespace direct = kernels::direct;

struct Kind {
    using Extents = direct::Extents;
    static constexpr auto passes = direct::passes;
    static constexpr std::int64_t packed_at_once = 4;
    static std::int64_t packed_weights(const Extents& extents, bool /*reversed*/) {
        return extents.weights();
    }
    static std::int64_t rows(const Extents& extents) { return extents.rows(); }
};

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
    in_parallel(extents.outputs, direct::Extents::channels, [&](std::int64_t first, std::int64_t last) {
        passes.weight_gradient(extents, sums.const_data_ptr<float>(), found.mutable_data_ptr<float>(), first,
                               last);
    });
    return found;
}

} // namespace

const ConvolutionPasses& direct_convolution_passes() {
    static constexpr ConvolutionPasses all{convolved_by<Kind>, weight_gradient};
    return all;
}

} // namespace fractal
