// Whether this machine can run Winograd's filtering, and gains by it.
#include "kernels/isa.hpp"
#include "kernels/winograd.hpp"

namespace fractal::kernels::winograd {

const Passes* passes() {
#if defined(__x86_64__)
    if (best_isa() == Isa::avx512) return &avx512_passes();
#endif
    return nullptr;
}

bool worthwhile() {
    static const bool gains = passes() != nullptr && !has_matrix_unit(); // asking the processor takes long
    return gains;
}

} // namespace fractal::kernels::winograd
