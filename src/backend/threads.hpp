// LibTorch's own threads for this project's kernels.
#pragma once

#include <cstdint>
#include <functional>

namespace fractal {

/// Calls `body(first, last)` for ranges that together are [0, count), on as many of LibTorch's threads as
/// have at least `grain` of it to do. Its at::parallel_for does this only in units that are compiled with
/// OpenMP.
void in_parallel(std::int64_t count, std::int64_t grain,
                 const std::function<void(std::int64_t first, std::int64_t last)>& body);

} // namespace fractal
