// The sizes of a 3x3 convolution, as the kernels and the memory model both know them.
#pragma once

#include <cstdint>

namespace fractal {

/// A 3x3 convolution of stride 1 and same padding.
struct ConvolutionExtents {
    std::int64_t images = 0;  ///< of the batch
    std::int64_t height = 0;  ///< pixels
    std::int64_t width = 0;   ///< pixels
    std::int64_t inputs = 0;  ///< channels
    std::int64_t outputs = 0; ///< channels

    static constexpr std::int64_t channels = 16; ///< that are worked on at once
    static constexpr std::int64_t taps = 9;      ///< of a filter

    /// Rows of pixels in all images.
    constexpr std::int64_t rows() const { return images * height; }
    /// The convolution that takes the gradient of the outputs to that of the inputs.
    constexpr ConvolutionExtents reversed() const { return {images, height, width, outputs, inputs}; }
};

} // namespace fractal
