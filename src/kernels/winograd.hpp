// 3x3 convolutions of maps in bfloat16 by Winograd's minimal filtering F(2x2, 3x3) (A. Lavin and S. Gray
// 2016): 16 multiplications for each four outputs of a channel instead of 36.
//
//     y  = A' [ (G g G') * (B' x B) ] A        of each tile: 4x4 of x, 2x2 of y
//     dg = G' [ (A dy A') * (B' x B) ] G       summed over the tiles
//
// Products are summed over channels, or tiles, by matrix products in each of the tile's 16 places. Tiles are
// transformed in float and rounded to bfloat16 once; all sums are in float.
#pragma once

#include <cstdint>

#include <fractal/plan/winograd.hpp>

#include "kernels/finish.hpp"
#include "kernels/scalar.hpp"

namespace fractal::kernels::winograd {

/// Maps are dense [images, height, width, channels], weights [outputs, 3, 3, inputs].
using Extents = WinogradExtents;

/// Maps and gradients of maps with their tiles transformed, for the gradient of the weights: of
/// `Extents::gathered_elements` each.
struct Gathered {
    BFloat16* in;
    BFloat16* out;
};

/// The passes. Each may be called for parts of its range on several threads: sums do not depend on the parts.
struct Passes {
    /// Transforms weights for `convolve`, those of output channels [first, last), which are multiples of 16,
    /// to `Extents::weights()` elements; `reversed`, for the convolution from outputs to inputs, whose taps
    /// are turned round.
    void (*pack_weights)(const Extents&, const float* weights, bool reversed, BFloat16* transformed,
                         std::int64_t first, std::int64_t last);
    /// The outputs in the rows of tiles [first, last), which go through the images one after the other.
    void (*convolve)(const Extents&, const BFloat16* in, const BFloat16* transformed, Finish, BFloat16* out,
                     std::int64_t first, std::int64_t last);
    /// Transforms inputs and gradients of outputs of the rows of tiles [first, last), a part of those that
    /// are gathered from `begin` on.
    void (*gather)(const Extents&, const BFloat16* in, const BFloat16* gradient, Gathered, std::int64_t begin,
                   std::int64_t first, std::int64_t last);
    /// Adds products over the first `rows` gathered rows to `sums`, of `Extents::weights()` elements, in the
    /// places [first, last) of the tile, of 16; or begins with them.
    void (*accumulate)(const Extents&, Gathered, std::int64_t rows, bool begins, float* sums,
                       std::int64_t first, std::int64_t last);
    /// The gradient of the weights of output channels [first, last).
    void (*weight_gradient)(const Extents&, const float* sums, float* gradient, std::int64_t first,
                            std::int64_t last);
};

/// Those compiled for AVX512-BF16, on x86-64 only.
const Passes& avx512_passes();
/// The passes, or null where this machine has no AVX512-BF16.
const Passes* passes();

} // namespace fractal::kernels::winograd
