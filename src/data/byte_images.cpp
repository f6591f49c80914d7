// Channel statistics of byte images.
#include "data/byte_images.hpp"

#include <cmath>
#include <numeric>

namespace fractal::data {

Normalisation measure_normalisation(const ByteImages& images, std::span<const std::uint32_t> indices) {
    const std::size_t plane = images.height * images.width;
    const double pixels = static_cast<double>(plane * indices.size());
    Normalisation result;
    for (std::size_t channel = 0; channel < images.channels; ++channel) {
        std::uint64_t sum = 0;
        std::uint64_t sum_of_squares = 0;
        for (const std::size_t image : indices) {
            const std::uint8_t* first = images.pixels.data() + (image * images.channels + channel) * plane;
            for (std::size_t pixel = 0; pixel < plane; ++pixel) {
                sum += first[pixel];
                sum_of_squares += std::uint64_t{first[pixel]} * first[pixel];
            }
        }
        const double mean = static_cast<double>(sum) / pixels;
        const double variance = static_cast<double>(sum_of_squares) / pixels - mean * mean;
        result.mean.push_back(mean / 255);
        result.deviation.push_back(variance > 0 ? std::sqrt(variance) / 255 : 1.0);
    }
    return result;
}

Normalisation measure_normalisation(const ByteImages& images) {
    std::vector<std::uint32_t> all(images.count());
    std::iota(all.begin(), all.end(), 0U);
    return measure_normalisation(images, all);
}

} // namespace fractal::data
