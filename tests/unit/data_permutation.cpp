// Draws, permutations and the validation split.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/error.hpp"
#include "data/permutation.hpp"
#include "data_support.hpp"

namespace fractal::data::test {
namespace {

std::vector<std::uint32_t> counted(std::uint32_t count) {
    std::vector<std::uint32_t> items(count);
    std::iota(items.begin(), items.end(), 0U);
    return items;
}

std::vector<std::uint32_t> shuffled(std::uint32_t count, std::uint64_t seed, std::uint64_t epoch) {
    std::vector<std::uint32_t> items = counted(count);
    shuffle(items, seed, Purpose::epoch_order, epoch);
    return items;
}

TEST_CASE("bounded: the whole range and nothing else") {
    static_assert(bounded(0, 7) == 0);
    static_assert(bounded(0xFFFFFFFF, 7) == 6);
    static_assert(bounded(0xFFFFFFFF, 0xFFFFFFFF) == 0xFFFFFFFE);
}

TEST_CASE("shuffle: a permutation, for every size") {
    for (const std::uint32_t count : {0U, 1U, 2U, 3U, 10U, 1000U, 50000U}) {
        std::vector<std::uint32_t> items = shuffled(count, 5, 2);
        if (count > 3) CHECK(items != counted(count));
        std::sort(items.begin(), items.end());
        CHECK(items == counted(count));
    }
}

TEST_CASE("shuffle: a function of seed and epoch") {
    CHECK(shuffled(100, 1, 2) == shuffled(100, 1, 2));
    CHECK(shuffled(100, 1, 2) != shuffled(100, 1, 3));
    CHECK(shuffled(100, 1, 2) != shuffled(100, 2, 2));
    CHECK(shuffled(100, 1, 2) != shuffled(100, 1 + (std::uint64_t{1} << 32), 2));
}

TEST_CASE("shuffle: all orders of three come up equally often") {
    std::array<int, 27> seen{};
    constexpr int rounds = 60'000;
    for (std::uint64_t epoch = 0; epoch < rounds; ++epoch) {
        const auto items = shuffled(3, 9, epoch);
        ++seen.at(items[0] * 9 + items[1] * 3 + items[2]);
    }
    int orders = 0;
    for (const int count : seen) {
        if (count == 0) continue;
        ++orders;
        CHECK(count > rounds / 6 - 500); // five standard deviations of sqrt(60000 * 5/36) = 91
        CHECK(count < rounds / 6 + 500);
    }
    CHECK(orders == 6);
}

TEST_CASE("split: disjoint, complete, ascending, seeded") {
    const Split split = split_training(1000, 100, 7);
    CHECK(split.validation.size() == 100);
    CHECK(std::is_sorted(split.train.begin(), split.train.end()));
    CHECK(std::is_sorted(split.validation.begin(), split.validation.end()));
    std::vector<std::uint32_t> all = split.train;
    all.insert(all.end(), split.validation.begin(), split.validation.end());
    std::sort(all.begin(), all.end());
    CHECK(all == counted(1000));
    CHECK(split_training(1000, 100, 7).validation == split.validation);
    CHECK(split_training(1000, 100, 8).validation != split.validation);
}

TEST_CASE("split: nothing held out, and too much") {
    CHECK(split_training(10, 0, 1).validation.empty());
    CHECK(split_training(10, 0, 1).train == counted(10));
    const std::string message = message_of<UsageError>([] { (void)split_training(10, 10, 1); });
    CHECK(contains(message, "split of 10 images leaves none of the 10"));
    CHECK(contains(message, "from 0 to 9"));
}

} // namespace
} // namespace fractal::data::test
