// The one unit that is compiled with OpenMP.
#include "backend/threads.hpp"

#include <ATen/Parallel.h>

namespace fractal {

void in_parallel(std::int64_t count, std::int64_t grain,
                 const std::function<void(std::int64_t first, std::int64_t last)>& body) {
    at::parallel_for(0, count, grain, body);
}

} // namespace fractal
