// Fisher-Yates over counter-based draws, and the validation split that is made of it.
#include "data/permutation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace fractal::data {

void shuffle(std::span<std::uint32_t> items, std::uint64_t seed, Purpose purpose, std::uint64_t part) {
    std::array<std::uint32_t, 4> words{};
    std::uint32_t drawn = 0;
    for (auto left = static_cast<std::uint32_t>(items.size()); left > 1; --left, ++drawn) {
        if (drawn % 4 == 0) words = draw(seed, purpose, drawn / 4, part);
        std::swap(items[left - 1], items[bounded(words[drawn % 4], left)]);
    }
}

Split split_training(std::uint32_t images, std::uint32_t held_out, std::uint64_t seed) {
    if (held_out >= images) {
        throw UsageError("a validation split of " + std::to_string(held_out) + " images leaves none of the " +
                         std::to_string(images) +
                         " training images to train on; expected a number from 0 to " +
                         std::to_string(images == 0 ? 0 : images - 1));
    }
    std::vector<std::uint32_t> order(images);
    std::iota(order.begin(), order.end(), 0U);
    shuffle(order, seed, Purpose::validation_split, 0);
    // Ascending, so that a run without shuffling walks the data set in the order of its files.
    const auto border = order.begin() + static_cast<std::ptrdiff_t>(held_out);
    std::sort(order.begin(), border);
    std::sort(border, order.end());
    return {{border, order.end()}, {order.begin(), border}};
}

} // namespace fractal::data
