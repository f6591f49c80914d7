// The instruction sets that kernels are compiled for, and the one to use.
#pragma once

#include <span>

namespace fractal::kernels {

enum class Isa { portable, avx2, avx512 };

/// Those that this machine can run, from the plainest to the best; the same at each call.
std::span<const Isa> available_isas();

/// The best of them.
inline Isa best_isa() { return available_isas().back(); }

/// Whether this machine multiplies matrices in bfloat16 by a unit of their own (Intel's AMX), and the system
/// lets this process use it.
bool has_matrix_unit();

} // namespace fractal::kernels
