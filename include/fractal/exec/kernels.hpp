// Which code computes a network on the CPU.
#pragma once

#include <cstdint>

namespace fractal {

/// `automatic` fuses chains of pointwise layers, joins and pools where there are kernels for them, and runs
/// 3x3 convolutions in bfloat16 by kernels of ours, direct ones, on a matrix unit or Winograd's filtering,
/// where those are faster; `direct` does the same without the filtering, so that convolutions err no more
/// than LibTorch's; `reference` runs each layer by LibTorch's own operator. On other devices all are the
/// latter.
enum class Kernels : std::uint8_t { automatic, direct, reference };

} // namespace fractal
