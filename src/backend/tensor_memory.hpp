// The memory of CPU tensors: counted, and kept for the next tensor of its size.
//
// A training step allocates the same sizes over and over. Given back to the system, large blocks come back as
// zeroed pages, each of them a fault; kept, they cost nothing.
#pragma once

#include <cstdint>
#include <new>

namespace fractal {

/// The system has no block for a tensor, also after what was kept went back to it.
struct OutOfTensorMemory : std::bad_alloc {
    OutOfTensorMemory(std::int64_t held_bytes, std::int64_t asked_bytes)
        : held(held_bytes),
          asked(asked_bytes) {}
    const char* what() const noexcept override { return "no memory for a tensor"; }

    std::int64_t held;  ///< bytes of tensors that lived then
    std::int64_t asked; ///< bytes of the block that there was none of
};

/// Puts this allocator in the place of LibTorch's for CPU tensors, once in a process. Where tensors and what
/// is kept would come to more than `most` bytes, or a `TensorMemoryLimit`, large blocks that are kept go back
/// to the system; 0 is no bound.
void install_tensor_memory(std::int64_t most = 0);

/// Bytes of CPU tensors that live now, in blocks (base/tensor_block.hpp).
std::int64_t tensor_bytes();
/// The most at once since the last call of `reset_peak_tensor_bytes`.
std::int64_t peak_tensor_bytes();
void reset_peak_tensor_bytes();

/// Blocks large enough to be kept that were taken from the system so far: in the steady state of training
/// none more, unless a bound gives large ones back.
std::int64_t system_blocks();

/// While it lives, blocks beyond so many bytes of tensors at once are refused, as by a system without more
/// memory; 0 refuses none. Before and after it holds what held before.
class TensorMemoryLimit {
public:
    explicit TensorMemoryLimit(std::int64_t bytes);
    ~TensorMemoryLimit();
    TensorMemoryLimit(const TensorMemoryLimit&) = delete;
    TensorMemoryLimit& operator=(const TensorMemoryLimit&) = delete;

private:
    std::int64_t before_;
};

/// Gives all regions that no tensor uses back to the system: between trials, whose sizes differ.
void release_tensor_memory();

} // namespace fractal
