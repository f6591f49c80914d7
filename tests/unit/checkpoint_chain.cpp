// On a uniform chain the planner's rules give the known optimum of A. Griewank and A. Walther, "Algorithm
// 799: revolve" (ACM TOMS 26, 2000): with s slots for states and no step advanced more than t times, a chain
// of C(s + t, s) steps can be reversed, and one of n steps needs t n - C(s + t, t - 1) advances.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <fractal/plan/checkpoint_front.hpp>

#include "check.hpp"

using namespace fractal;

namespace {

using detail::Alternative;

/// A step keeps so much while its gradient runs that no second step fits beside it. A state is of 1 byte.
constexpr std::int64_t tape = 1000;
constexpr SegmentMemory kept_step{.kept = tape, .forward = tape, .backward = tape, .keeps_input = true};

/// The best ways to reverse a chain of each length up to `most`: any run of steps may be marked, and runs
/// nest.
constexpr std::vector<std::vector<Alternative>> chain_fronts(int most) {
    std::vector<std::vector<Alternative>> fronts{{}};
    std::vector<std::vector<Alternative>> marked{{}};
    for (int length = 1; length <= most; ++length) {
        std::vector<Alternative> whole;
        if (length == 1) whole.push_back({.memory = kept_step});
        for (int first = 1; first < length; ++first) {
            std::vector<Alternative> heads = marked[static_cast<std::size_t>(first)];
            if (first == 1) heads.push_back({.memory = kept_step});
            for (const Alternative& head : heads) {
                for (const Alternative& rest : fronts[static_cast<std::size_t>(length - first)]) {
                    whole.push_back({.memory = in_sequence(head.memory, rest.memory, 1, 0)});
                }
            }
        }
        detail::prune(whole, 0);
        std::vector<Alternative> again = whole;
        for (Alternative& one : again) one.memory = run_again(one.memory, 0, 0, 0, length);
        whole.insert(whole.end(), again.begin(), again.end());
        detail::prune(whole, 0);
        fronts.push_back(std::move(whole));
        marked.push_back(std::move(again));
    }
    return fronts;
}

constexpr std::int64_t choose(int n, int k) {
    std::int64_t ways = 1;
    for (int i = 1; i <= k; ++i) ways = ways * (n - k + i) / i;
    return ways;
}

/// The fewest advances of a chain of `length` steps with `slots` states besides the one that is being worked
/// on.
constexpr std::int64_t optimum(int length, int slots) {
    int times = 0;
    while (choose(slots + times, slots) < length) ++times;
    return times * length - choose(slots + times, times - 1);
}

/// The same by the planner's rules. The chain's first state is a slot, and not counted by them.
constexpr std::int64_t planned(const std::vector<Alternative>& front, int slots) {
    for (const Alternative& one : front) {
        if (std::max(one.memory.forward, one.memory.backward) <= tape + slots) return one.memory.macs;
    }
    return -1;
}

constexpr bool equals_optimum(int longest, int most_slots) {
    const auto fronts = chain_fronts(longest);
    for (int length = 2; length <= longest; ++length) {
        for (int slots = 1; slots <= most_slots; ++slots) {
            if (planned(fronts[static_cast<std::size_t>(length)], slots) != optimum(length, slots))
                return false;
        }
    }
    return true;
}

/// Each step is run at most t times more just as long as the chain has at most C(s + t, s) steps: one step
/// more costs more than t advances.
constexpr bool grows_at_binomials(int slots, int times) {
    const int length = static_cast<int>(choose(slots + times, slots));
    const auto fronts = chain_fronts(length + 1);
    const std::int64_t at = planned(fronts[static_cast<std::size_t>(length)], slots);
    const std::int64_t before = planned(fronts[static_cast<std::size_t>(length - 1)], slots);
    const std::int64_t after = planned(fronts[static_cast<std::size_t>(length + 1)], slots);
    return at - before == times && after - at == times + 1;
}

} // namespace

TEST_CASE("the formula of the optimum") {
    STATIC_REQUIRE(optimum(2, 1) == 1);
    STATIC_REQUIRE(optimum(10, 3) == 15);
    STATIC_REQUIRE(optimum(10, 2) == 20);
}

TEST_CASE("a uniform chain is reversed with the fewest advances for every number of slots") {
    STATIC_REQUIRE(equals_optimum(6, 3));
    CHECK(equals_optimum(16, 5));
}

TEST_CASE("t repetitions and s slots reach C(s + t, s) steps and no more") {
    STATIC_REQUIRE(grows_at_binomials(1, 3));
    CHECK(grows_at_binomials(2, 2));
    CHECK(grows_at_binomials(3, 2));
    CHECK(grows_at_binomials(2, 3));
    CHECK(grows_at_binomials(3, 3));
}
