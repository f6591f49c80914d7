// A thread's scratch memory, which only grows.
#include "kernels/aligned_scratch.hpp"

#include <memory>
#include <new>

namespace fractal::kernels {

std::byte* aligned_scratch(std::size_t bytes) {
    constexpr std::align_val_t line{64};
    const auto drop = [](std::byte* block) { ::operator delete(block, std::align_val_t{64}); };
    thread_local std::unique_ptr<std::byte, decltype(drop)> block;
    thread_local std::size_t size = 0;
    if (size < bytes) {
        block.reset();
        size = 0;
        block.reset(static_cast<std::byte*>(::operator new(bytes, line)));
        size = bytes;
    }
    return block.get();
}

} // namespace fractal::kernels
