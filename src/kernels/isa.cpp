// Asks the processor.
#include "kernels/isa.hpp"

#include <array>
#include <cstddef>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
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
#if defined(__x86_64__) && defined(__linux__)
    static const bool granted = [] {
        constexpr unsigned bf16_and_tiles = 5U << 22; // of EDX; g++ 12 has no names in __builtin_cpu_supports
        unsigned eax = 0;
        unsigned ebx = 0;
        unsigned ecx = 0;
        unsigned edx = 0;
        if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (edx & bf16_and_tiles) != bf16_and_tiles)
            return false;
        // Linux keeps the tiles of those processes only that ask for it (Documentation/arch/x86/xstate.rst).
        constexpr long request_permission = 0x1023;
        constexpr long tile_data = 18;
        return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
    }();
    return granted;
#else
    return false;
#endif
}

} // namespace fractal::kernels
