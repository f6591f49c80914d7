// `shapes`: a procedural data set of ten classes of figures, so that a first run needs no download. Every
// image is a function of (seed, split, index); only +, -, *, / and sqrt are used, which IEEE 754 rounds alike
// everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "data/byte_images.hpp"

namespace fractal::data {

inline constexpr std::array<std::string_view, 10> shapes_classes{
    "disc", "half-disc", "ring", "crescent", "triangle", "square", "bar", "hexagon", "cross", "star"};

/// Which images: the two halves never share a draw.
enum class ShapesPart : std::uint8_t { train, test };

inline constexpr std::uint64_t shapes_seed = 20160524;
inline constexpr std::uint32_t shapes_train_images = 10'000;
inline constexpr std::uint32_t shapes_test_images = 2'000;

/// `count` images of 3 x 32 x 32; image i has class i mod 10, that of its largest figure. It stands anywhere,
/// at any angle, filled or in outline, in any colour, on a background of a gradient and noise, among smaller
/// figures.
[[nodiscard]] ByteImages make_shapes(ShapesPart part, std::uint32_t count, std::uint64_t seed = shapes_seed);

} // namespace fractal::data
