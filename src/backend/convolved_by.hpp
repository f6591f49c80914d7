// A convolution by passes that first pack its weights and then go through rows, whichever kernels these are.
#pragma once

#include <cstdint>

#include <torch/types.h>

#include "backend/convolution_passes.hpp"
#include "backend/threads.hpp"

namespace fractal {

/// `ConvolutionPasses::convolved` by kernels of a `Kind`: its `Extents`, its `passes()`, the elements that
/// `packed_weights` takes, the `rows` that `convolve` goes through, and the `packed_at_once`, vectors of
/// channels that are worth a thread.
template <class Kind>
torch::Tensor convolved_by(const ConvolutionExtents& of, const torch::Tensor& map,
                           const torch::Tensor& weight, bool reversed, kernels::Finish finish) {
    using Extents = typename Kind::Extents;
    constexpr std::int64_t vector = Extents::channels;
    const auto& passes = *Kind::passes();
    const Extents extents{of};
    torch::Tensor packed = pass_scratch(Kind::packed_weights(extents, reversed), torch::kBFloat16);
    in_parallel(extents.outputs / vector, Kind::packed_at_once, [&](std::int64_t first, std::int64_t last) {
        passes.pack_weights(extents, weight.const_data_ptr<float>(), reversed, mutable_data_of(packed),
                            first * vector, last * vector);
    });
    const Extents run{reversed ? of.reversed() : of};
    torch::Tensor out = empty_outputs(run);
    in_parallel(Kind::rows(run), 1, [&](std::int64_t first, std::int64_t last) {
        passes.convolve(run, data_of(map), data_of(packed), finish, mutable_data_of(out), first, last);
    });
    return out;
}

} // namespace fractal
