// Asks the processor.
#include "kernels/isa.hpp"

#include <array>
#include <cstddef>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace fractal::kernels {

std::span<const Isa> available_isas() {
    static constexpr std::array all{Isa::portable, Isa::avx2, Isa::avx512};
    static const std::size_t count = [] {
#if defined(__x86_64__)
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512bf16");
        return avx2 ? (avx512 ? 3UL : 2UL) : 1UL;
#else
        return 1UL;
#endif
    }();
    return {all.data(), count};
}

bool has_matrix_unit() {
#if defined(__x86_64__)
    constexpr unsigned amx_bf16 = 1U << 22; // of EDX; g++ 12 has no name for it in __builtin_cpu_supports
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & amx_bf16) != 0;
#else
    return false;
#endif
}

} // namespace fractal::kernels
