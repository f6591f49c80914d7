// Which of the best are too near each other to tell apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/ladder.hpp"

namespace fractal::search {

/// The candidates trained in full whose last accuracy is within noise of the best one's, the best first; of
/// equals the one that was begun first. The noise is what drawing other images to judge by would do: twice
/// the standard deviation of a difference of two accuracies p, each measured on `images` images, 2 sqrt(2 p
/// (1 - p) / images). What other seeds would do comes on top of it.
std::vector<std::size_t> finalists(std::span<const Record> candidates, std::int64_t images);

} // namespace fractal::search
