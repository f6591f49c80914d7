// The fused join: k maps, each through a chain of pointwise layers, averaged, and pooled or not.
//
//     out = pool( mean_i( chain( map_i ) ) )
//
// With k = 1 that is a chain by itself, with the empty chain a join or a pool. The results are those of
// running the parts one after another, to the bit: what would have been stored between them is rounded as if
// it were. Sums run over an image, then over images in their order, so threads do not change them.
//
// Maps are dense [images, height, width, channels]. A call works on the images [first, last).
#pragma once

#include <cstdint>
#include <span>

#include "kernels/chain.hpp"
#include "kernels/isa.hpp"
#include "kernels/scalar.hpp"

namespace fractal::kernels {

/// Extents of the maps that meet. The pool is 2x2 of stride 2; an odd last row or column is dropped.
struct Extents {
    std::int64_t images = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t channels = 0;

    constexpr std::int64_t pixels() const { return height * width; }
    constexpr std::int64_t elements() const { return images * pixels() * channels; }
};

/// One of the maps that meet, and the figures of its chain. What the chain does not have may be null.
template <class Scalar>
struct Inflow {
    using Figure = AccumulateAs<Scalar>;

    const Scalar* map = nullptr;
    const Figure* first_factors = nullptr; ///< [images, channels]: dropout before the normalisation
    const Figure* factors = nullptr;       ///< [images, channels]: dropout after it
    // Of the normalisation, for each channel: (u - mean) * scale + shift.
    const Figure* mean = nullptr;
    const Figure* scale = nullptr;
    const Figure* shift = nullptr;
    // Of its gradient: scale * g - offset - slope * (u - mean).
    const Figure* offset = nullptr;
    const Figure* slope = nullptr;
    Scalar* gradient = nullptr; ///< of the map; null where none is wanted
};

/// The passes over one type of map.
template <class Scalar>
struct FusedJoin {
    using Figure = AccumulateAs<Scalar>;
    using Inflows = std::span<const Inflow<Scalar>>;

    /// Of what the normalisation reads: each image's mean and sum of squared deviations, both [images,
    /// channels].
    void (*statistics)(const Extents&, const Inflow<Scalar>&, Figure* mean, Figure* squares,
                       std::int64_t first, std::int64_t last) = nullptr;
    /// The output; with a pool also which of four it took, as a byte for each element.
    void (*forward)(const Extents&, Inflows, Scalar* out, std::uint8_t* taken, std::int64_t first,
                    std::int64_t last) = nullptr;
    /// For the normalisation of inflow i, each image's sums of its output's gradient g and of g * (u - mean):
    /// `sums` is [images, inflows, 2, channels].
    void (*reduce)(const Extents&, Inflows, const Scalar* gradient, const std::uint8_t* taken, Figure* sums,
                   std::int64_t first, std::int64_t last) = nullptr;
    /// The gradients of the maps. Without a normalisation only the signs of the maps matter, and without a
    /// ReLU nothing of them.
    void (*backward)(const Extents&, Inflows, const Scalar* gradient, const std::uint8_t* taken,
                     std::int64_t first, std::int64_t last) = nullptr;
};

/// The passes of a chain, compiled for an instruction set that this machine has. `Scalar` is float, double or
/// BFloat16.
template <class Scalar>
const FusedJoin<Scalar>& fused_join(Isa isa, Chain chain, bool pool);

} // namespace fractal::kernels
