// The machine's pages, and the control group's limit.
#include "base/machine_memory.hpp"

#include <algorithm>
#include <fstream>

#include <unistd.h>

namespace fractal {

std::int64_t machine_memory() {
    const std::int64_t bytes = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
    std::int64_t limit = 0;
    if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit; limit > 0) return std::min(bytes, limit);
    return bytes;
}

} // namespace fractal
