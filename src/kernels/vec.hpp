// Vectors of numbers, by the extension that g++ and clang++ share: one source for every instruction set.
//
// The compiler turns an operator into whatever the unit's flags allow. So no library is needed, and a vector
// of one lane is a plain number.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "kernels/scalar.hpp"

namespace fractal::kernels {

// Each unit compiles these for its own instruction set: a name that two units shared would be one function.
namespace {

template <class T, int Lanes>
struct VecOf {
    using type [[gnu::vector_size(sizeof(T) * Lanes)]] = T;
};
template <class T>
struct VecOf<T, 1> {
    using type = T;
};
template <class T, int Lanes>
using Vec = typename VecOf<T, Lanes>::type;

/// Unsigned numbers made wider, or numbers cut to a byte. What is one instruction is named where g++ 12 takes
/// it apart.
template <class To, int Lanes, class From>
Vec<To, Lanes> converted(From from) {
    using Result = Vec<To, Lanes>;
#if defined(__AVX512F__)
    constexpr __mmask16 every = 0xFFFF; // g++ 12 warns of its own header without a mask
    if constexpr (Lanes == 16 && sizeof(From) == 32 && sizeof(Result) == 64)
        return std::bit_cast<Result>(_mm512_maskz_cvtepu16_epi32(every, std::bit_cast<__m256i>(from)));
    if constexpr (Lanes == 16 && sizeof(From) == 16 && sizeof(Result) == 64)
        return std::bit_cast<Result>(_mm512_maskz_cvtepu8_epi32(every, std::bit_cast<__m128i>(from)));
    if constexpr (Lanes == 16 && sizeof(From) == 64 && sizeof(Result) == 16)
        return std::bit_cast<Result>(_mm512_maskz_cvtepi32_epi8(every, std::bit_cast<__m512i>(from)));
#elif defined(__AVX2__)
    if constexpr (Lanes == 8 && sizeof(From) == 16 && sizeof(Result) == 32)
        return std::bit_cast<Result>(_mm256_cvtepu16_epi32(std::bit_cast<__m128i>(from)));
#endif
    if constexpr (Lanes == 1) {
        return static_cast<To>(from);
    } else {
        return __builtin_convertvector(from, Result);
    }
}

/// Integers as wide as what a type is computed in.
template <class Scalar, int Lanes>
using Lane = Vec<std::conditional_t<sizeof(AccumulateAs<Scalar>) == 8, std::int64_t, std::int32_t>, Lanes>;

template <class V, class T>
V copied(const T* from) {
    V value;
    __builtin_memcpy(&value, from, sizeof(V));
    return value;
}

/// Reads and writes `Lanes` neighbours of a type as vectors of the type that is computed in.
template <class Scalar, int Lanes>
struct Access {
    using V = Vec<AccumulateAs<Scalar>, Lanes>;

    static V load(const Scalar* from) { return copied<V>(from); }
    static void store(Scalar* to, V value) { __builtin_memcpy(to, &value, sizeof(V)); }
    /// The value as it would be read back after it was stored.
    static V rounded(V value) { return value; }
};

template <int Lanes>
struct Access<BFloat16, Lanes> {
    using V = Vec<float, Lanes>;
    using Bits = Vec<std::uint16_t, Lanes>;
    using Words = Vec<std::uint32_t, Lanes>;

    static V load(const BFloat16* from) { return widened(copied<Bits>(from)); }
    static void store(BFloat16* to, V value) {
        const Bits bits = narrowed(value);
        __builtin_memcpy(to, &bits, sizeof bits);
    }
    static V rounded(V value) { return widened(narrowed(value)); }

private:
    static V widened(Bits bits) { return std::bit_cast<V>(converted<std::uint32_t, Lanes>(bits) << 16); }
    /// To the nearest, ties to even; a NaN stays one.
    static Bits narrowed(V value) {
#if defined(__AVX512BF16__)
        if constexpr (Lanes == 16) return std::bit_cast<Bits>(_mm512_cvtneps_pbh(value));
#endif
        const auto word = std::bit_cast<Words>(value);
        const Words nearest = (word + 0x7FFFU + ((word >> 16) & 1U)) >> 16;
        const Words quiet = Words{} + 0x7FC0U;
        return converted<std::uint16_t, Lanes>(value != value ? quiet : nearest);
    }
};

} // namespace

} // namespace fractal::kernels
