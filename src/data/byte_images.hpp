// Images and labels as bytes, as the readers and the generator make them. Knows no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fractal::data {

/// Images of one size, channel by channel (N x C x H x W), with one label each.
struct ByteImages {
    std::size_t channels = 3;
    std::size_t height = 32;
    std::size_t width = 32;
    std::vector<std::uint8_t> pixels;
    std::vector<std::int32_t> labels; ///< from 0

    [[nodiscard]] std::size_t count() const { return labels.size(); }
    [[nodiscard]] std::size_t bytes_per_image() const { return channels * height * width; }
};

/// Mean and standard deviation per channel, of pixels scaled to [0, 1].
struct Normalisation {
    std::vector<double> mean;
    std::vector<double> deviation;
};

/// The statistics of all pixels of the images `indices` of `images`, at least one, in exact integer sums: the
/// same on every machine. A channel that is constant gets deviation 1.
[[nodiscard]] Normalisation measure_normalisation(const ByteImages& images,
                                                  std::span<const std::uint32_t> indices);

/// Of all of `images`.
[[nodiscard]] Normalisation measure_normalisation(const ByteImages& images);

} // namespace fractal::data
