// The element types of feature maps, and what is computed in for each.
#pragma once

#include <cstdint>
#include <type_traits>

namespace fractal::kernels {

/// The upper half of a float, as LibTorch's BFloat16 lies in memory.
struct BFloat16 {
    std::uint16_t bits;
};

/// Sums and figures of channels: double for double, float for the rest.
template <class Scalar>
using AccumulateAs = std::conditional_t<std::is_same_v<Scalar, double>, double, float>;

} // namespace fractal::kernels
