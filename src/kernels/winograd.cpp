// Winograd's filtering with AVX512-BF16: transforms of tiles, and the products of matrices between them.
#include "kernels/winograd.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include <immintrin.h>

#include "kernels/aligned_scratch.hpp"
#include "kernels/pairs.hpp"
#include "kernels/panels.hpp"
#include "kernels/winograd_sides.hpp"

namespace fractal::kernels::winograd {

namespace {

constexpr int lanes = panels::lanes;
constexpr std::int64_t places = Extents::places;
using Io = Access<BFloat16, lanes>;
using V = Io::V;

/// One row of tiles in its image.
struct TileRow {
    std::int64_t image;
    std::int64_t y; ///< the first of its two rows of outputs

    TileRow(const Extents& extents, std::int64_t row)
        : image(row / ((extents.height + 1) / 2)),
          y(row % ((extents.height + 1) / 2) * 2) {}
};

/// Some rows of a map, a vector of channels of them, by column; what is outside of the map is zero.
template <int Rows>
class Strip {
public:
    Strip(const Extents& extents, const BFloat16* map, std::int64_t channels, std::int64_t image,
          std::int64_t y, std::int64_t channel)
        : width_(extents.width) {
        alignas(32) static constexpr BFloat16 nothing[lanes] = {};
        for (int i = 0; i < Rows; ++i) {
            const bool inside = y + i >= 0 && y + i < extents.height;
            rows_[i] =
                inside ? map + ((image * extents.height + y + i) * width_) * channels + channel : nothing;
            steps_[i] = inside ? channels : 0;
        }
    }

    std::array<V, Rows> column(std::int64_t x) const {
        std::array<V, Rows> all{};
        if (x < 0 || x >= width_) return all;
        for (std::size_t i = 0; i < Rows; ++i) all[i] = Io::load(rows_[i] + x * steps_[i]);
        return all;
    }

private:
    std::int64_t width_;
    const BFloat16* rows_[Rows];
    std::int64_t steps_[Rows];
};

/// A column of the input, transformed along its side.
Four input_column(const Strip<4>& strip, std::int64_t x) {
    const auto [d0, d1, d2, d3] = strip.column(x);
    return input_side(d0, d1, d2, d3);
}

/// Calls `place(tile, place, value)` for the transformed tiles of a row: a column of the input is transformed
/// once for the two tiles that it lies in.
template <class Place>
void input_tiles(const Extents& extents, const Strip<4>& strip, const Place& place) {
    Four first = input_column(strip, -1);
    Four second = input_column(strip, 0);
    for (std::int64_t tile = 0; tile < extents.tiles_across(); ++tile) {
        const Four third = input_column(strip, 2 * tile + 1);
        const Four fourth = input_column(strip, 2 * tile + 2);
        for (std::size_t i = 0; i < 4; ++i) {
            const Four side = input_side(first[i], second[i], third[i], fourth[i]);
            for (std::size_t j = 0; j < 4; ++j) place(tile, 4 * i + j, side[j]);
        }
        first = third;
        second = fourth;
    }
}

/// Calls `place(pair, place, even, odd)` for the same tiles in pairs. A tile beyond the last one has anything
/// in it: it meets the zeros of the gradient.
template <class Place>
void input_tile_pairs(const Extents& extents, const Strip<4>& strip, const Place& place) {
    std::array<Four, 2> before{input_column(strip, -1), input_column(strip, 0)};
    for (std::int64_t pair = 0; 2 * pair < extents.tiles_across(); ++pair) {
        std::array<Four, 4> columns;
        for (std::size_t x = 0; x < 4; ++x)
            columns[x] = input_column(strip, 4 * pair + 1 + static_cast<std::int64_t>(x));
        for (std::size_t i = 0; i < 4; ++i) {
            const Four even = input_side(before[0][i], before[1][i], columns[0][i], columns[1][i]);
            const Four odd = input_side(columns[0][i], columns[1][i], columns[2][i], columns[3][i]);
            for (std::size_t j = 0; j < 4; ++j) place(pair, 4 * i + j, even[j], odd[j]);
        }
        before = {columns[2], columns[3]};
    }
}

/// The same of the outputs' gradient. A tile beyond the last one is zero.
template <class Place>
void gradient_tile_pairs(const Extents& extents, const Strip<2>& strip, const Place& place) {
    const auto column = [&](std::int64_t x) {
        const auto [g0, g1] = strip.column(x);
        return gradient_side(g0, g1);
    };
    for (std::int64_t pair = 0; 2 * pair < extents.tiles_across(); ++pair) {
        const std::array columns{column(4 * pair), column(4 * pair + 1), column(4 * pair + 2),
                                 column(4 * pair + 3)};
        for (std::size_t i = 0; i < 4; ++i) {
            const Four even = gradient_side(columns[0][i], columns[1][i]);
            const Four odd = gradient_side(columns[2][i], columns[3][i]);
            for (std::size_t j = 0; j < 4; ++j) place(pair, 4 * i + j, even[j], odd[j]);
        }
    }
}

/// Rows of tiles of which inputs and outputs fit the second-level cache together.
std::int64_t rows_in_cache(const Extents& extents) {
    constexpr std::int64_t bytes = 400 << 10;
    const std::int64_t tiles = bytes / (places * (extents.inputs * 2 + extents.outputs * 4));
    return std::max<std::int64_t>(1, tiles / extents.tiles_across());
}

void pack_weights(const Extents& extents, const float* weights, bool reversed, BFloat16* transformed,
                  std::int64_t first, std::int64_t last) {
    const std::int64_t inputs = extents.inputs;
    const std::int64_t outputs = extents.outputs;
    const auto transform = [&](std::int64_t output, std::int64_t input, const auto& place) {
        const float* const taps = weights + output * 9 * inputs + input;
        const auto tap = [&](int y, int x) {
            return copied<V>(taps + (reversed ? 8 - (3 * y + x) : 3 * y + x) * inputs);
        };
        std::array<Four, 3> columns;
        for (int x = 0; x < 3; ++x)
            columns[static_cast<std::size_t>(x)] = weight_side(tap(0, x), tap(1, x), tap(2, x));
        for (std::size_t i = 0; i < 4; ++i) {
            const Four side = weight_side(columns[0][i], columns[1][i], columns[2][i]);
            for (std::size_t j = 0; j < 4; ++j) place(4 * i + j, side[j]);
        }
    };
    const std::int64_t matrix = inputs * outputs;
    for (std::int64_t output = first; output < last; output += lanes) {
        for (std::int64_t input = 0; input < inputs; input += lanes) {
            if (reversed) { // pairs of outputs, vectors of inputs
                for (std::int64_t o = output; o < output + lanes; o += 2) {
                    BFloat16* const to = transformed + panels::position(input, o / 2, inputs, outputs / 2);
                    std::array<V, places> even;
                    transform(o, input, [&](std::size_t place, V value) { even[place] = value; });
                    transform(o + 1, input, [&](std::size_t place, V odd) {
                        store_pairs(to + static_cast<std::int64_t>(place) * matrix, even[place], odd);
                    });
                }
                continue;
            }
            // Pairs of inputs, vectors of outputs: pairs are moved as one.
            std::uint32_t block[places][lanes][lanes / 2];
            for (std::int64_t o = 0; o < lanes; ++o) {
                transform(output + o, input, [&](std::size_t place, V value) {
                    Io::store(reinterpret_cast<BFloat16*>(block[place][o]), value);
                });
            }
            for (std::int64_t place = 0; place < places; ++place) {
                for (std::int64_t pair = 0; pair < lanes / 2; ++pair) {
                    std::array<std::uint32_t, lanes> row;
                    for (std::size_t o = 0; o < lanes; ++o) row[o] = block[place][o][pair];
                    __builtin_memcpy(transformed + place * matrix +
                                         panels::position(output, input / 2 + pair, outputs, inputs / 2),
                                     row.data(), sizeof row);
                }
            }
        }
    }
}

void convolve(const Extents& extents, const BFloat16* in, const BFloat16* transformed, Finish finish,
              BFloat16* out, std::int64_t first, std::int64_t last) {
    const std::int64_t inputs = extents.inputs;
    const std::int64_t outputs = extents.outputs;
    const std::int64_t across = extents.tiles_across();
    const std::int64_t most = rows_in_cache(extents);
    const std::int64_t tiles = most * across;
    const std::int64_t map_apart = Extents::apart(tiles * inputs);
    const std::int64_t product_apart = Extents::apart(tiles * outputs);
    const auto products_at = static_cast<std::size_t>(places * map_apart) * sizeof(BFloat16);
    std::byte* const scratch =
        aligned_scratch(products_at + static_cast<std::size_t>(places * product_apart) * sizeof(float));
    auto* const maps = reinterpret_cast<BFloat16*>(scratch);
    auto* const products = reinterpret_cast<float*>(scratch + products_at);
    for (std::int64_t begin = first; begin < last; begin += most) {
        const std::int64_t rows = std::min(most, last - begin);
        for (std::int64_t row = 0; row < rows; ++row) {
            const TileRow at(extents, begin + row);
            for (std::int64_t c = 0; c < inputs; c += lanes) {
                BFloat16* const to = maps + row * across * inputs + c;
                input_tiles(extents, Strip<4>(extents, in, inputs, at.image, at.y - 1, c),
                            [&](std::int64_t tile, std::size_t place, V value) {
                                Io::store(to + static_cast<std::int64_t>(place) * map_apart + tile * inputs,
                                          value);
                            });
            }
        }
        for (std::int64_t place = 0; place < places; ++place) {
            panels::multiply({maps + place * map_apart, inputs, 2}, rows * across,
                             {transformed + place * inputs * outputs, inputs / 2}, outputs, inputs / 2, true,
                             products + place * product_apart);
        }
        for (std::int64_t row = 0; row < rows; ++row) {
            const TileRow at(extents, begin + row);
            for (std::int64_t tile = 0; tile < across; ++tile) {
                for (std::int64_t c = 0; c < outputs; c += lanes) {
                    const float* const from = products + (row * across + tile) * outputs + c;
                    const V bias = finish.bias != nullptr ? copied<V>(finish.bias + c) : V{};
                    const auto store = [&](BFloat16* to, V value) {
                        Io::store(to, finished(value, bias, finish.relu));
                    };
                    std::array<std::array<V, 2>, 4> columns;
                    const auto product_in = [&](std::int64_t place) {
                        return copied<V>(from + place * product_apart);
                    };
                    for (std::int64_t j = 0; j < 4; ++j) {
                        columns[static_cast<std::size_t>(j)] = output_side(
                            product_in(j), product_in(4 + j), product_in(8 + j), product_in(12 + j));
                    }
                    for (std::size_t dy = 0; dy < 2; ++dy) {
                        const std::int64_t y = at.y + static_cast<std::int64_t>(dy);
                        if (y >= extents.height) break;
                        const auto pair =
                            output_side(columns[0][dy], columns[1][dy], columns[2][dy], columns[3][dy]);
                        BFloat16* const to =
                            out + ((at.image * extents.height + y) * extents.width + 2 * tile) * outputs + c;
                        store(to, pair[0]);
                        if (2 * tile + 1 < extents.width) store(to + outputs, pair[1]);
                    }
                }
            }
        }
    }
}

void gather(const Extents& extents, const BFloat16* in, const BFloat16* gradient, Gathered gathered,
            std::int64_t begin, std::int64_t first, std::int64_t last) {
    const std::int64_t pairs = extents.gathered_tiles() / 2;
    const std::int64_t in_apart = Extents::apart(pairs * 2 * extents.inputs);
    const std::int64_t out_apart = Extents::apart(pairs * 2 * extents.outputs);
    for (std::int64_t row = first; row < last; ++row) {
        const TileRow at(extents, row);
        const std::int64_t pair_of_row = (row - begin) * extents.paired_tiles() / 2;
        for (std::int64_t c = 0; c < extents.inputs; c += lanes) {
            BFloat16* const to = gathered.in + panels::position(c, pair_of_row, extents.inputs, pairs);
            const std::int64_t wide = panels::position(0, 1, extents.inputs, pairs);
            input_tile_pairs(extents, Strip<4>(extents, in, extents.inputs, at.image, at.y - 1, c),
                             [&](std::int64_t pair, std::size_t place, V even, V odd) {
                                 store_pairs(to + static_cast<std::int64_t>(place) * in_apart + pair * wide,
                                             even, odd);
                             });
        }
        for (std::int64_t c = 0; c < extents.outputs; c += lanes) {
            BFloat16* const to = gathered.out + (pair_of_row * extents.outputs + c) * 2;
            gradient_tile_pairs(extents, Strip<2>(extents, gradient, extents.outputs, at.image, at.y, c),
                                [&](std::int64_t pair, std::size_t place, V even, V odd) {
                                    store_pairs(to + static_cast<std::int64_t>(place) * out_apart +
                                                    pair * extents.outputs * 2,
                                                even, odd);
                                });
        }
    }
}

void accumulate(const Extents& extents, Gathered gathered, std::int64_t rows, bool begins, float* sums,
                std::int64_t first, std::int64_t last) {
    const std::int64_t pairs = extents.gathered_tiles() / 2;
    const std::int64_t used = rows * extents.paired_tiles() / 2;
    for (std::int64_t place = first; place < last; ++place) {
        const panels::Left left{gathered.out + place * Extents::apart(pairs * 2 * extents.outputs), 2,
                                2 * extents.outputs};
        panels::multiply(left, extents.outputs,
                         {gathered.in + place * Extents::apart(pairs * 2 * extents.inputs), pairs},
                         extents.inputs, used, begins, sums + place * extents.inputs * extents.outputs);
    }
}

void weight_gradient(const Extents& extents, const float* sums, float* gradient, std::int64_t first,
                     std::int64_t last) {
    const std::int64_t matrix = extents.inputs * extents.outputs;
    for (std::int64_t output = first; output < last; ++output) {
        for (std::int64_t input = 0; input < extents.inputs; input += lanes) {
            const float* const from = sums + output * extents.inputs + input;
            const auto sum_in = [&](std::size_t place) {
                return copied<V>(from + static_cast<std::int64_t>(place) * matrix);
            };
            std::array<std::array<V, 3>, 4> columns;
            for (std::size_t j = 0; j < 4; ++j)
                columns[j] = weight_gradient_side(sum_in(j), sum_in(4 + j), sum_in(8 + j), sum_in(12 + j));
            for (std::size_t y = 0; y < 3; ++y) {
                const auto taps =
                    weight_gradient_side(columns[0][y], columns[1][y], columns[2][y], columns[3][y]);
                for (std::size_t x = 0; x < 3; ++x) {
                    __builtin_memcpy(
                        gradient + (output * 9 + static_cast<std::int64_t>(3 * y + x)) * extents.inputs +
                            input,
                        &taps[x], sizeof(V));
                }
            }
        }
    }
}

} // namespace

const Passes& avx512_passes() {
    static constexpr Passes all{pack_weights, convolve, gather, accumulate, weight_gradient};
    return all;
}

} // namespace fractal::kernels::winograd
