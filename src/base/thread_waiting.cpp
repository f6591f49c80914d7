// A variable of the environment.
#include "base/thread_waiting.hpp"

#include <cstdlib>

namespace fractal {

bool wait_briefly() {
    if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return false;
    // Looks: longer than the parts of a step are apart, shorter than a batch takes to be made.
    return ::setenv("GOMP_SPINCOUNT", "20000", 0) == 0;
}

} // namespace fractal
