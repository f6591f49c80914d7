// 3x3 convolutions of maps in bfloat16 on a matrix unit (Intel's AMX), multiplied as they stand.
//
// The rows of a left-hand tile are 16 neighbours in a row of pixels, or, of maps too small for that, 16
// images at one pixel: then no pixel is one that is padded, and a tap that reaches over an edge costs
// nothing. Products are summed over channels, or, for the gradient of the weights, over images. All sums are
// in float.
#pragma once

#include <cstdint>

#include <fractal/plan/matrix_convolution.hpp>

#include "kernels/finish.hpp"
#include "kernels/scalar.hpp"

namespace fractal::kernels::matrix {

/// Maps are dense [images, height, width, channels], weights [outputs, 3, 3, inputs]; channels are multiples
/// of 16.
using Extents = MatrixExtents;

/// What is gathered for the gradient of the weights: of `Extents::gathered_inputs()` and
/// `Extents::gathered_gradients()` elements.
struct Gathered {
    BFloat16* in;
    BFloat16* gradients;
};

/// The passes. Each may be called for parts of its range on several threads: sums do not depend on the parts.
struct Passes {
    /// Packs weights for `convolve`, those of output channels [first, last), which are multiples of 16, to
    /// `Extents::weights(reversed)` elements; `reversed`, for the convolution from outputs to inputs, whose
    /// taps are turned round.
    void (*pack_weights)(const Extents&, const float* weights, bool reversed, BFloat16* packed,
                         std::int64_t first, std::int64_t last);
    /// The outputs in the rows [first, last) of `Extents::convolved_rows()`.
    void (*convolve)(const Extents&, const BFloat16* in, const BFloat16* packed, Finish, BFloat16* out,
                     std::int64_t first, std::int64_t last);
    /// Gathers the rows [first, last) of the groups, a part of those that are gathered from `begin` to `end`.
    void (*gather)(const Extents&, const BFloat16* in, const BFloat16* gradient, Gathered, std::int64_t begin,
                   std::int64_t end, std::int64_t first, std::int64_t last);
    /// Adds the products over the gathered rows [begin, end) to the gradient of the weights, or begins with
    /// them, for the parts [first, last) of `accumulated_parts`.
    void (*accumulate)(const Extents&, Gathered, std::int64_t begin, std::int64_t end, float* weights,
                       std::int64_t first, std::int64_t last);
};

/// Into how many parts the gradient of the weights goes: blocks of outputs and of inputs, and rows of taps.
constexpr std::int64_t accumulated_parts(const Extents& extents) {
    const auto blocks = [](std::int64_t channels) { return (channels + 31) / 32; };
    return blocks(extents.outputs) * blocks(extents.inputs) * 3;
}

/// Those compiled for AMX, on x86-64 only.
const Passes& amx_passes();
/// The passes, or null where this machine has no matrix unit for bfloat16.
const Passes* passes();

} // namespace fractal::kernels::matrix
