// The planner against brute force over all plans, and against the square-root rule.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fractal/plan/checkpoint_front.hpp>
#include <fractal/spec/network.hpp>
#include <fractal/spec/parse.hpp>

#include "check.hpp"
#include "checkpoint_nodes.hpp"

using namespace fractal;

namespace {

/// The costs that no plan beats in both memory and work, by trying every plan.
constexpr std::vector<CheckpointCost> brute_force(const NetworkSpec& net, const MemoryOptions& options) {
    const std::vector<Segment> nodes = nodes_of(net);
    std::vector<CheckpointCost> costs;
    for (std::uint64_t marks = 0; marks < std::uint64_t{1} << nodes.size(); ++marks) {
        CheckpointPlan plan;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (marks >> i & 1) plan.mark(net, nodes[i]);
        }
        costs.push_back(checkpoint_cost(net, plan, options));
    }
    std::sort(costs.begin(), costs.end(), [](const CheckpointCost& a, const CheckpointCost& b) {
        return a.extra_macs != b.extra_macs ? a.extra_macs < b.extra_macs : a.peak_bytes < b.peak_bytes;
    });
    std::vector<CheckpointCost> front;
    for (const CheckpointCost& cost : costs) {
        if (front.empty() || cost.peak_bytes < front.back().peak_bytes) front.push_back(cost);
    }
    return front;
}

constexpr bool equals_brute_force(const NetworkSpec& net, const MemoryOptions& options) {
    const std::vector<CheckpointCost> best = brute_force(net, options);
    const std::vector<CheckpointChoice> planned = checkpoint_front(net, options);
    return std::equal(
        planned.begin(), planned.end(), best.begin(), best.end(),
        [](const CheckpointChoice& choice, const CheckpointCost& cost) { return choice.cost == cost; });
}

NetworkSpec named(std::string_view name) {
    const ParsedName parsed = parse_full_name(name);
    REQUIRE(parsed.fault.empty());
    return parsed.net;
}

template <class... Options>
using Tiny = Network<Input<3, 4, 4>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU>, Width<4>,
                     Head<Flatten, 10>, Options...>;

} // namespace

TEST_CASE("small networks are planned as by brute force while compiling") {
    STATIC_REQUIRE(equals_brute_force(spec_of<Tiny<>>, {.batch = 16}));
    STATIC_REQUIRE(
        equals_brute_force(spec_of<Tiny<PoolBeforeJoin, UnitDropout<10>>>, {.batch = 16, .autocast = true}));
    STATIC_REQUIRE(equals_brute_force(spec_of<Tiny<Transition<Conv<1>>>>, {.weights = false}));
}

TEST_CASE("every plan of a small network is no better than one of the front") {
    for (const std::string_view order :
         {"conv3", "conv3.bn.relu", "relu.conv3", "bn.relu.drop20.conv3", "drop20.conv3.relu"}) {
        for (const std::string_view shape : {"d1-c3", "d2-c2", "d3-c1"}) {
            for (const std::string_view options : {"", "-t1-ud10.10.10", "-prejoin"}) {
                if (shape == "d3-c1" && options == "-prejoin") continue;
                const Line name = line("net/3x16x16-", shape, "-w16-", shape == "d2-c2" ? "gap" : "flat",
                                       "10-", order, options);
                CAPTURE(std::string(name.view()));
                const NetworkSpec net = named(name);
                CHECK(equals_brute_force(net, {.batch = 8}));
                CHECK(equals_brute_force(net, {.batch = 64, .autocast = true}));
                CHECK(equals_brute_force(net, {.weights = false}));
            }
        }
    }
}

TEST_CASE("the front's plans cost what it says, and more work buys less memory") {
    for (const std::string_view name :
         {"net/3x32x32-d3-c3-w64-flat10-conv3.bn.relu", "net/3x32x32-d2-c4-w16-gap10-relu.conv3-prejoin",
          "net/3x32x32-d5-c3-w64-flat10-conv3.bn.relu-t1-ud0.10.20.30.40"}) {
        CAPTURE(std::string(name));
        const NetworkSpec net = named(name);
        const MemoryOptions options{.batch = 32};
        const auto front = checkpoint_front(net, options, 24);
        REQUIRE(front.size() > 3);
        CHECK(front.front().plan.empty());
        CHECK(front.front().cost.extra_macs == 0);
        for (std::size_t i = 0; i < front.size(); ++i) {
            CHECK(checkpoint_cost(net, front[i].plan, options) == front[i].cost);
            if (i == 0) continue;
            CHECK(front[i].cost.extra_macs > front[i - 1].cost.extra_macs);
            CHECK(front[i].cost.peak_bytes < front[i - 1].cost.peak_bytes);
        }
    }
}

TEST_CASE("the square-root rule marks the greatest short nodes, and each firing lies in one of them") {
    const NetworkSpec chain = named("net/3x32x32-d4-c1-w16-gap10-conv3");
    CHECK(CheckpointPlan::square_root(chain) == CheckpointPlan::units(chain));
    const NetworkSpec one = named("net/3x32x32-d1-c4-w16-gap10-conv3"); // 8 steps: pieces of 2 and of 1
    const CheckpointPlan plan = CheckpointPlan::square_root(one);
    CHECK(plan.count() == 4 + 2 + 1);
    CHECK(plan.marks(one, Segment{Segment::Kind::columns, {.firing = 3}, 2}));
    CHECK(plan.marks(one, Segment{Segment::Kind::firing, {.firing = 14}}));
}

TEST_CASE("for any budget the plan is no worse than the square-root rule's") {
    for (const std::string_view order : {"conv3", "conv3.bn.relu", "bn.relu.conv3", "drop20.relu.conv3.bn"}) {
        for (int depth = 1; depth <= 5; ++depth) {
            for (int columns = 1; columns <= 6; ++columns) {
                const Line name = line("net/3x32x32-d", depth, "-c", columns, "-w64-flat10-", order);
                CAPTURE(std::string(name.view()));
                const NetworkSpec net = named(name);
                for (const std::int64_t batch : {16, 128}) {
                    const MemoryOptions options{.batch = batch};
                    const CheckpointCost rule =
                        checkpoint_cost(net, CheckpointPlan::square_root(net), options);
                    const auto front = checkpoint_front(net, options, 8);
                    const auto fits =
                        std::find_if(front.begin(), front.end(), [&](const CheckpointChoice& choice) {
                            return choice.cost.peak_bytes <= rule.peak_bytes;
                        });
                    REQUIRE(fits != front.end());
                    CHECK(fits->cost.extra_macs <= rule.extra_macs);
                }
            }
        }
    }
}
