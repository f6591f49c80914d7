// Sums in double, image by image.
#include "kernels/channel_figures.hpp"

#include <cstddef>

namespace fractal::kernels {

template <class Figure>
ChannelStatistics batch_statistics(const Figure* means, const Figure* squares, std::int64_t images,
                                   std::int64_t channels, std::int64_t pixels) {
    const auto size = static_cast<std::size_t>(channels);
    ChannelStatistics all{std::vector<double>(size), std::vector<double>(size)};
    const auto count = static_cast<double>(pixels);
    for (std::int64_t image = 0; image < images; ++image) {
        const double before = count * static_cast<double>(image);
        const double part = count / (before + count);
        for (std::size_t c = 0; c < size; ++c) {
            const double apart = static_cast<double>(*means++) - all.mean[c];
            all.mean[c] += apart * part;
            all.variance[c] += static_cast<double>(*squares++) + apart * apart * before * part;
        }
    }
    for (double& variance : all.variance) variance /= count * static_cast<double>(images);
    return all;
}

template <class Figure>
std::vector<double> sum_over_images(const Figure* sums, std::int64_t images, std::int64_t figures) {
    std::vector<double> total(static_cast<std::size_t>(figures));
    for (std::int64_t image = 0; image < images; ++image) {
        for (double& figure : total) figure += static_cast<double>(*sums++);
    }
    return total;
}

template ChannelStatistics batch_statistics(const float*, const float*, std::int64_t, std::int64_t,
                                            std::int64_t);
template ChannelStatistics batch_statistics(const double*, const double*, std::int64_t, std::int64_t,
                                            std::int64_t);
template std::vector<double> sum_over_images(const float*, std::int64_t, std::int64_t);
template std::vector<double> sum_over_images(const double*, std::int64_t, std::int64_t);

} // namespace fractal::kernels
