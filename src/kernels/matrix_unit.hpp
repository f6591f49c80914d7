// The matrix unit of a processor, Intel's AMX: eight tiles of 16 rows of 64 bytes. A product of tiles adds
// 16 x 32 by 32 x 16 elements in bfloat16, the right-hand ones in pairs of rows, to 16 x 16 sums in float.
#pragma once

#include <cstdint>
#include <type_traits>

#include <immintrin.h>

#include "kernels/scalar.hpp"

namespace fractal::kernels {

namespace {

inline constexpr std::int64_t tile_bytes_across = 64;

/// The thread's tiles, all of them whole, for as long as this lives.
class Tiles {
public:
    Tiles() {
        struct alignas(64) Configuration {
            std::uint8_t palette = 1;
            std::uint8_t begin = 0;
            std::uint8_t reserved[14] = {};
            std::uint16_t bytes_across[16] = {};
            std::uint8_t rows[16] = {};
        } configuration;
        for (int tile = 0; tile < 8; ++tile) {
            configuration.bytes_across[tile] = tile_bytes_across;
            configuration.rows[tile] = 16;
        }
        asm volatile("" : : "r"(&configuration) : "memory"); // g++ 12 takes what follows for a read of less
        _tile_loadconfig(&configuration);
    }
    ~Tiles() { _tile_release(); }
    Tiles(const Tiles&) = delete;
    Tiles& operator=(const Tiles&) = delete;

    /// Has the compiler store what is stored so far: g++ 12 does not know that loading a tile reads memory.
    static void settle() { asm volatile("" : : : "memory"); }
};

/// Sums of `Down` by `Across` tiles, of one or two each, which stay in the unit.
template <int Down, int Across>
struct TileSums {
    static void clear() {
        _tile_zero(0);
        if constexpr (Across == 2) _tile_zero(1);
        if constexpr (Down == 2) _tile_zero(2);
        if constexpr (Down == 2 && Across == 2) _tile_zero(3);
    }
    /// From rows of `pitch` elements.
    static void load(const float* from, std::int64_t pitch) {
        const std::int64_t bytes = pitch * std::int64_t{sizeof(float)};
        _tile_loadd(0, from, bytes);
        if constexpr (Across == 2) _tile_loadd(1, from + 16, bytes);
        if constexpr (Down == 2) _tile_loadd(2, from + 16 * pitch, bytes);
        if constexpr (Down == 2 && Across == 2) _tile_loadd(3, from + 16 * pitch + 16, bytes);
    }
    static void store(float* to, std::int64_t pitch) {
        const std::int64_t bytes = pitch * std::int64_t{sizeof(float)};
        _tile_stored(0, to, bytes);
        if constexpr (Across == 2) _tile_stored(1, to + 16, bytes);
        if constexpr (Down == 2) _tile_stored(2, to + 16 * pitch, bytes);
        if constexpr (Down == 2 && Across == 2) _tile_stored(3, to + 16 * pitch + 16, bytes);
    }
    /// Adds a product. The second tile of either side lies `apart` elements behind the first one; the rows of
    /// those on the left `left_pitch` elements behind each other, those on the right as a whole.
    static void add(const BFloat16* left, std::int64_t left_apart, std::int64_t left_pitch,
                    const BFloat16* right, std::int64_t right_apart) {
        const std::int64_t left_bytes = left_pitch * std::int64_t{sizeof(BFloat16)};
        _tile_loadd(4, left, left_bytes);
        _tile_loadd(6, right, tile_bytes_across);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (Across == 2) {
            _tile_loadd(7, right + right_apart, tile_bytes_across);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (Down == 2) {
            _tile_loadd(5, left + left_apart, left_bytes);
            _tile_dpbf16ps(2, 5, 6);
        }
        if constexpr (Down == 2 && Across == 2) _tile_dpbf16ps(3, 5, 7);
    }
};

/// Calls `body` with the numbers of tiles, of one or two each, as constants.
template <class Body>
void with_tiles(bool two_down, bool two_across, const Body& body) {
    using One = std::integral_constant<int, 1>;
    using Two = std::integral_constant<int, 2>;
    if (two_down) {
        two_across ? body(Two(), Two()) : body(Two(), One());
    } else {
        two_across ? body(One(), Two()) : body(One(), One());
    }
}

/// Sixteen elements, as they lie.
inline __m256i sixteen(const BFloat16* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

/// Sixteen rows of a tile, as vectors.
struct TileRows {
    __m512i row[16];

    void store(BFloat16* to) const {
#pragma GCC unroll 16
        for (int r = 0; r < 16; ++r) _mm512_storeu_si512(to + r * 32, row[r]);
    }
    /// Rows become columns, of pairs of elements.
    TileRows transposed() const {
        constexpr __mmask16 every = 0xFFFF; // g++ 12 warns of its own header without a mask
        TileRows pairs;
        TileRows fours;
#pragma GCC unroll 8
        for (int r = 0; r < 16; r += 2) {
            pairs.row[r] = _mm512_maskz_unpacklo_epi32(every, row[r], row[r + 1]);
            pairs.row[r + 1] = _mm512_maskz_unpackhi_epi32(every, row[r], row[r + 1]);
        }
#pragma GCC unroll 4
        for (int r = 0; r < 16; r += 4) {
            fours.row[r] = _mm512_maskz_unpacklo_epi64(0xFF, pairs.row[r], pairs.row[r + 2]);
            fours.row[r + 1] = _mm512_maskz_unpackhi_epi64(0xFF, pairs.row[r], pairs.row[r + 2]);
            fours.row[r + 2] = _mm512_maskz_unpacklo_epi64(0xFF, pairs.row[r + 1], pairs.row[r + 3]);
            fours.row[r + 3] = _mm512_maskz_unpackhi_epi64(0xFF, pairs.row[r + 1], pairs.row[r + 3]);
        }
        // fours.row[4 g + i] holds columns i, i + 4, i + 8 and i + 12 of rows 4 g to 4 g + 3.
        TileRows turned;
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            const __m512i low = _mm512_maskz_shuffle_i32x4(every, fours.row[i], fours.row[4 + i], 0x88);
            const __m512i high = _mm512_maskz_shuffle_i32x4(every, fours.row[i], fours.row[4 + i], 0xDD);
            const __m512i low_behind =
                _mm512_maskz_shuffle_i32x4(every, fours.row[8 + i], fours.row[12 + i], 0x88);
            const __m512i high_behind =
                _mm512_maskz_shuffle_i32x4(every, fours.row[8 + i], fours.row[12 + i], 0xDD);
            turned.row[i] = _mm512_maskz_shuffle_i32x4(every, low, low_behind, 0x88);
            turned.row[4 + i] = _mm512_maskz_shuffle_i32x4(every, high, high_behind, 0x88);
            turned.row[8 + i] = _mm512_maskz_shuffle_i32x4(every, low, low_behind, 0xDD);
            turned.row[12 + i] = _mm512_maskz_shuffle_i32x4(every, high, high_behind, 0xDD);
        }
        return turned;
    }
};

} // namespace

} // namespace fractal::kernels
