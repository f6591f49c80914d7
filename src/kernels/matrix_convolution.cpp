// Convolution by tiles: neighbours in a row, or a group's images at a pixel, by blocks of outputs.
#include "kernels/matrix_convolution.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "kernels/aligned_scratch.hpp"
#include "kernels/matrix_gradient.hpp"
#include "kernels/matrix_unit.hpp"
#include "kernels/pairs.hpp"
#include "kernels/row_window.hpp"
#include "kernels/vec.hpp"

namespace fractal::kernels::matrix {

namespace {

constexpr std::int64_t channels_across = Extents::channels; ///< of a tile
constexpr std::int64_t taps = Extents::taps;
constexpr std::int64_t tile_rows = Extents::tile_rows;
constexpr std::int64_t tile_elements = Extents::tile;
using Io = Access<BFloat16, channels_across>;
using V = Io::V;

/// A vector of the 16 channels that there are, beside 16 of zero.
__m512i half(__m256i there) { return _mm512_maskz_broadcast_i64x4(0x0F, there); }

/// Where the packed weights of a convolution lie: [block of 32 outputs, taps, step, tile of outputs, tile].
class PackedWeights {
public:
    PackedWeights(const Extents& extents, bool reversed)
        : inputs_(reversed ? extents.outputs : extents.inputs),
          tiles_((reversed ? extents.inputs : extents.outputs) / channels_across),
          taps_at_once_(extents.taps_at_once()),
          steps_(extents.steps(inputs_)) {}

    /// Tiles of outputs in the block of a tile: two, or one at the end.
    std::int64_t across(std::int64_t tile) const { return std::min<std::int64_t>(2, tiles_ - tile / 2 * 2); }
    /// Where the weights of a block of outputs begin.
    std::int64_t block(std::int64_t tile) const {
        return tile / 2 * 2 * (taps / taps_at_once_) * steps_ * tile_elements;
    }
    /// The tile that has the input of a tap, and in it the row of the pair.
    std::int64_t place(std::int64_t tile, std::int64_t tap, std::int64_t input) const {
        const std::int64_t element = tap % taps_at_once_ * inputs_ + input;
        const std::int64_t step = tap / taps_at_once_ * steps_ + element / Extents::depth;
        return block(tile) + (step * across(tile) + tile % 2) * tile_elements +
               element % Extents::depth / 2 * 32;
    }
    /// Taps that are summed over as one, and elements of these.
    std::int64_t taps_at_once() const { return taps_at_once_; }
    std::int64_t elements() const { return taps_at_once_ * inputs_; }
    std::int64_t tiles() const { return tiles_; }

private:
    std::int64_t inputs_;
    std::int64_t tiles_;
    std::int64_t taps_at_once_;
    std::int64_t steps_;
};

/// Pairs of inputs of 16 outputs, for a convolution as it is.
void pack_tile(const float* weights, std::int64_t pitch, bool whole, BFloat16* to) {
    TileRows outputs;
    for (int o = 0; o < 16; ++o) {
        const float* const from = weights + o * pitch;
        const auto low = _mm512_loadu_ps(from);
        const auto high = whole ? _mm512_loadu_ps(from + 16) : _mm512_setzero_ps();
        outputs.row[o] = std::bit_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
    }
    outputs.transposed().store(to);
}

void pack_as_it_is(const Extents& extents, const float* weights, BFloat16* packed, std::int64_t first,
                   std::int64_t last) {
    const PackedWeights places(extents, false);
    const std::int64_t pitch = taps * extents.inputs; // from an output to the next
    for (std::int64_t output = first; output < last; output += channels_across) {
        for (std::int64_t tap = 0; tap < taps; tap += places.taps_at_once()) {
            for (std::int64_t at = 0; at < places.elements(); at += Extents::depth) {
                pack_tile(weights + output * pitch + tap * extents.inputs + at, pitch,
                          at + Extents::depth <= places.elements(),
                          packed + places.place(output / channels_across, tap, at));
            }
        }
    }
}

void pack_reversed(const Extents& extents, const float* weights, BFloat16* packed, std::int64_t first,
                   std::int64_t last) {
    const PackedWeights places(extents, true);
    const std::int64_t inputs = extents.inputs;
    const std::int64_t pitch = taps * inputs; // from an output to the next
    for (std::int64_t output = first; output < last; output += 2) {
        for (std::int64_t tap = 0; tap < taps; ++tap) {
            const float* const from = weights + output * pitch + tap * inputs;
            for (std::int64_t input = 0; input < inputs; input += channels_across) {
                store_pairs(packed + places.place(input / channels_across, taps - 1 - tap, output),
                            copied<V>(from + input), copied<V>(from + pitch + input));
            }
        }
    }
    if (last < extents.outputs || places.elements() % Extents::depth == 0) return;
    for (std::int64_t tap = 0; tap < taps; tap += places.taps_at_once()) { // half of the last step is zero
        for (std::int64_t tile = 0; tile < places.tiles(); ++tile) {
            std::memset(packed + places.place(tile, tap, places.elements()), 0,
                        tile_elements / 2 * sizeof(BFloat16));
        }
    }
}

void pack_weights(const Extents& extents, const float* weights, bool reversed, BFloat16* packed,
                  std::int64_t first, std::int64_t last) {
    (reversed ? pack_reversed : pack_as_it_is)(extents, weights, packed, first, last);
}

/// What becomes of a block of outputs' sums.
class Store {
public:
    Store(Finish finish, std::int64_t c, std::int64_t across) : relu_(finish.relu) {
        for (std::int64_t i = 0; finish.bias != nullptr && i < across; ++i)
            bias_[i] = copied<V>(finish.bias + c + i * channels_across);
    }
    /// Stores `rows` rows of sums, each `apart` elements behind the one before.
    template <int Across>
    void operator()(const float* sums, std::int64_t rows, BFloat16* to, std::int64_t apart) const {
        for (std::int64_t row = 0; row < rows; ++row, sums += 32, to += apart) {
            for (int i = 0; i < Across; ++i) {
                Io::store(to + i * channels_across,
                          finished(copied<V>(sums + i * channels_across), bias_[i], relu_));
            }
        }
    }

private:
    V bias_[2] = {};
    bool relu_;
};

/// Of a convolution: its maps, packed weights, and what becomes of its sums.
struct Operands {
    const Extents& extents;
    const BFloat16* in;
    const BFloat16* packed;
    Finish finish;
    BFloat16* out;
};

/// Convolution of tiles whose rows are neighbours in a row of pixels.
class OverPixels {
public:
    explicit OverPixels(const Operands& of)
        : of_(of),
          places_(of.extents, false),
          window_(of.extents, of.in, most()) {}

    void convolve(std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first, rows = 0; row < last; row += rows) {
            const std::int64_t y = row % of_.extents.height;
            rows = std::min({most(), of_.extents.height - y, last - row});
            window_.read(row / of_.extents.height, y, y + rows);
            Tiles::settle();
            for (std::int64_t tile = 0; tile < places_.tiles(); tile += 2) {
                const Store store(of_.finish, tile * channels_across, places_.across(tile));
                const std::int64_t count = rows * across();
                for (std::int64_t i = 0; i < count; i += 2) {
                    with_tiles(i + 1 < count, places_.across(tile) == 2, [&](auto down, auto wide) {
                        convolve_tiles<down, wide>(row, i, tile, store);
                    });
                }
            }
        }
    }

private:
    /// Tiles across a row of pixels, and rows that are worked on at once: two tiles, or a row.
    std::int64_t across() const { return of_.extents.width / tile_rows; }
    std::int64_t most() const { return across() == 1 ? 2 : 1; }

    /// Tiles i and i + 1 of those that begin in a row.
    template <int Down, int Across>
    void convolve_tiles(std::int64_t row, std::int64_t i, std::int64_t tile, const Store& store) {
        using Sums = TileSums<Down, Across>;
        const std::int64_t steps = of_.extents.steps(of_.extents.inputs);
        const std::int64_t y = row % of_.extents.height;
        const auto left = [&](std::int64_t index, std::int64_t dy) {
            return window_.row(y + index / across() + dy) + index % across() * tile_rows * of_.extents.inputs;
        };
        const BFloat16* by = of_.packed + places_.block(tile);
        Sums::clear();
        for (std::int64_t dy = -1; dy <= 1; ++dy) {
            const BFloat16* from = left(i, dy);
            const std::int64_t apart = Down == 2 ? left(i + 1, dy) - from : 0;
            for (std::int64_t step = 0; step < steps; ++step) {
                Sums::add(from, apart, of_.extents.inputs, by, tile_elements);
                from += Extents::depth;
                by += Across * tile_elements;
            }
        }
        Sums::store(sums_, 32);
        // Neighbours in memory, tile after tile and row after row.
        store.operator()<Across>(sums_, Down * tile_rows,
                                 of_.out + (row * of_.extents.width + i * tile_rows) * of_.extents.outputs +
                                     tile * channels_across,
                                 of_.extents.outputs);
    }

    Operands of_;
    PackedWeights places_;
    RowWindow window_;
    alignas(64) float sums_[32 * 32];
};

/// Some rows of a group's images, as left-hand tiles: [row, pixel, step, 32 images, 32 channels].
class GroupWindow {
public:
    GroupWindow(const Extents& extents, const BFloat16* in)
        : extents_(extents),
          in_(in),
          steps_(extents.steps(extents.inputs)),
          row_elements_(extents.width * steps_ * 2 * tile_elements) {
        constexpr std::int64_t in_cache = (1 << 20) / sizeof(BFloat16); // of the second level
        most_ = std::clamp<std::int64_t>(in_cache / row_elements_ - 2, 1, extents.height);
        memory_ = reinterpret_cast<BFloat16*>(
            aligned_scratch(static_cast<std::size_t>(slots() * row_elements_) * sizeof(BFloat16)));
    }

    /// Rows of outputs that it has room for, with those around them.
    std::int64_t most() const { return most_; }
    /// Images of the group.
    std::int64_t images() const { return images_; }

    void move_to(std::int64_t group) {
        group_ = group;
        images_ = std::min(Extents::lanes, extents_.images - group * Extents::lanes);
        read_ = -1;
    }
    /// Has the rows that outputs in [begin, end) are made from, of which it keeps those that it has.
    void read(std::int64_t begin, std::int64_t end) {
        const std::int64_t last = std::min(end + 1, extents_.height);
        if (read_ < 0) read_ = std::max<std::int64_t>(begin - 1, 0);
        for (; read_ < last; ++read_) read_row(read_);
    }
    const BFloat16* pixel(std::int64_t y, std::int64_t x) const {
        return memory_ + y % slots() * row_elements_ + x * steps_ * 2 * tile_elements;
    }

private:
    std::int64_t slots() const { return most_ + 2; }
    void read_row(std::int64_t y) {
        const std::int64_t inputs = extents_.inputs;
        const std::int64_t whole = inputs / Extents::depth;
        BFloat16* const row = memory_ + y % slots() * row_elements_;
        for (std::int64_t image = 0; image < images_; ++image) {
            const std::int64_t at =
                ((group_ * Extents::lanes + image) * extents_.height + y) * extents_.width;
            const BFloat16* from = in_ + at * inputs;
            BFloat16* to = row + image * Extents::depth;
            for (std::int64_t x = 0; x < extents_.width; ++x) {
                for (std::int64_t step = 0; step < whole; ++step) {
                    _mm512_store_si512(to, _mm512_loadu_si512(from));
                    from += Extents::depth;
                    to += 2 * tile_elements;
                }
                if (whole < steps_) {
                    _mm512_store_si512(to, half(sixteen(from)));
                    from += channels_across;
                    to += 2 * tile_elements;
                }
            }
        }
    }

    const Extents& extents_;
    const BFloat16* in_;
    std::int64_t steps_;
    std::int64_t row_elements_;
    std::int64_t most_;
    BFloat16* memory_;
    std::int64_t group_ = 0;
    std::int64_t images_ = 0;
    std::int64_t read_ = -1; ///< the row to read next
};

/// Convolution of tiles whose rows are images.
class OverImages {
public:
    explicit OverImages(const Operands& of)
        : of_(of),
          places_(of.extents, false),
          window_(of.extents, of.in) {}

    void convolve(std::int64_t first, std::int64_t last) {
        std::int64_t group = -1;
        for (std::int64_t row = first, rows = 0; row < last; row += rows) {
            const std::int64_t y = row % of_.extents.height;
            rows = std::min({window_.most(), of_.extents.height - y, last - row});
            if (row / of_.extents.height != group) window_.move_to(group = row / of_.extents.height);
            window_.read(y, y + rows);
            Tiles::settle();
            for (std::int64_t tile = 0; tile < places_.tiles(); tile += 2) {
                const Store store(of_.finish, tile * channels_across, places_.across(tile));
                with_tiles(window_.images() > tile_rows, places_.across(tile) == 2,
                           [&](auto down, auto across) {
                               for (std::int64_t i = 0; i < rows * of_.extents.width; ++i) {
                                   convolve_pixel<down, across>(group, y + i / of_.extents.width,
                                                                i % of_.extents.width, tile, store);
                               }
                           });
            }
        }
    }

private:
    /// All images of the group at one pixel, for a block of outputs.
    template <int Down, int Across>
    void convolve_pixel(std::int64_t group, std::int64_t y, std::int64_t x, std::int64_t tile,
                        const Store& store) {
        using Sums = TileSums<Down, Across>;
        const std::int64_t steps = of_.extents.steps(of_.extents.inputs);
        const std::int64_t left = x == 0 ? 0 : -1;
        const std::int64_t right = x == of_.extents.width - 1 ? 0 : 1;
        Sums::clear();
        for (std::int64_t dy = y == 0 ? 0 : -1; dy <= (y == of_.extents.height - 1 ? 0 : 1); ++dy) {
            const BFloat16* from = window_.pixel(y + dy, x + left);
            const BFloat16* by =
                of_.packed + places_.block(tile) + ((dy + 1) * 3 + left + 1) * steps * Across * tile_elements;
            // Neighbours of a row, and their taps, lie one behind the other.
            for (std::int64_t step = (right - left + 1) * steps; step > 0; --step) {
                Sums::add(from, tile_elements, Extents::depth, by, tile_elements);
                from += 2 * tile_elements;
                by += Across * tile_elements;
            }
        }
        Sums::store(sums_, 32);
        const std::int64_t image = of_.extents.height * of_.extents.width * of_.extents.outputs;
        store.operator()<Across>(sums_, window_.images(),
                                 of_.out + group * Extents::lanes * image +
                                     (y * of_.extents.width + x) * of_.extents.outputs +
                                     tile * channels_across,
                                 image);
    }

    Operands of_;
    PackedWeights places_;
    GroupWindow window_;
    alignas(64) float sums_[32 * 32];
};

void convolve(const Extents& extents, const BFloat16* in, const BFloat16* packed, Finish finish,
              BFloat16* out, std::int64_t first, std::int64_t last) {
    const Tiles tiles;
    const Operands of{extents, in, packed, finish, out};
    if (extents.rows_are_pixels()) {
        OverPixels(of).convolve(first, last);
    } else {
        OverImages(of).convolve(first, last);
    }
}

} // namespace

const Passes& amx_passes() {
    static constexpr Passes all{pack_weights, convolve, amx_gather, amx_accumulate};
    return all;
}

} // namespace fractal::kernels::matrix
