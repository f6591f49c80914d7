// What is picked for a budget of memory.
#include <cstdint>
#include <string>
#include <string_view>

#include <fractal/plan/checkpoint_front.hpp>
#include <fractal/spec/parse.hpp>

#include "check.hpp"
#include "data/batch_buffers.hpp"
#include "train/memory_plan.hpp"

using namespace fractal;

namespace {

constexpr std::int64_t mib = 1 << 20;

NetworkSpec named(std::string_view name) {
    const ParsedName parsed = parse_full_name(name);
    REQUIRE(parsed.fault.empty());
    return parsed.net;
}

MemoryPlan picked(const NetworkSpec& net, std::int64_t budget,
                  Checkpoint checkpoint = Checkpoint::automatic) {
    return plan_memory({.net = net, .batch = 128, .budget = budget, .checkpoint = checkpoint});
}

/// Why nothing is picked.
std::string shortage(const NetworkSpec& net, std::int64_t budget, Checkpoint checkpoint) {
    try {
        picked(net, budget, checkpoint);
    } catch (const MemoryShortage& shortage) {
        return shortage.what();
    }
    return "it fits";
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("with room for everything nothing is computed again") {
    const NetworkSpec net = named("net/3x32x32-d3-c3-w32-flat10-conv3.bn.relu");
    const MemoryPlan plan = picked(net, std::int64_t{64} << 30);
    CHECK(plan.checkpoint.empty());
    CHECK(plan.part == 128);
    CHECK(plan.evaluation_batch == 500);
    CHECK(plan.tensor_bytes() == plan.peak_bytes - plan.batch_bytes); // a step takes more than an evaluation
    CHECK(plan.extra_macs == 0);
    CHECK(plan.peak_bytes == picked(net, 0, Checkpoint::none).peak_bytes);
}

TEST_CASE("the cheapest plan that fits is picked, and one byte less means another") {
    const NetworkSpec net = named("net/3x32x32-d3-c3-w32-flat10-conv3.bn.relu");
    const std::int64_t none = picked(net, 0, Checkpoint::none).peak_bytes;
    const std::int64_t full = picked(net, 0, Checkpoint::full).peak_bytes;
    REQUIRE(full < none);
    std::int64_t budget = none;
    std::int64_t work = -1;
    int plans = 0;
    while (budget >= full) {
        const MemoryPlan plan = picked(net, budget);
        CHECK(plan.peak_bytes <= budget);
        CHECK(plan.extra_macs > work);
        CHECK(plan.part == 128);
        work = plan.extra_macs;
        budget = plan.peak_bytes - 1;
        ++plans;
    }
    CHECK(plans > 3);
    CHECK(work <= picked(net, 0, Checkpoint::full).extra_macs);
}

TEST_CASE("weights, momentum, gradients, batches and the data set count") {
    const NetworkSpec net = named("net/3x32x32-d2-c2-w64-flat10-conv3");
    const std::int64_t parameters = 4 * cost(net).parameters;
    MemoryTask task{.net = net, .batch = 32, .checkpoint = Checkpoint::none, .block = nullptr};
    const MemoryPlan all = plan_memory(task);
    const CheckpointCost step = checkpoint_cost(net, {}, {.batch = 32});
    CHECK(all.batch_bytes == data::buffers_of_stream * 32 * 3 * 32 * 32 * 4);
    CHECK(all.peak_bytes == step.peak_bytes + 2 * parameters + all.batch_bytes);
    CHECK(step.peak_bytes > parameters); // its gradients
    task.momentum = false;
    task.resident = 5 * mib;
    CHECK(plan_memory(task).peak_bytes == all.peak_bytes - parameters + 5 * mib);
}

TEST_CASE("what fits in no way is refused with the figures and the remedy") {
    const NetworkSpec net = named("net/3x32x32-d3-c3-w32-flat10-conv3.bn.relu");
    const std::string none = shortage(net, 100 * mib, Checkpoint::none);
    CHECK(holds(none, "needs "));
    CHECK(holds(none, "batches of 128 with --checkpoint none, and the budget is 100 MiB"));
    CHECK(holds(none, "give --checkpoint auto"));
    CHECK(holds(shortage(net, 40 * mib, Checkpoint::full), "with --checkpoint full"));
    const std::string least = shortage(net, 40 * mib, Checkpoint::automatic);
    CHECK(holds(least, "raise --memory-budget or lower --batch"));
    CHECK(holds(least, "what BatchNorm computes"));
    const NetworkSpec plain = named("net/3x32x32-d3-c3-w32-flat10-conv3.relu");
    CHECK(holds(shortage(plain, 3 * mib, Checkpoint::automatic), "micro-batches of 1 image"));
    CHECK(shortage(plain, 40 * mib, Checkpoint::automatic) == "it fits");
}

TEST_CASE("without BatchNorm the batch is run in as few parts as fit") {
    const NetworkSpec net = named("net/3x32x32-d2-c3-w32-flat10-conv3.relu");
    const std::int64_t least = memory_range({.net = net, .batch = 128}).least; // of a whole batch
    CHECK(picked(net, least).part == 128);
    const MemoryPlan halves = picked(net, least - 1);
    CHECK(halves.part == 64);
    CHECK(halves.peak_bytes < least);
    const MemoryPlan small = picked(net, 16 * mib);
    CHECK(small.part < 64);
    CHECK(small.peak_bytes <= 16 * mib);
    CHECK(small.evaluation_batch < 500);
}

TEST_CASE("the line says what was picked") {
    const NetworkSpec net = named("net/3x32x32-d1-c1-w16-flat10-conv3.bn.relu");
    const MemoryTask task{.net = net, .batch = 16, .budget = 1024 * mib};
    CHECK(memory_text(task, {.part = 16, .peak_bytes = 100 * mib}) ==
          "memory: nothing is computed again, predicted peak 100 MiB of a budget of 1.00 GiB");
    MemoryPlan plan{.checkpoint = CheckpointPlan::units(net),
                    .part = 4,
                    .peak_bytes = 9 * mib,
                    .extra_macs = cost(net).macs};
    CHECK(memory_text(task, plan) ==
          "memory: 1 part is computed again (33.3 % more MACs), in micro-batches of "
          "4, predicted peak 9.00 MiB of a budget of 1.00 GiB");
}

TEST_CASE("the range is what the plans take") {
    const NetworkSpec net = named("net/3x32x32-d2-c3-w32-flat10-conv3.bn.relu");
    const MemoryRange range = memory_range({.net = net, .batch = 128, .budget = 1});
    CHECK(range.none == picked(net, 0, Checkpoint::none).peak_bytes);
    CHECK(range.full == picked(net, 0, Checkpoint::full).peak_bytes);
    CHECK(picked(net, range.least).peak_bytes == range.least);
    CHECK(shortage(net, range.least - 1, Checkpoint::automatic) != "it fits");
}

TEST_CASE("the machine has memory") { CHECK(machine_budget() > 16 * mib); }
