// Drop-path: which firings run, and how often what is dropped.
#include <array>
#include <cmath>

#include <doctest/doctest.h>

#include <fractal/exec/drop_path.hpp>

using namespace fractal;

namespace {

/// Columns that run at a step of a unit, as bits.
int running(const Paths& paths, int unit, int step) {
    int columns = 0;
    for (int column = 0; column < Paths::fired(step); ++column) {
        if (paths.runs(Site{unit, step, column})) columns |= 1 << column;
    }
    return columns;
}

/// Firings of a fractal of three columns, steps 1 to 4, with the given survivors of the joins at steps 2
/// and 4.
std::array<int, 4> kept(std::uint8_t at_two, std::uint8_t at_four) {
    const Paths paths =
        Paths::from_survivors(1, 3, [&](int, int step) { return step == 2 ? at_two : at_four; });
    return {running(paths, 0, 1), running(paths, 0, 2), running(paths, 0, 3), running(paths, 0, 4)};
}

} // namespace

TEST_CASE("a firing runs exactly when a surviving path needs it") {
    CHECK(kept(0b11, 0b111) == std::array{0b1, 0b11, 0b1, 0b111});
    CHECK(kept(0b11, 0b100) == std::array{0, 0, 0, 0b100});      // column 2 alone reads the unit's input
    CHECK(kept(0b10, 0b001) == std::array{0, 0b10, 0b1, 0b001}); // column 1 until step 2, then column 0
    CHECK(kept(0b01, 0b010) ==
          std::array{0b1, 0b01, 0, 0b010}); // column 1's second firing reads the join at 2
}

TEST_CASE("one column alone is a chain of its own firings") {
    for (int column = 0; column < 4; ++column) {
        const Paths paths = Paths::one_column(column);
        int firings = 0;
        for (int step = 1; step <= 8; ++step)
            firings += std::popcount(static_cast<unsigned>(running(paths, 2, step)));
        CHECK(firings == 8 >> column);
    }
}

TEST_CASE("local draws keep at least one value of each join, and drop by their probability") {
    const DropPathSampler sampler{DropPathMode::local, 0.15, 42};
    constexpr int draws = 20'000;
    int two = 0;
    for (std::int64_t step = 0; step < draws; ++step) {
        const Paths paths = sampler.draw(step, 2, 2);
        for (int unit = 0; unit < 2; ++unit) {
            const int last = running(paths, unit, 2);
            REQUIRE(last != 0);
            two += last == 0b11 ? 1 : 0;
        }
    }
    const double share = static_cast<double>(two) / (2 * draws);
    const double expected = 0.85 * 0.85;
    CHECK(std::abs(share - expected) < 4 * std::sqrt(expected * (1 - expected) / (2 * draws)));
}

TEST_CASE("global draws one column for the whole network, each as often") {
    const DropPathSampler sampler{DropPathMode::global, 0.15, 42};
    std::array<int, 4> count{};
    constexpr int draws = 8'000;
    for (std::int64_t step = 0; step < draws; ++step) {
        const Paths paths = sampler.draw(step, 3, 4);
        const int column = std::countr_zero(static_cast<unsigned>(running(paths, 0, 8)));
        ++count[static_cast<std::size_t>(column)];
        for (int unit = 0; unit < 3; ++unit) {
            for (int at = 1; at <= 8; ++at) {
                CHECK(running(paths, unit, at) == (at % (1 << column) == 0 ? 1 << column : 0));
            }
        }
    }
    for (const int times : count) CHECK(std::abs(times - draws / 4) < 4 * std::sqrt(draws * 0.25 * 0.75));
}

TEST_CASE("mixed is global half of the time") {
    const DropPathSampler sampler{DropPathMode::mixed, 0.0, 42}; // local without drops keeps all
    int global = 0;
    constexpr int draws = 10'000;
    for (std::int64_t step = 0; step < draws; ++step) {
        global += running(sampler.draw(step, 1, 3), 0, 4) == 0b111 ? 0 : 1;
    }
    CHECK(std::abs(global - draws / 2) < 4 * std::sqrt(draws * 0.25));
}

TEST_CASE("draws are a function of seed and step, and none drops nothing") {
    const DropPathSampler sampler{DropPathMode::local, 0.5, 7};
    const DropPathSampler other{DropPathMode::local, 0.5, 8};
    int differ = 0;
    for (std::int64_t step = 0; step < 64; ++step) {
        CHECK(running(sampler.draw(step, 1, 4), 0, 8) == running(sampler.draw(step, 1, 4), 0, 8));
        differ += running(sampler.draw(step, 1, 4), 0, 8) != running(other.draw(step, 1, 4), 0, 8) ? 1 : 0;
    }
    CHECK(differ > 32);
    CHECK(running(DropPathSampler{}.draw(3, 1, 4), 0, 8) == 0b1111);
}
