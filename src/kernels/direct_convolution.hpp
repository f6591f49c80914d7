// 3x3 convolutions of maps in bfloat16, multiplied as they stand: for maps of so few channels that transforms
// take what they save.
//
// A pixel of the input goes into three outputs of its row: it is read once and multiplied by the weights of
// three taps, while the sums of a row of outputs stay in registers. All sums are in float.
#pragma once

#include <cstdint>

#include <fractal/plan/direct_convolution.hpp>

#include "kernels/finish.hpp"
#include "kernels/scalar.hpp"

namespace fractal::kernels::direct {

/// Maps are dense [images, height, width, channels], weights [outputs, 3, 3, inputs]; channels are multiples
/// of 16.
using Extents = DirectExtents;

/// The passes. Each may be called for parts of its range on several threads: sums do not depend on the parts.
struct Passes {
    /// Packs weights for `convolve`, those of output channels [first, last), which are multiples of 16, to
    /// `Extents::weights()` elements; `reversed`, for the convolution from outputs to inputs, whose taps are
    /// turned round.
    void (*pack_weights)(const Extents&, const float* weights, bool reversed, BFloat16* packed,
                         std::int64_t first, std::int64_t last);
    /// The outputs in the rows of pixels [first, last), which go through the images one after the other.
    void (*convolve)(const Extents&, const BFloat16* in, const BFloat16* packed, Finish, BFloat16* out,
                     std::int64_t first, std::int64_t last);
    /// The sums of the parts [first, last) of the batch, each [outputs, 3, 3, inputs], one after the other in
    /// `sums`, of `Extents::sums()` elements.
    void (*accumulate)(const Extents&, const BFloat16* in, const BFloat16* gradient, float* sums,
                       std::int64_t first, std::int64_t last);
    /// The gradient of the weights of output channels [first, last): all parts' sums, in their order.
    void (*weight_gradient)(const Extents&, const float* sums, float* gradient, std::int64_t first,
                            std::int64_t last);
};

/// Those compiled for AVX512-BF16, on x86-64 only.
const Passes& avx512_passes();
/// The passes, or null where this machine has no AVX512-BF16.
const Passes* passes();

} // namespace fractal::kernels::direct
