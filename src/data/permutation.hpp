// Seeded permutations: the order of an epoch, and the split of a training set.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/draws.hpp"

namespace fractal::data {

/// Shuffles `items` in place (Fisher-Yates) as a function of seed, purpose and part alone.
/// At most 2^32 - 1 items.
void shuffle(std::span<std::uint32_t> items, std::uint64_t seed, Purpose purpose, std::uint64_t part);

/// The images of a training set, apart: `train` and `validation` hold indices into it, ascending.
struct Split {
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> validation;
};

/// Holds `held_out` of `images` images out for validation, chosen by `seed` alone.
/// UsageError when `held_out` leaves no image to train on.
[[nodiscard]] Split split_training(std::uint32_t images, std::uint32_t held_out, std::uint64_t seed);

} // namespace fractal::data
