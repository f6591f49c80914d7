// Products of matrices in bfloat16, summed in float, by AVX512-BF16: pairs of elements are multiplied and
// added at once. The right-hand matrix lies in panels of a few vectors of columns, [pairs, columns, 2] each.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include <immintrin.h>

#include "kernels/pairs.hpp"
#include "kernels/scalar.hpp"
#include "kernels/vec.hpp"

namespace fractal::kernels::panels {

namespace {

inline constexpr int lanes = 16;

/// Vectors of columns that a panel of a matrix so many columns wide has.
constexpr int panel_vectors(std::int64_t channels) {
    const std::int64_t vectors = channels / lanes;
    return vectors % 4 == 0 ? 4 : vectors % 2 == 0 ? 2 : 1;
}

/// A left-hand matrix whose elements come in pairs along what is summed over.
struct Left {
    const BFloat16* begin;
    std::int64_t row;  ///< elements from a row to the next
    std::int64_t pair; ///< elements from a pair to the next
};

/// `Rows` rows of a product by one panel [pairs, Vectors * 16, 2].
template <int Rows, int Vectors>
void product(Left left, const BFloat16* panel, std::int64_t pairs, bool begins, float* to,
             std::int64_t to_row) {
    __m512 sum[Rows][Vectors];
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v)
            sum[r][v] = begins ? _mm512_setzero_ps() : _mm512_loadu_ps(to + r * to_row + v * lanes);
    }
    const BFloat16* a = left.begin;
    for (std::int64_t p = 0; p < pairs; ++p, a += left.pair, panel += Vectors * lanes * 2) {
        __m512bh b[Vectors];
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) b[v] = pairs_at(panel + v * lanes * 2);
#pragma GCC unroll 32
        for (int r = 0; r < Rows; ++r) {
            const __m512bh two = pair_at(a + r * left.row);
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; ++v) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], two, b[v]);
        }
    }
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) _mm512_storeu_ps(to + r * to_row + v * lanes, sum[r][v]);
    }
}

/// Rows that keep the registers full.
template <int Vectors>
inline constexpr int full_rows = Vectors == 4 ? 6 : 12;

/// All rows of a product by one panel.
template <int Vectors>
void product_of(Left left, std::int64_t rows, const BFloat16* panel, std::int64_t pairs, bool begins,
                float* to, std::int64_t to_row) {
    constexpr int full = full_rows<Vectors>;
    std::int64_t row = 0;
    const auto at = [&](std::int64_t r) { return Left{left.begin + r * left.row, left.row, left.pair}; };
    for (; row + full <= rows; row += full)
        product<full, Vectors>(at(row), panel, pairs, begins, to + row * to_row, to_row);
    [&]<int... rest>(std::integer_sequence<int, rest...>) {
        ((rows - row == rest + 1
              ? product<rest + 1, Vectors>(at(row), panel, pairs, begins, to + row * to_row, to_row)
              : void()),
         ...);
    }(std::make_integer_sequence<int, full - 1>());
}

/// A right-hand matrix, in panels one after the other.
struct Right {
    const BFloat16* begin;
    std::int64_t pairs; ///< that a panel has room for
};

/// The product of `rows` rows by a matrix `channels` wide, over `pairs` pairs.
void multiply(Left left, std::int64_t rows, Right right, std::int64_t channels, std::int64_t pairs,
              bool begins, float* to) {
    const auto run = [&]<int Vectors>(std::integral_constant<int, Vectors>) {
        constexpr std::int64_t wide = Vectors * lanes;
        for (std::int64_t c = 0; c < channels; c += wide)
            product_of<Vectors>(left, rows, right.begin + c * right.pairs * 2, pairs, begins, to + c,
                                channels);
    };
    switch (panel_vectors(channels)) {
        case 4:
            return run(std::integral_constant<int, 4>());
        case 2:
            return run(std::integral_constant<int, 2>());
        default:
            return run(std::integral_constant<int, 1>());
    }
}

/// Where the vector of columns from `column` on begins, at a pair, in the panels of a matrix.
constexpr std::int64_t position(std::int64_t column, std::int64_t pair, std::int64_t columns,
                                std::int64_t pairs) {
    const std::int64_t wide = panel_vectors(columns) * lanes;
    return (column / wide * pairs + pair) * wide * 2 + column % wide * 2;
}

} // namespace

} // namespace fractal::kernels::panels
