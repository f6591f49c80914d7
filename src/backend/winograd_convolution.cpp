// Runs the passes of Winograd's filtering on tensors, over the threads.
#include <algorithm>

#include <fractal/plan/winograd.hpp>

#include "backend/convolution_passes.hpp"
#include "backend/convolved_by.hpp"
#include "backend/threads.hpp"
#include "kernels/winograd.hpp"

namespace fractal {

namespace {

namespace winograd = kernels::winograd;

struct Kind {
    using Extents = winograd::Extents;
    static constexpr auto passes = winograd::passes;
    static constexpr std::int64_t packed_at_once = 1;
    static std::int64_t packed_weights(const Extents& extents, bool /*reversed*/) {
        return extents.weights();
    }
    static std::int64_t rows(const Extents& extents) { return extents.tile_rows(); }
};

torch::Tensor weight_gradient(const ConvolutionExtents& of, const torch::Tensor& in,
                              const torch::Tensor& gradient) {
    const winograd::Passes& passes = *winograd::passes();
    const winograd::Extents extents{of};
    torch::Tensor maps = pass_scratch(extents.gathered_elements(extents.inputs), torch::kBFloat16);
    torch::Tensor gradients = pass_scratch(extents.gathered_elements(extents.outputs), torch::kBFloat16);
    torch::Tensor sums = pass_scratch(extents.weights(), torch::kFloat32);
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
    torch::Tensor found = empty_weights(extents);
    in_parallel(extents.outputs, winograd::Extents::channels, [&](std::int64_t first, std::int64_t last) {
        passes.weight_gradient(extents, sums.const_data_ptr<float>(), found.mutable_data_ptr<float>(), first,
                               last);
    });
    return found;
}

} // namespace

const ConvolutionPasses& winograd_convolution_passes() {
    static constexpr ConvolutionPasses all{convolved_by<Kind>, weight_gradient};
    return all;
}

} // namespace fractal
