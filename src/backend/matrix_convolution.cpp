// Runs the passes of convolution on a matrix unit on tensors, over the threads.
#include <algorithm>

#include <fractal/plan/matrix_convolution.hpp>

#include "backend/convolution_passes.hpp"
#include "backend/convolved_by.hpp"
#include "backend/threads.hpp"
#include "kernels/matrix_convolution.hpp"

namespace fractal {

namespace {

namespace matrix = kernels::matrix;

struct Kind {
    using Extents = matrix::Extents;
    static constexpr auto passes = matrix::passes;
    static constexpr std::int64_t packed_at_once = 4;
    static std::int64_t packed_weights(const Extents& extents, bool reversed) {
        return extents.weights(reversed);
    }
    static std::int64_t rows(const Extents& extents) { return extents.convolved_rows(); }
};

torch::Tensor weight_gradient(const ConvolutionExtents& of, const torch::Tensor& in,
                              const torch::Tensor& gradient) {
    const matrix::Passes& passes = *matrix::passes();
    const matrix::Extents extents{of};
    torch::Tensor inputs = pass_scratch(extents.gathered_inputs(), torch::kBFloat16);
    torch::Tensor gradients = pass_scratch(extents.gathered_gradients(), torch::kBFloat16);
    const matrix::Gathered gathered{mutable_data_of(inputs), mutable_data_of(gradients)};
    torch::Tensor found = empty_weights(extents);
    const std::int64_t most = extents.rows_at_once();
    for (std::int64_t begin = 0; begin < extents.group_rows(); begin += most) {
        const std::int64_t end = std::min(begin + most, extents.group_rows());
        in_parallel(end - begin, 1, [&](std::int64_t first, std::int64_t last) {
            passes.gather(extents, data_of(in), data_of(gradient), gathered, begin, end, begin + first,
                          begin + last);
        });
        in_parallel(matrix::accumulated_parts(extents), 1, [&](std::int64_t first, std::int64_t last) {
            passes.accumulate(extents, gathered, begin, end, found.mutable_data_ptr<float>(), first, last);
        });
    }
    return found;
}

} // namespace

const ConvolutionPasses& matrix_convolution_passes() {
    static constexpr ConvolutionPasses all{convolved_by<Kind>, weight_gradient};
    return all;
}

} // namespace fractal
