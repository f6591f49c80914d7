// The order in which passes go through maps: an image by strips of rows that fit the first-level cache, a
// strip by columns of channels that fit the registers, a column by pixels.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/fused_join.hpp"
#include "kernels/vec.hpp"

namespace fractal::kernels {

namespace {

/// Lanes of a register of floats or doubles.
template <class Figure>
inline constexpr int native_lanes =
#if defined(__AVX512F__)
    64
#elif defined(__AVX2__)
    32
#else
    16
#endif
    / static_cast<int>(sizeof(Figure));

/// `Count` vectors of channels side by side.
template <int Lanes, int Count>
struct Column {
    std::int64_t begin; ///< the first channel

    constexpr std::int64_t channel(int vector) const { return begin + vector * Lanes; }
};

/// Calls `body` for columns that together are all channels: pairs of vectors, a vector, single lanes.
template <class Figure, class Body>
void for_columns(std::int64_t channels, const Body& body) {
    constexpr int lanes = native_lanes<Figure>;
    std::int64_t channel = 0;
    for (; channel + 2 * lanes <= channels; channel += 2 * lanes) body(Column<lanes, 2>{channel});
    for (; channel + lanes <= channels; channel += lanes) body(Column<lanes, 1>{channel});
    for (; channel < channels; ++channel) body(Column<1, 1>{channel});
}

/// Rows of an image that are worked on at once.
struct Strip {
    std::int64_t image;
    std::int64_t begin;
    std::int64_t end;

    constexpr std::int64_t rows() const { return end - begin; }
};

/// Calls `body` for strips of about 4,096 elements and an even number of rows, but for the last of an image.
template <class Body>
void for_strips(const Extents& map, std::int64_t first, std::int64_t last, const Body& body) {
    const std::int64_t rows = std::max<std::int64_t>(2, 4096 / (map.width * map.channels) / 2 * 2);
    for (std::int64_t image = first; image < last; ++image) {
        for (std::int64_t begin = 0; begin < map.height; begin += rows) {
            body(Strip{image, begin, std::min(begin + rows, map.height)});
        }
    }
}

/// Calls `body(row)` with each row of a strip, itself a strip: what is summed up by rows and then over them
/// errs by the root of the rows, not of the pixels.
template <class Body>
void for_rows(Strip strip, const Body& body) {
    for (std::int64_t y = strip.begin; y < strip.end; ++y) body(Strip{strip.image, y, y + 1});
}

/// Calls `body(element)` with where the column's channels begin, for each pixel of a strip.
template <int Lanes, int Count, class Body>
void for_pixels(const Extents& map, Strip strip, Column<Lanes, Count> column, const Body& body) {
    const std::int64_t row = map.width * map.channels;
    std::int64_t element = (strip.image * map.height + strip.begin) * row + column.begin;
    const std::int64_t end = element + strip.rows() * row;
    for (; element < end; element += map.channels) body(element);
}

/// Calls `body(from, element)` for each window of the 2x2 pool in a strip: where the column's channels begin
/// in the pooled map, and at the window's first pixel.
template <int Lanes, int Count, class Body>
void for_windows(const Extents& map, Strip strip, Column<Lanes, Count> column, const Body& body) {
    const std::int64_t height = map.height / 2;
    const std::int64_t width = map.width / 2;
    for (std::int64_t y = strip.begin / 2; y < std::min(strip.end / 2, height); ++y) {
        std::int64_t from = (strip.image * height + y) * width * map.channels + column.begin;
        std::int64_t element = (strip.image * map.height + 2 * y) * map.width * map.channels + column.begin;
        for (std::int64_t x = 0; x < width; ++x, from += map.channels, element += 2 * map.channels) {
            body(from, element);
        }
    }
}

/// Calls `body(from, element, place)` for each pixel of a strip, row by row as `for_pixels`: where the
/// column's channels begin in the pooled map, at the pixel, and which of its window's four pixels it is, 0 to
/// 3 by rows. Calls `beyond(element)` for a pixel in no window, of an odd last row or column.
template <int Lanes, int Count, class Body, class Beyond>
void for_window_pixels(const Extents& map, Strip strip, Column<Lanes, Count> column, const Body& body,
                       const Beyond& beyond) {
    const std::int64_t height = map.height / 2;
    const std::int64_t width = map.width / 2;
    std::int64_t element = (strip.image * map.height + strip.begin) * map.width * map.channels + column.begin;
    for (std::int64_t y = strip.begin; y < strip.end; ++y) {
        std::int64_t from = (strip.image * height + y / 2) * width * map.channels + column.begin;
        const std::int64_t windows = y / 2 < height ? width : 0;
        const int place = static_cast<int>(y % 2) * 2;
        for (std::int64_t x = 0; x < windows; ++x, from += map.channels, element += 2 * map.channels) {
            body(from, element, place);
            body(from, element + map.channels, place + 1);
        }
        for (std::int64_t x = 2 * windows; x < map.width; ++x, element += map.channels) beyond(element);
    }
}

/// Where the pixel of a window lies, 0 to 3 by rows, from the window's first element on.
constexpr std::int64_t in_window(const Extents& map, int place) {
    return (place / 2 * map.width + place % 2) * map.channels;
}

} // namespace

} // namespace fractal::kernels
