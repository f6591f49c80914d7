// The order in which passes go through maps: an image by strips of rows that fit the first-level cache, a
// strip by columns of channels that fit the registers, a column by pixels.
#pragma once

#include <algorithm>
#include <array>
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

/// Where a pixel's channels begin.
constexpr std::int64_t element_at(const Extents& map, std::int64_t image, std::int64_t y, std::int64_t x) {
    return ((image * map.height + y) * map.width + x) * map.channels;
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
    std::int64_t element = element_at(map, strip.image, strip.begin, 0) + column.begin;
    const std::int64_t end = element + strip.rows() * map.width * map.channels;
    for (; element < end; element += map.channels) body(element);
}

/// Calls `body(elements)` for each pixel of a strip, as many at once: where the column's channels begin at
/// each of them. What is left over comes one by one.
template <int AtOnce, int Lanes, int Count, class Body>
void for_tiles(const Extents& map, Strip strip, Column<Lanes, Count> column, const Body& body) {
    std::int64_t element = element_at(map, strip.image, strip.begin, 0) + column.begin;
    std::int64_t pixels = strip.rows() * map.width;
    for (; pixels >= AtOnce; pixels -= AtOnce) {
        std::array<std::int64_t, AtOnce> elements;
        for (std::int64_t& each : elements) {
            each = element;
            element += map.channels;
        }
        body(elements);
    }
    for (; pixels > 0; --pixels, element += map.channels) body(std::array{element});
}

/// Calls `body(to, elements)` for each window of the 2x2 pool in a strip: where the column's channels begin
/// in the pooled map, and at the window's four pixels, by rows.
template <int Lanes, int Count, class Body>
void for_windows(const Extents& map, Strip strip, Column<Lanes, Count> column, const Body& body) {
    const std::int64_t height = map.height / 2;
    const std::int64_t width = map.width / 2;
    const std::int64_t below = map.width * map.channels;
    for (std::int64_t y = strip.begin / 2; y < std::min(strip.end / 2, height); ++y) {
        std::int64_t to = (strip.image * height + y) * width * map.channels + column.begin;
        std::int64_t element = element_at(map, strip.image, 2 * y, 0) + column.begin;
        for (std::int64_t x = 0; x < width; ++x, to += map.channels, element += 2 * map.channels) {
            body(to, std::array{element, element + map.channels, element + below,
                                element + below + map.channels});
        }
    }
}

/// Neighbours in a row of a map, few enough that vectors of them fit the first-level cache.
struct Run {
    std::int64_t image;
    std::int64_t y;
    std::int64_t x; ///< of the first of them; even
    std::int64_t pixels;
    std::int64_t element; ///< where the column's channels begin at the first
};

inline constexpr std::int64_t longest_run = 64; // pixels

/// Calls `body(run)` for the runs of a strip, row by row.
template <int Lanes, int Count, class Body>
void for_runs(const Extents& map, Strip strip, Column<Lanes, Count> column, const Body& body) {
    for (std::int64_t y = strip.begin; y < strip.end; ++y) {
        for (std::int64_t x = 0; x < map.width; x += longest_run) {
            body(Run{strip.image, y, x, std::min(longest_run, map.width - x),
                     element_at(map, strip.image, y, x) + column.begin});
        }
    }
}

/// Calls `body(pixel, from, place)` for the two pixels of each window that a run goes through: the first
/// one's place in the run, where the column's channels begin in the pooled map, and which of its window's
/// four pixels it is, 0 or 2, by rows. Calls `beyond(pixel)` for one in no window, of an odd last row or
/// column.
template <int Lanes, int Count, class Body, class Beyond>
void for_window_pixels(const Extents& map, const Run& run, Column<Lanes, Count> column, const Body& body,
                       const Beyond& beyond) {
    const std::int64_t height = map.height / 2;
    const std::int64_t width = map.width / 2;
    const std::int64_t y = run.y / 2;
    std::int64_t from = ((run.image * height + y) * width + run.x / 2) * map.channels + column.begin;
    const int place = static_cast<int>(run.y % 2) * 2;
    std::int64_t pixel = 0;
    if (y < height) {
        for (; pixel + 1 < run.pixels; pixel += 2, from += map.channels) body(pixel, from, place);
    }
    for (; pixel < run.pixels; ++pixel) beyond(pixel);
}

} // namespace

} // namespace fractal::kernels
