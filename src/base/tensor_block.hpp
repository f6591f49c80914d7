// The sizes in which the CPU allocator hands out memory: known to the allocator and to what predicts it.
#pragma once

#include <cstdint>

namespace fractal {

inline constexpr std::int64_t tensor_alignment = 64; ///< a cache line, and the widest vector
/// Smaller blocks are the C library's business; larger ones are kept for the next tensor of their size.
inline constexpr std::int64_t kept_tensor_block = 1 << 16;

/// Bytes that a tensor of `bytes` takes: in steps of an eighth of their power of two, so that nearly equal
/// tensors meet equal blocks.
constexpr std::int64_t tensor_block(std::int64_t bytes) {
    if (bytes <= 0) return 0;
    std::int64_t step = tensor_alignment;
    if (bytes >= kept_tensor_block) {
        while (step * 16 < bytes) step *= 2;
    }
    return (bytes + step - 1) / step * step;
}

} // namespace fractal
