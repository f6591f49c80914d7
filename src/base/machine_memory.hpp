// How much memory there is.
#pragma once

#include <cstdint>

namespace fractal {

/// Bytes of the machine's memory, or of the container's that this runs in, where that has less.
std::int64_t machine_memory();

} // namespace fractal
