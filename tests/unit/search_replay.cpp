// Searches acted out on curves that are known.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "search/draw.hpp"
#include "search/replay.hpp"

using namespace fractal::search;

namespace {

const Ladder halving{.rungs = {1, 2, 5}, .eta = 3};
const Ladder asha{.rungs = {1, 2, 5}, .eta = 3, .asynchronous = true};
const Ladder random_search{.rungs = {5}};

/// Curves of five epochs whose order at each epoch is that of `early`, and at the last that of `late`.
template <typename Early, typename Late>
std::vector<Record> curves(int n, Early early, Late late) {
    std::vector<Record> curves;
    for (int i = 0; i < n; ++i) {
        Record curve{.accuracy = std::vector<double>(4, early(i)), .end = End::finished};
        curve.accuracy.push_back(late(i));
        curves.push_back(curve);
    }
    return curves;
}

double rising(int i) { return i * .01; }
double falling(int i) { return 1 - i * .01; }

} // namespace

TEST_CASE("where early accuracies are in the order of the last, the best is found in every order") {
    const std::vector<Record> all = curves(60, rising, rising);
    for (const Ladder& ladder : {halving, asha}) {
        const Evidence evidence = replay_orders(ladder, all, {200, 1});
        CHECK(evidence.orders == 200);
        CHECK(evidence.found_first == 200);
        CHECK(evidence.found_top == 200);
        CHECK(evidence.mean_regret == 0);
    }
    const Evidence evidence = replay_orders(halving, all, {200, 1});
    CHECK(evidence.mean_cost == doctest::Approx((60 + 20 + 6 * 3) / 300.));
    CHECK(evidence.highest_cost == doctest::Approx(evidence.mean_cost));
}

TEST_CASE("a curve that ends in no number is the worst") {
    std::vector<Record> all = curves(60, rising, rising);
    for (std::size_t i = 57; i < 60; ++i) all[i].accuracy.back() = std::nan("");
    const Evidence evidence = replay_orders(random_search, all, {200, 1}, 3, 300); // all are trained in full
    CHECK(evidence.found_first == 200);
    CHECK(evidence.mean_regret == 0);
}

TEST_CASE("where early accuracies are in the opposite order, none of the best is found") {
    const Evidence evidence = replay_orders(halving, curves(60, rising, falling), {50, 1});
    CHECK(evidence.found_top == 0);
    CHECK(evidence.mean_regret.value() ==
          doctest::Approx(.54)); // of 59, 58, ... the six best early ones, the last is 54
}

TEST_CASE("random search finds one of the best three as often as drawing without replacement does") {
    constexpr double orders = 2000;
    const Evidence evidence = replay_orders(random_search, curves(60, rising, rising), {2000, 1}, 3, 120);
    CHECK(evidence.mean_cost == doctest::Approx(.4));
    const double missed = 36. * 35 * 34 / (60. * 59 * 58); // 24 of 60 are drawn
    const double deviation = std::sqrt(missed * (1 - missed) / orders);
    CHECK(std::abs(static_cast<double>(evidence.found_top) / orders - (1 - missed)) < 4 * deviation);
}

TEST_CASE("a curve that failed costs the epochs that it has, and is never found") {
    std::vector<Record> all = curves(9, rising, rising);
    all[8] = {.accuracy = {.9}, .end = End::failed};
    const std::vector<std::uint32_t> order{0, 1, 2, 3, 4, 5, 6, 7, 8};
    const Outcome outcome = replay(halving, all, order);
    CHECK(outcome.best == 7);
    CHECK(outcome.epochs == 9 + 2 + 3); // 8 is promoted, and fails at once
    CHECK(replay(random_search, all, order).epochs == 8 * 5 + 1);
}

TEST_CASE("a budget bounds a replay, and one that nothing fits into finds nothing") {
    const std::vector<Record> all = curves(60, rising, rising);
    for (const Ladder& ladder : {halving, asha, random_search}) {
        const Evidence evidence = replay_orders(ladder, all, {20, 3}, 3, 60);
        CHECK(evidence.highest_cost <= .2);
        CHECK(evidence.highest_cost > .15);
    }
    const Evidence none = replay_orders(random_search, all, {20, 3}, 3, 4);
    CHECK(none.mean_cost == 0);
    CHECK(none.found_top == 0);
    CHECK_FALSE(none.mean_regret);
}

TEST_CASE("orders are those of the seed") {
    std::vector<Record> all = curves(
        60, [](int i) { return (i * 7 % 60) * .01; }, rising);
    const Evidence first = replay_orders(asha, all, {50, 1});
    const Evidence again = replay_orders(asha, all, {50, 1});
    const Evidence other = replay_orders(asha, all, {50, 2});
    CHECK(first.mean_cost == again.mean_cost);
    CHECK(first.mean_cost != other.mean_cost);
}

TEST_CASE("a sample is drawn anew for each order, and judged among itself") {
    const std::vector<Record> all = curves(60, rising, rising);
    const Evidence evidence = replay_orders(halving, all, {.number = 100, .seed = 1, .sample = 20});
    CHECK(evidence.found_first == 100);
    CHECK(evidence.mean_regret == 0);
    CHECK(evidence.mean_cost == doctest::Approx((20 + 6 + 2 * 3) / 100.));
    // Random search of a fifth: one of the three best of twenty with four draws.
    const Evidence random =
        replay_orders(random_search, all, {.number = 2000, .seed = 1, .sample = 20}, 3, 20);
    const double missed = 17. * 16 * 15 * 14 / (20. * 19 * 18 * 17);
    CHECK(static_cast<double>(random.found_top) / 2000 == doctest::Approx(1 - missed).epsilon(.08));
}

TEST_CASE("a sample of trials that came to the end of no epoch costs nothing and finds nothing") {
    std::vector<Record> all = curves(4, rising, rising);
    all[0] = all[1] = all[2] = Record{.end = End::failed};
    const Evidence evidence = replay_orders(halving, all, {.number = 50, .seed = 1, .sample = 1});
    CHECK(evidence.found_first > 0);
    CHECK(evidence.found_first < 50);
    CHECK(evidence.mean_cost == doctest::Approx(static_cast<double>(evidence.found_first) / 50));
}
