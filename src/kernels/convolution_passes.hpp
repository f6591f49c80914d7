// Whether this machine runs convolutions by kernels of ours.
#pragma once

namespace fractal::kernels {

/// Whether they beat a library's: where pairs in bfloat16 are multiplied by AVX512-BF16, and no unit for
/// whole matrices multiplies more.
bool own_convolutions_pay();

} // namespace fractal::kernels
