// What convolutions on a matrix unit work on: sizes that the kernels and the memory model both know.
#pragma once

#include <algorithm>
#include <cstdint>

#include <fractal/plan/convolution_extents.hpp>

namespace fractal {

/// A 3x3 convolution whose products are summed as they stand. The rows of a tile of maps are neighbours in a
/// row of pixels where these are a multiple of a tile's rows, and else images.
struct MatrixExtents : ConvolutionExtents {
    static constexpr std::int64_t tile_rows = 16;           ///< pixels or images
    static constexpr std::int64_t depth = 32;               ///< elements that a product of tiles sums over
    static constexpr std::int64_t tile = tile_rows * depth; ///< elements of a tile of bfloat16
    static constexpr std::int64_t lanes = 2 * tile_rows;    ///< images of a group

    constexpr bool rows_are_pixels() const { return width % tile_rows == 0; } ///< or else images
    /// Groups of images; and rows of pixels in all groups, which go through them one after the other: a row
    /// is that of all images of a group.
    constexpr std::int64_t groups() const { return (images + lanes - 1) / lanes; }
    constexpr std::int64_t group_rows() const { return groups() * height; } ///< of all groups

    /// Taps that are summed over as one: where the rows of tiles are pixels, those of a row lie one behind
    /// the other.
    constexpr std::int64_t taps_at_once() const { return rows_are_pixels() ? 3 : 1; }
    /// Products of tiles that sum over these and so many channels. The rest of the last one is zero.
    constexpr std::int64_t steps(std::int64_t of_channels) const {
        return (taps_at_once() * of_channels + depth - 1) / depth;
    }
    /// Elements of the packed weights; `reversed`, of the convolution from outputs to inputs.
    constexpr std::int64_t weights(bool reversed) const {
        const std::int64_t from = reversed ? outputs : inputs;
        const std::int64_t to = reversed ? inputs : outputs;
        return taps / taps_at_once() * steps(from) * (to / channels) * tile;
    }
    /// Rows that `convolve` goes through: of images, or of groups.
    constexpr std::int64_t convolved_rows() const { return rows_are_pixels() ? rows() : group_rows(); }

    // For the gradient of the weights, maps are gathered, a tile for each pixel and vector of channels,
    // before they are multiplied.

    /// Rows that are gathered at once: as many pixels as the second-level cache has room for, of a block of
    /// channels.
    constexpr std::int64_t rows_at_once() const {
        constexpr std::int64_t pixels = 256;
        return std::clamp<std::int64_t>(pixels / width, 1, group_rows());
    }
    /// Bands of rows of one group that so many rows can be parts of.
    constexpr std::int64_t bands_at_once() const { return (rows_at_once() + height - 2) / height + 1; }
    /// Elements of what is gathered of the gradients of outputs.
    constexpr std::int64_t gathered_gradients() const {
        return rows_at_once() * width * (outputs / channels) * tile;
    }
    /// Elements of what is gathered of the inputs: each band has the row above it and the one below it too.
    constexpr std::int64_t gathered_inputs() const {
        return (rows_at_once() + 2 * bands_at_once()) * width * (inputs / channels) * tile;
    }
};

} // namespace fractal
