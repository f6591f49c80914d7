// The random numbers of the data side: where each purpose draws in Philox's counter space, and how a word
// becomes a number in a range.
#pragma once

#include <array>
#include <cstdint>

#include <fractal/exec/philox.hpp>

namespace fractal::data {

/// What a draw is for. It is the counter's last word, where the executor's dropout has the step, so these
/// lie above every step count that a run can reach and no two uses ever share a counter.
enum class Purpose : std::uint32_t {
    epoch_order = 0xF0000000,
    augmentation,
    alternating_flip,
    validation_split,
    shapes_train,
    shapes_test,
    search_order,
};

/// Four words for item `item` (an image, a position) of part `part` (an epoch, a block) under `seed`.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> draw(std::uint64_t seed, Purpose purpose,
                                                          std::uint32_t item, std::uint64_t part) {
    return philox4x32({item, static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(part >> 32),
                       static_cast<std::uint32_t>(purpose)},
                      philox_key(seed));
}

/// floor(word * bound / 2^32): a number in [0, bound). The bias is below bound / 2^32.
[[nodiscard]] constexpr std::uint32_t bounded(std::uint32_t word, std::uint32_t bound) {
    return static_cast<std::uint32_t>((std::uint64_t{word} * bound) >> 32);
}

} // namespace fractal::data
