// Which passes of convolutions this machine can run, and whether it gains by them.
#include "kernels/convolution_passes.hpp"

#include "kernels/direct_convolution.hpp"
#include "kernels/isa.hpp"
#include "kernels/winograd.hpp"

namespace fractal::kernels {

#if defined(__x86_64__)
const direct::Passes* direct::passes() { return best_isa() == Isa::avx512 ? &avx512_passes() : nullptr; }
const winograd::Passes* winograd::passes() { return best_isa() == Isa::avx512 ? &avx512_passes() : nullptr; }
#else
const direct::Passes* direct::passes() { return nullptr; }
const winograd::Passes* winograd::passes() { return nullptr; }
#endif

bool own_convolutions_pay() {
    static const bool gains = direct::passes() != nullptr && !has_matrix_unit(); // asking takes long
    return gains;
}

} // namespace fractal::kernels
