// What a CUDA device can do and hold; on other devices, and without CUDA, nothing.
#pragma once

#include <cstdint>

#include <torch/types.h>

namespace fractal {

/// Whether it has matrix units for bf16: from compute capability 8.0 on.
bool cuda_multiplies_bf16(torch::Device device);

/// Bytes of its memory; 0 for what is no CUDA device.
std::int64_t cuda_memory(torch::Device device);

} // namespace fractal
