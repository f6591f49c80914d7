// What direct convolutions work on: sizes that the kernels and the memory model both know.
#pragma once

#include <algorithm>
#include <cstdint>

#include <fractal/plan/convolution_extents.hpp>

namespace fractal {

/// A 3x3 convolution whose products are summed as they stand.
struct DirectExtents : ConvolutionExtents {
    /// Elements of the packed weights, as of those that are packed.
    constexpr std::int64_t weights() const { return taps * inputs * outputs; }

    /// Parts of the batch, each of which has sums of its own for the gradient of the weights: enough for some
    /// threads, and few beside what is added up. They do not depend on the threads, so neither do the bits.
    constexpr std::int64_t parts() const { return std::clamp<std::int64_t>(images, 1, 16); }
    /// The image that a part begins with.
    constexpr std::int64_t part_begin(std::int64_t part) const { return part * images / parts(); }
    /// Elements of all parts' sums.
    constexpr std::int64_t sums() const { return parts() * weights(); }
};

} // namespace fractal
