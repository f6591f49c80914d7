// Direct convolution with AVX512-BF16: rows of outputs, and the gradient of the weights over pairs of pixels.
#include "kernels/direct_convolution.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include <immintrin.h>

#include "kernels/aligned_scratch.hpp"
#include "kernels/pairs.hpp"
#include "kernels/row_window.hpp"
#include "kernels/vec.hpp"

namespace fractal::kernels::direct {

namespace {

constexpr std::int64_t lanes = Extents::channels;
constexpr std::int64_t vector = 2 * lanes; ///< elements of one vector of pairs
using Io = Access<BFloat16, lanes>;
using V = Io::V;

void pack_weights(const Extents& extents, const float* weights, bool reversed, BFloat16* packed,
                  std::int64_t first, std::int64_t last) {
    // [vector of outputs, row of taps, pair of inputs, tap, 16, 2], of the convolution that is packed for
    const std::int64_t inputs = extents.inputs;
    const std::int64_t pairs = (reversed ? extents.outputs : inputs) / 2;
    const auto place = [&](std::int64_t of_outputs, std::int64_t tap, std::int64_t pair) {
        return packed + (((of_outputs * 3 + tap / 3) * pairs + pair) * 3 + tap % 3) * vector;
    };
    for (std::int64_t output = first; output < last; output += 2) {
        for (std::int64_t tap = 0; tap < Extents::taps; ++tap) {
            for (std::int64_t input = 0; input < inputs; input += lanes) {
                const float* const from = weights + (output * Extents::taps + tap) * inputs + input;
                const V even = copied<V>(from);
                const V odd = copied<V>(from + Extents::taps * inputs);
                if (reversed) { // pairs of outputs, vectors of inputs
                    store_pairs(place(input / lanes, Extents::taps - 1 - tap, output / 2), even, odd);
                    continue;
                }
                // Pairs of inputs, vectors of outputs: pairs are moved as one.
                std::array<std::array<std::uint32_t, lanes / 2>, 2> of;
                Io::store(reinterpret_cast<BFloat16*>(of[0].data()), even);
                Io::store(reinterpret_cast<BFloat16*>(of[1].data()), odd);
                for (std::size_t pair = 0; pair < lanes / 2; ++pair) {
                    const std::array two{of[0][pair], of[1][pair]};
                    std::memcpy(place(output / lanes, tap, input / 2 + static_cast<std::int64_t>(pair)) +
                                    output % lanes * 2,
                                two.data(), sizeof two);
                }
            }
        }
    }
}

/// What a block of outputs in a row is made from, a vector of their channels.
struct Block {
    std::array<const BFloat16*, 3> rows; ///< from the pixel before the block's first one on
    std::int64_t inputs;                 ///< channels
    const BFloat16* weights;             ///< packed, of this vector of outputs
    V bias;
    bool relu;
    BFloat16* out;
    std::int64_t outputs; ///< channels
};

template <int Pixels>
void convolve_block(const Block& block) {
    __m512 sums[Pixels];
#pragma GCC unroll 32
    for (auto& sum : sums) sum = _mm512_setzero_ps();
    const BFloat16* weights = block.weights;
    for (const BFloat16* row : block.rows) {
        for (std::int64_t pair = 0; pair < block.inputs / 2; ++pair, row += 2, weights += 3 * vector) {
            const __m512bh taps[] = {pairs_at(weights), pairs_at(weights + vector),
                                     pairs_at(weights + 2 * vector)};
#pragma GCC unroll 32
            for (int x = 0; x < Pixels + 2; ++x) {
                const __m512bh pixel = pair_at(row + x * block.inputs);
#pragma GCC unroll 3
                for (int tap = 0; tap < 3; ++tap) {
                    if (x - tap >= 0 && x - tap < Pixels)
                        sums[x - tap] = _mm512_dpbf16_ps(sums[x - tap], pixel, taps[tap]);
                }
            }
        }
    }
#pragma GCC unroll 32
    for (int x = 0; x < Pixels; ++x)
        Io::store(block.out + x * block.outputs, finished(std::bit_cast<V>(sums[x]), block.bias, block.relu));
}

constexpr std::int64_t most_pixels = 16; ///< in a block: their sums are half of all registers

/// By the pixels of a block, less one.
constexpr auto convolve_blocks = []<std::size_t... less>(std::index_sequence<less...>) {
    return std::array{&convolve_block<static_cast<int>(less) + 1>...};
}(std::make_index_sequence<most_pixels>());

/// Asks for memory that is soon needed.
void fetch_ahead(const BFloat16* from, std::int64_t elements) {
    constexpr std::int64_t line = 64 / sizeof(BFloat16);
    for (std::int64_t i = 0; i < elements; i += line)
        _mm_prefetch(reinterpret_cast<const char*>(from + i), _MM_HINT_T0);
}

void convolve(const Extents& extents, const BFloat16* in, const BFloat16* packed, Finish finish,
              BFloat16* out, std::int64_t first, std::int64_t last) {
    const std::int64_t inputs = extents.inputs;
    const std::int64_t outputs = extents.outputs;
    const std::int64_t width = extents.width;
    const std::int64_t blocks = (width + most_pixels - 1) / most_pixels;
    RowWindow window(extents, in, 1);
    for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t image = row / extents.height;
        const std::int64_t y = row % extents.height;
        window.read(image, y, y + 1);
        if (row + 2 < last) fetch_ahead(in + (row + 2) * width * inputs, width * inputs);
        if (row + 1 < last) fetch_ahead(out + (row + 1) * width * outputs, width * outputs);
        const std::array around{window.row(y - 1), window.row(y), window.row(y + 1)};
        for (std::int64_t c = 0; c < outputs; c += lanes) {
            Block block{.rows = {},
                        .inputs = inputs,
                        .weights = packed + c * Extents::taps * inputs,
                        .bias = finish.bias != nullptr ? copied<V>(finish.bias + c) : V{},
                        .relu = finish.relu,
                        .out = nullptr,
                        .outputs = outputs};
            for (std::int64_t i = 0; i < blocks; ++i) {
                const std::int64_t begin = i * width / blocks;
                const std::int64_t pixels = (i + 1) * width / blocks - begin;
                for (std::size_t j = 0; j < 3; ++j) block.rows[j] = around[j] + begin * inputs;
                block.out = out + (row * width + begin) * outputs + c;
                convolve_blocks[static_cast<std::size_t>(pixels - 1)](block);
            }
        }
    }
}

/// Some images and the gradients of what is made of them, in pairs of pixels that are neighbours in a row. A
/// tap beside the middle one meets pairs that begin one pixel further left, so inputs are there in both ways.
class PairedImages {
public:
    explicit PairedImages(const Extents& extents) : extents_(extents), pairs_((extents.width + 1) / 2) {
        const std::int64_t of_image =
            even_image() * extents.inputs / lanes + odd_image() * extents.inputs / lanes + gradient_image();
        constexpr std::int64_t in_cache = (256 << 10) / sizeof(BFloat16); // the second-level one
        most_ = std::clamp<std::int64_t>(in_cache / of_image, 1,
                                         (extents.images + extents.parts() - 1) / extents.parts());
        const std::size_t bytes = static_cast<std::size_t>(most_ * of_image) * sizeof(BFloat16);
        even_ = reinterpret_cast<BFloat16*>(aligned_scratch(bytes));
        std::memset(even_, 0, bytes); // rows above and below an image stay so
        odd_ = even_ + most_ * even_image() * extents.inputs / lanes;
        gradients_ = odd_ + most_ * odd_image() * extents.inputs / lanes;
    }

    /// Images that there is room for.
    std::int64_t most() const { return most_; }

    /// Takes `count` images from one on.
    void take(const BFloat16* in, const BFloat16* gradient, std::int64_t begin, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            for (std::int64_t y = 0; y < extents_.height; ++y) {
                const std::int64_t row = ((begin + i) * extents_.height + y) * extents_.width;
                take_inputs(in + row * extents_.inputs, i, y);
                take_gradients(gradient + row * extents_.outputs, i, y);
            }
        }
    }

    /// Adds the products over `count` images to the sums, [outputs, 3, 3, inputs], or begins with them.
    void accumulate(std::int64_t count, bool begins, float* sums) const {
        constexpr int outputs_at_once = 8; // three taps' sums of each are most of all registers
        for (std::int64_t c = 0; c < extents_.inputs; c += lanes) {
            for (std::int64_t row = 0; row < 3; ++row) {
                for (std::int64_t o = 0; o < extents_.outputs; o += outputs_at_once) {
                    accumulate_row<outputs_at_once>(
                        count, c, row, o, begins, sums + (o * Extents::taps + 3 * row) * extents_.inputs + c);
                }
            }
        }
    }

private:
    // Elements of an image: [row, pair, 16, 2] of one vector of channels, of which there are two rows and, of
    // odd pairs, one pair more than in a map; [row, pair, outputs, 2].
    std::int64_t even_image() const { return (extents_.height + 2) * pairs_ * vector; }
    std::int64_t odd_image() const { return (extents_.height + 2) * (pairs_ + 1) * vector; }
    std::int64_t gradient_image() const { return extents_.height * pairs_ * extents_.outputs * 2; }

    BFloat16* even_row(std::int64_t c, std::int64_t image, std::int64_t row) const {
        return even_ + (c / lanes * most_ + image) * even_image() + row * pairs_ * vector;
    }
    BFloat16* odd_row(std::int64_t c, std::int64_t image, std::int64_t row) const {
        return odd_ + (c / lanes * most_ + image) * odd_image() + row * (pairs_ + 1) * vector;
    }
    BFloat16* gradient_row(std::int64_t image, std::int64_t row) const {
        return gradients_ + image * gradient_image() + row * pairs_ * extents_.outputs * 2;
    }

    /// A vector of channels of a row's pixel; one beyond its end is zero.
    __m256i pixel(const BFloat16* row, std::int64_t x, std::int64_t channels) const {
        if (x >= extents_.width) return _mm256_setzero_si256();
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + x * channels));
    }
    void take_inputs(const BFloat16* row, std::int64_t image, std::int64_t y) {
        for (std::int64_t c = 0; c < extents_.inputs; c += lanes) {
            BFloat16* const even = even_row(c, image, y + 1);
            BFloat16* const odd = odd_row(c, image, y + 1);
            __m256i before = _mm256_setzero_si256();
            for (std::int64_t pair = 0; pair < pairs_; ++pair) {
                const __m256i left = pixel(row + c, 2 * pair, extents_.inputs);
                const __m256i right = pixel(row + c, 2 * pair + 1, extents_.inputs);
                store_pairs(even + pair * vector, left, right);
                store_pairs(odd + pair * vector, before, left);
                before = right;
            }
            store_pairs(odd + pairs_ * vector, before, _mm256_setzero_si256());
        }
    }
    void take_gradients(const BFloat16* row, std::int64_t image, std::int64_t y) {
        for (std::int64_t c = 0; c < extents_.outputs; c += lanes) {
            BFloat16* const to = gradient_row(image, y) + c * 2;
            for (std::int64_t pair = 0; pair < pairs_; ++pair) {
                store_pairs(to + pair * extents_.outputs * 2, pixel(row + c, 2 * pair, extents_.outputs),
                            pixel(row + c, 2 * pair + 1, extents_.outputs));
            }
        }
    }

    /// For a row of taps, a vector of inputs from `c` on and `Outputs` outputs from `o` on.
    template <int Outputs>
    void accumulate_row(std::int64_t count, std::int64_t c, std::int64_t row_of_taps, std::int64_t o,
                        bool begins, float* to) const {
        const auto place = [&](int output, int tap) {
            return to + (output * Extents::taps + tap) * extents_.inputs;
        };
        __m512 sums[Outputs][3];
#pragma GCC unroll 8
        for (int output = 0; output < Outputs; ++output) {
#pragma GCC unroll 3
            for (int tap = 0; tap < 3; ++tap)
                sums[output][tap] = begins ? _mm512_setzero_ps() : _mm512_loadu_ps(place(output, tap));
        }
        const std::int64_t wide = extents_.outputs * 2;
        for (std::int64_t image = 0; image < count; ++image) {
            const BFloat16* even = even_row(c, image, row_of_taps);
            const BFloat16* odd = odd_row(c, image, row_of_taps);
            const BFloat16* gradient = gradient_row(image, 0) + o * 2;
            for (std::int64_t y = 0; y < extents_.height; ++y, odd += vector) {
                for (std::int64_t pair = 0; pair < pairs_;
                     ++pair, even += vector, odd += vector, gradient += wide) {
                    const __m512bh pixels[] = {pairs_at(odd), pairs_at(even), pairs_at(odd + vector)};
#pragma GCC unroll 8
                    for (int output = 0; output < Outputs; ++output) {
                        const __m512bh two = pair_at(gradient + output * 2);
#pragma GCC unroll 3
                        for (int tap = 0; tap < 3; ++tap)
                            sums[output][tap] = _mm512_dpbf16_ps(sums[output][tap], two, pixels[tap]);
                    }
                }
            }
        }
#pragma GCC unroll 8
        for (int output = 0; output < Outputs; ++output) {
#pragma GCC unroll 3
            for (int tap = 0; tap < 3; ++tap) _mm512_storeu_ps(place(output, tap), sums[output][tap]);
        }
    }

    const Extents& extents_;
    std::int64_t pairs_; ///< in a row
    std::int64_t most_ = 0;
    BFloat16* even_ = nullptr;
    BFloat16* odd_ = nullptr;
    BFloat16* gradients_ = nullptr;
};

void accumulate(const Extents& extents, const BFloat16* in, const BFloat16* gradient, float* sums,
                std::int64_t first, std::int64_t last) {
    PairedImages paired(extents);
    for (std::int64_t part = first; part < last; ++part) {
        const std::int64_t part_begin = extents.part_begin(part);
        const std::int64_t part_end = extents.part_begin(part + 1);
        for (std::int64_t begin = part_begin; begin < part_end; begin += paired.most()) {
            const std::int64_t count = std::min(paired.most(), part_end - begin);
            paired.take(in, gradient, begin, count);
            paired.accumulate(count, begin == part_begin, sums + part * extents.weights());
        }
    }
}

void weight_gradient(const Extents& extents, const float* sums, float* gradient, std::int64_t first,
                     std::int64_t last) {
    const std::int64_t of_output = Extents::taps * extents.inputs;
    for (std::int64_t i = first * of_output; i < last * of_output; i += lanes) {
        V sum{};
        for (std::int64_t part = 0; part < extents.parts(); ++part)
            sum += copied<V>(sums + part * extents.weights() + i);
        std::memcpy(gradient + i, &sum, sizeof sum);
    }
}

} // namespace

const Passes& avx512_passes() {
    static constexpr Passes all{pack_weights, convolve, accumulate, weight_gradient};
    return all;
}

} // namespace fractal::kernels::direct
