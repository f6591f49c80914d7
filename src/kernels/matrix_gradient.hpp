// The passes of the gradient of the weights, of `matrix::Passes`, compiled for AMX.
#pragma once

#include <cstdint>

#include "kernels/matrix_convolution.hpp"

namespace fractal::kernels::matrix {

void amx_gather(const Extents&, const BFloat16* in, const BFloat16* gradient, Gathered, std::int64_t begin,
                std::int64_t end, std::int64_t first, std::int64_t last);
void amx_accumulate(const Extents&, Gathered, std::int64_t begin, std::int64_t end, float* weights,
                    std::int64_t first, std::int64_t last);

} // namespace fractal::kernels::matrix
