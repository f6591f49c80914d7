// Which code computes a network on the CPU.
#pragma once

#include <cstdint>

namespace fractal {

/// `automatic` fuses chains of pointwise layers, joins and pools where there are kernels for them;
/// `reference` runs each layer by LibTorch's own operator. On other devices both are the latter.
enum class Kernels : std::uint8_t { automatic, reference };

} // namespace fractal
