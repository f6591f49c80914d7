// Which passes of convolutions this machine can run.
#include "kernels/direct_convolution.hpp"
#include "kernels/isa.hpp"
#include "kernels/matrix_convolution.hpp"
#include "kernels/winograd.hpp"

namespace fractal::kernels {

#if defined(__x86_64__)
const direct::Passes* direct::passes() { return best_isa() == Isa::avx512 ? &avx512_passes() : nullptr; }
const matrix::Passes* matrix::passes() {
    return best_isa() == Isa::avx512 && has_matrix_unit() ? &amx_passes() : nullptr;
}
const winograd::Passes* winograd::passes() { return best_isa() == Isa::avx512 ? &avx512_passes() : nullptr; }
#else
const direct::Passes* direct::passes() { return nullptr; }
const matrix::Passes* matrix::passes() { return nullptr; }
const winograd::Passes* winograd::passes() { return nullptr; }
#endif

} // namespace fractal::kernels
