// What convolutions by Winograd's filtering work on: sizes that the kernels and the memory model both know.
#pragma once

#include <algorithm>
#include <cstdint>

#include <fractal/plan/convolution_extents.hpp>

namespace fractal {

/// A 3x3 convolution whose outputs are made in tiles of 2x2. Rows of tiles go through the images one after
/// the other.
struct WinogradExtents : ConvolutionExtents {
    static constexpr std::int64_t places = 16; ///< of a transformed tile

    /// Rows of tiles in all images.
    constexpr std::int64_t tile_rows() const { return images * ((height + 1) / 2); }
    /// Tiles of a row.
    constexpr std::int64_t tiles_across() const { return (width + 1) / 2; }
    /// Elements of the transformed weights.
    constexpr std::int64_t weights() const { return places * inputs * outputs; }

    // For the gradient of the weights, transformed tiles are gathered, in pairs, before they are multiplied.

    /// Tiles that a gathered row takes.
    constexpr std::int64_t paired_tiles() const { return (tiles_across() + 1) / 2 * 2; }
    /// Rows of tiles that are gathered at once: beyond the second-level cache and within the third, but tiles
    /// enough that adding up outweighs reading and writing the sums.
    constexpr std::int64_t rows_at_once() const {
        constexpr std::int64_t bytes = 2 << 20;
        constexpr std::int64_t fewest = 256;
        const std::int64_t tiles = std::max(fewest, bytes / (places * 2 * (inputs + outputs)));
        return std::clamp<std::int64_t>(tiles / paired_tiles(), 1, tile_rows());
    }
    /// Tiles that are gathered at once.
    constexpr std::int64_t gathered_tiles() const { return rows_at_once() * paired_tiles(); }
    /// Elements of the gathered tiles of maps of so many channels.
    constexpr std::int64_t gathered_elements(std::int64_t of_channels) const {
        return places * apart(gathered_tiles() * of_channels);
    }
    /// Elements from the matrix of a place to the next one's, of so many elements. A tile is written to all
    /// places at once: were they a power of two apart, they would drive each other out of the cache.
    static constexpr std::int64_t apart(std::int64_t elements) { return elements + 5 * 64; }
};

} // namespace fractal
