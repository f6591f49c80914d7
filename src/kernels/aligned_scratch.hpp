// Memory that a thread's kernels work in, one after the other.
#pragma once

#include <cstddef>

namespace fractal::kernels {

/// At least `bytes`, on a cache line. It is this thread's and stays the same memory until a larger one is
/// asked for, so that a steady state takes none from the system.
std::byte* aligned_scratch(std::size_t bytes);

} // namespace fractal::kernels
