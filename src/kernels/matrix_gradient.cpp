// The gradient of a convolution's weights by tiles: products over the images of groups.
#include "kernels/matrix_gradient.hpp"

#include <cstddef>
#include <cstring>

#include "kernels/aligned_scratch.hpp"
#include "kernels/matrix_unit.hpp"
#include "kernels/pairs.hpp"

namespace fractal::kernels::matrix {

namespace {

constexpr std::int64_t channels_across = Extents::channels; ///< of a tile
constexpr std::int64_t taps = Extents::taps;
constexpr std::int64_t tile_elements = Extents::tile;

/// A row of a group's images, each with its channels in a row as they are, at a distance that lets them be in
/// the cache together. Images that the group lacks are zero.
class StagedRow {
public:
    StagedRow(const Extents& extents, std::int64_t channels)
        : extents_(extents),
          channels_(channels),
          pitch_(((extents.width * channels + 31) / 32 | 1) * 32) {
        memory_ = reinterpret_cast<BFloat16*>(
            aligned_scratch(static_cast<std::size_t>(Extents::lanes * pitch_) * sizeof(BFloat16)));
    }

    void read(const BFloat16* map, std::int64_t group, std::int64_t y) {
        const std::int64_t row = extents_.width * channels_;
        for (std::int64_t lane = 0; lane < Extents::lanes; ++lane) {
            const std::int64_t image = group * Extents::lanes + lane;
            const std::size_t bytes = static_cast<std::size_t>(row) * sizeof(BFloat16);
            if (image < extents_.images) {
                std::memcpy(memory_ + lane * pitch_, map + (image * extents_.height + y) * row, bytes);
            } else {
                std::memset(memory_ + lane * pitch_, 0, bytes);
            }
        }
    }
    /// A pixel of 16 channels from c on: pairs of images, [pair, channel, 2].
    TileRows pairs(std::int64_t x, std::int64_t c) const {
        TileRows found;
        const BFloat16* from = memory_ + x * channels_ + c;
#pragma GCC unroll 16
        for (int pair = 0; pair < 16; ++pair, from += 2 * pitch_)
            found.row[pair] = interleaved(sixteen(from), sixteen(from + pitch_));
        return found;
    }

private:
    const Extents& extents_;
    std::int64_t channels_;
    std::int64_t pitch_;
    BFloat16* memory_;
};

/// Where gathered tiles lie: [tile of channels, row, pixel]. A band's rows of inputs have one more on either
/// side.
class Places {
public:
    Places(const Extents& extents, std::int64_t begin) : extents_(extents), begin_(begin) {}

    std::int64_t gradients(std::int64_t tile, std::int64_t row) const {
        return (tile * extents_.rows_at_once() + row - begin_) * extents_.width * tile_elements;
    }
    /// The row at a distance `dy`, of -1 to 1, from a row of outputs.
    std::int64_t inputs(std::int64_t tile, std::int64_t row, std::int64_t dy) const {
        const std::int64_t band = row / extents_.height - begin_ / extents_.height;
        const std::int64_t rows = extents_.rows_at_once() + 2 * extents_.bands_at_once();
        return (tile * rows + row - begin_ + 2 * band + 1 + dy) * extents_.width * tile_elements;
    }

private:
    const Extents& extents_;
    std::int64_t begin_;
};

/// The products of a block of outputs and one of inputs for one tap, which lies at (dy, dx) from the middle.
template <int Down, int Across>
void accumulate_tap(const Extents& extents, const Places& places, Gathered gathered, std::int64_t begin,
                    std::int64_t end, std::int64_t output_tile, std::int64_t input_tile, std::int64_t dy,
                    std::int64_t dx) {
    const std::int64_t gradients_apart = places.gradients(1, begin) - places.gradients(0, begin);
    const std::int64_t inputs_apart = places.inputs(1, begin, 0) - places.inputs(0, begin, 0);
    const std::int64_t first = dx < 0 ? 1 : 0;
    const std::int64_t last = extents.width - (dx > 0 ? 1 : 0);
    for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t y = row % extents.height + dy;
        if (y < 0 || y >= extents.height) continue;
        const BFloat16* left =
            gathered.gradients + places.gradients(output_tile, row) + first * tile_elements;
        const BFloat16* right =
            gathered.in + places.inputs(input_tile, row, dy) + (first + dx) * tile_elements;
        for (std::int64_t x = first; x < last; ++x, left += tile_elements, right += tile_elements)
            TileSums<Down, Across>::add(left, gradients_apart, Extents::depth, right, inputs_apart);
    }
}

} // namespace

void amx_gather(const Extents& extents, const BFloat16* in, const BFloat16* gradient, Gathered gathered,
                std::int64_t begin, std::int64_t end, std::int64_t first, std::int64_t last) {
    const Places places(extents, begin);
    for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t group = row / extents.height;
        const std::int64_t y = row % extents.height;
        StagedRow gradients(extents, extents.outputs);
        gradients.read(gradient, group, y);
        for (std::int64_t tile = 0; tile < extents.outputs / channels_across; ++tile) {
            BFloat16* to = gathered.gradients + places.gradients(tile, row);
            for (std::int64_t x = 0; x < extents.width; ++x, to += tile_elements)
                gradients.pairs(x, tile * channels_across).transposed().store(to);
        }
        StagedRow inputs(extents, extents.inputs); // in the same memory
        const bool above = row == begin && y > 0;
        const bool below = row == end - 1 && y < extents.height - 1;
        for (std::int64_t dy = above ? -1 : 0; dy <= (below ? 1 : 0); ++dy) {
            inputs.read(in, group, y + dy);
            for (std::int64_t tile = 0; tile < extents.inputs / channels_across; ++tile) {
                BFloat16* to = gathered.in + places.inputs(tile, row, dy);
                for (std::int64_t x = 0; x < extents.width; ++x, to += tile_elements)
                    inputs.pairs(x, tile * channels_across).store(to);
            }
        }
    }
}

void amx_accumulate(const Extents& extents, Gathered gathered, std::int64_t begin, std::int64_t end,
                    float* weights, std::int64_t first, std::int64_t last) {
    const Tiles tiles;
    const Places places(extents, begin);
    const std::int64_t output_tiles = extents.outputs / channels_across;
    const std::int64_t input_tiles = extents.inputs / channels_across;
    const std::int64_t input_blocks = (input_tiles + 1) / 2;
    const std::int64_t pitch = taps * extents.inputs; // from an output to the next
    for (std::int64_t part = first; part < last; ++part) {
        const std::int64_t dy = part % 3 - 1;
        const std::int64_t input_tile = part / 3 % input_blocks * 2;
        const std::int64_t output_tile = part / 3 / input_blocks * 2;
        for (std::int64_t dx = -1; dx <= 1; ++dx) {
            float* const to = weights + output_tile * channels_across * pitch +
                              ((dy + 1) * 3 + dx + 1) * extents.inputs + input_tile * channels_across;
            with_tiles(output_tile + 1 < output_tiles, input_tile + 1 < input_tiles,
                       [&](auto down, auto across) {
                           using Sums = TileSums<down, across>;
                           if (begin == 0) {
                               Sums::clear();
                           } else {
                               Sums::load(to, pitch);
                           }
                           accumulate_tap<down, across>(extents, places, gathered, begin, end, output_tile,
                                                        input_tile, dy, dx);
                           Sums::store(to, pitch);
                       });
        }
    }
}

} // namespace fractal::kernels::matrix
