// From sums over each image to the figures of channels: what a normalisation and its gradient are computed
// with.
#pragma once

#include <cstdint>
#include <vector>

namespace fractal::kernels {

/// Mean and biased variance of each channel over a batch.
struct ChannelStatistics {
    std::vector<double> mean;
    std::vector<double> variance;
};

/// Statistics of a batch from those of its images: `means` and `squares` (sums of squared deviations), both
/// [images, channels], each over `pixels`. In the order of the images, by T. Chan, G. Golub and R. LeVeque
/// 1979.
template <class Figure>
ChannelStatistics batch_statistics(const Figure* means, const Figure* squares, std::int64_t images,
                                   std::int64_t channels, std::int64_t pixels);

/// Sums over the first of two extents, [images, figures], in the order of the images.
template <class Figure>
std::vector<double> sum_over_images(const Figure* sums, std::int64_t images, std::int64_t figures);

} // namespace fractal::kernels
