// Vectors of bfloat16 element by element beside each other, as AVX512-BF16 multiplies and adds them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "kernels/scalar.hpp"
#include "kernels/vec.hpp"

namespace fractal::kernels {

namespace {

/// Sixteen pairs that lie side by side.
inline __m512bh pairs_at(const BFloat16* from) { return std::bit_cast<__m512bh>(_mm512_loadu_si512(from)); }

/// One pair in all lanes.
inline __m512bh pair_at(const BFloat16* from) {
    const auto pair = copied<std::int32_t>(from);
#if defined(__clang__) // 16 recurses without an end on the plain form
    return std::bit_cast<__m512bh>(_mm512_broadcastd_epi32(_mm_cvtsi32_si128(pair)));
#else
    return std::bit_cast<__m512bh>(_mm512_set1_epi32(pair));
#endif
}

/// The lower and the upper half of a vector interleaved.
inline __m512i interleaved(__m512i both) {
    alignas(64) static constexpr auto order = [] {
        std::array<std::uint16_t, 32> all{};
        for (std::size_t i = 0; i < 32; ++i) all[i] = static_cast<std::uint16_t>(i / 2 + i % 2 * 16);
        return all;
    }();
    return _mm512_permutexvar_epi16(_mm512_load_si512(order.data()), both);
}
/// Two vectors of 16 interleaved.
inline __m512i interleaved(__m256i evens, __m256i odds) {
    // All of the mask: g++ 12 takes the form without one for a read of what was never written.
    return interleaved(_mm512_maskz_inserti64x4(0xFF, _mm512_castsi256_si512(evens), odds, 1));
}

/// Stores two vectors of 16 interleaved, rounded.
inline void store_pairs(BFloat16* to, Vec<float, 16> evens, Vec<float, 16> odds) {
    // The second one comes first.
    _mm512_storeu_si512(to, interleaved(std::bit_cast<__m512i>(_mm512_cvtne2ps_pbh(odds, evens))));
}

/// Stores two vectors of 16 interleaved.
inline void store_pairs(BFloat16* to, __m256i evens, __m256i odds) {
    _mm512_storeu_si512(to, interleaved(evens, odds));
}

} // namespace

} // namespace fractal::kernels
