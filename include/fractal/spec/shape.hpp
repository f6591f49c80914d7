// Shape of one image's feature map.
#pragma once

#include <cstdint>

#include <fractal/spec/text.hpp>

namespace fractal {

/// Channels, height and width of one image's feature map; the batch is never part of it.
struct Shape {
    int channels = 0; ///< feature maps
    int height = 0;   ///< pixels
    int width = 0;    ///< pixels

    /// Number of scalars in the map.
    constexpr std::int64_t elements() const { return pixels() * channels; }
    /// Number of positions in one channel.
    constexpr std::int64_t pixels() const { return static_cast<std::int64_t>(height) * width; }
    /// Whether there is nothing in it.
    constexpr bool empty() const { return channels <= 0 || height <= 0 || width <= 0; }
    constexpr bool operator==(const Shape&) const = default;

    /// `CxHxW`, as names and messages write it.
    constexpr Line text() const { return line(channels, "x", height, "x", width); }
};

/// The map after a 2x2 pool of stride 2; an odd last row or column is dropped.
constexpr Shape pooled(Shape in) { return {in.channels, in.height / 2, in.width / 2}; }

} // namespace fractal
