// Adds what a trial holds to what the planner predicts, and takes the first plan that fits.
#include "train/memory_plan.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <fractal/plan/checkpoint_front.hpp>
#include <fractal/plan/slots.hpp>

#include "base/machine_memory.hpp"
#include "base/quantities.hpp"
#include "data/batch_buffers.hpp"

namespace fractal {

namespace {

/// Alternatives of each part that the planner keeps: milliseconds, a tenth of a second for the largest
/// networks.
constexpr std::size_t planned_alternatives = 32;

/// What does not depend on the plan.
struct Holdings {
    std::int64_t weights = 0;   ///< trained or not, their average, and momentum
    std::int64_t gradients = 0; ///< of all weights
};

std::int64_t block_of(const MemoryTask& task, std::int64_t bytes) {
    return task.block == nullptr ? bytes : task.block(bytes);
}

Holdings holdings_of(const MemoryTask& task) {
    Holdings holdings;
    for_each_slot(task.net, [&](const Slot& slot) {
        for (const WeightSpec& weight : slot.weights) {
            const std::int64_t bytes = block_of(task, 4 * weight.elements());
            holdings.weights += task.averaged ? 2 * bytes : bytes;
            if (!weight.trainable) continue;
            holdings.gradients += bytes;
            if (task.momentum) holdings.weights += bytes;
        }
    });
    return holdings;
}

/// Buffers of a stream that makes batches ahead.
std::int64_t buffers(const MemoryTask& task, std::int64_t images) {
    return data::buffers_of_stream * images * task.net.input.elements() * 4;
}

MemoryOptions options_of(const MemoryTask& task, std::int64_t images, bool accumulates) {
    return {.batch = images,
            .autocast = task.autocast,
            .fused = task.fused,
            .convolutions = task.convolutions,
            .accumulates = accumulates,
            .block = task.block};
}

/// The plans that may be picked from, from the least work to the least memory.
std::vector<CheckpointChoice> choices(const MemoryTask& task, const MemoryOptions& options) {
    if (task.checkpoint == Checkpoint::automatic)
        return checkpoint_front(task.net, options, planned_alternatives);
    const CheckpointPlan plan =
        task.checkpoint == Checkpoint::full ? CheckpointPlan::units(task.net) : CheckpointPlan{};
    return {{checkpoint_cost(task.net, plan, options), plan}};
}

/// Why a batch of the network cannot be run in parts; empty if it can.
std::string_view bound_to_batch(const NetworkSpec& net) {
    for (const LayerSpec* layer : net.order) {
        if (layer->kind == LayerKind::batch_norm) return "BatchNorm computes";
        if (layer->kind == LayerKind::custom) return "a layer of your own may compute";
    }
    return {};
}

/// How many images are evaluated at once, and the tensors that this takes.
struct Evaluation {
    std::int64_t batch = 1;
    std::int64_t bytes = 0;
    std::int64_t batch_bytes = 0; ///< of the streams beside them
};

Evaluation evaluation_of(const MemoryTask& task, const Holdings& holdings) {
    const std::int64_t casts = task.autocast ? holdings.gradients / 2 : 0;
    for (std::int64_t images = std::clamp<std::int64_t>(task.evaluated, 1, largest_evaluation_batch);;
         images /= 2) {
        const std::int64_t bytes = task.resident + holdings.weights + casts +
                                   evaluation_bytes(task.net, options_of(task, images, false));
        const std::int64_t batches = buffers(task, task.batch) + buffers(task, images);
        if (task.budget == 0 || images == 1 || bytes + batches <= task.budget)
            return {images, bytes, batches};
    }
}

[[noreturn]] void refuse(const MemoryTask& task, std::int64_t needed) {
    const std::string_view bound = bound_to_batch(task.net);
    const bool automatic = task.checkpoint == Checkpoint::automatic;
    const std::string needs =
        fmt::format("needs {} of memory for {}", bytes_text(needed),
                    !automatic       ? fmt::format("batches of {} with --checkpoint {}", task.batch,
                                                   reflect::enum_text(task.checkpoint))
                    : !bound.empty() ? fmt::format("batches of {} however much is computed again", task.batch)
                                     : "micro-batches of 1 image however much is computed again");
    throw MemoryShortage(needs,
                         fmt::format(", and the budget is {}; {}", bytes_text(task.budget),
                                     !automatic      ? "give --checkpoint auto or raise --memory-budget"
                                     : bound.empty() ? "raise --memory-budget"
                                                     : fmt::format("raise --memory-budget or lower --batch "
                                                                   "(micro-batches would change what {})",
                                                                   bound)));
}

} // namespace

MemoryTask memory_task(const NetworkSpec& net, const Recipe& recipe, std::int64_t training_images,
                       std::int64_t evaluated, std::int64_t budget) {
    return {.net = net,
            .batch = std::min<std::int64_t>(recipe.batch, training_images),
            .evaluated = evaluated,
            .momentum = recipe.momentum > 0,
            .averaged = recipe.weight_average > 0,
            .budget = budget,
            .checkpoint = recipe.checkpoint};
}

MemoryPlan plan_memory(const MemoryTask& task) {
    const Holdings holdings = holdings_of(task);
    const bool splits = task.checkpoint == Checkpoint::automatic && bound_to_batch(task.net).empty();
    const Evaluation evaluation = evaluation_of(task, holdings);
    MemoryPlan plan{.part = task.batch,
                    .evaluation_batch = evaluation.batch,
                    .batch_bytes = buffers(task, task.batch),
                    .evaluation_bytes = evaluation.bytes,
                    .evaluation_batch_bytes = evaluation.batch_bytes};
    const std::int64_t fixed = task.resident + holdings.weights + plan.batch_bytes;
    for (;; plan.part = (plan.part + 1) / 2) {
        const bool accumulates = plan.part < task.batch;
        for (const CheckpointChoice& choice : choices(task, options_of(task, plan.part, accumulates))) {
            plan.checkpoint = choice.plan;
            plan.extra_macs = choice.cost.extra_macs;
            plan.peak_bytes = fixed + (accumulates ? holdings.gradients : 0) + choice.cost.peak_bytes;
            if (task.budget == 0 || plan.peak_bytes <= task.budget) return plan;
        }
        if (!splits || plan.part == 1) refuse(task, plan.peak_bytes);
    }
}

std::string memory_text(const MemoryTask& task, const MemoryPlan& plan) {
    const double step = 3.0 * static_cast<double>(cost(task.net).macs); // forward, and twice backward
    const int marks = plan.checkpoint.count();
    std::string text = marks == 0 ? "nothing is computed again"
                                  : fmt::format("{} {} computed again ({:.1f} % more MACs)", marks,
                                                marks == 1 ? "part is" : "parts are",
                                                100 * static_cast<double>(plan.extra_macs) / step);
    if (plan.part < task.batch) text += fmt::format(", in micro-batches of {}", plan.part);
    text += fmt::format(", predicted peak {}", bytes_text(plan.whole_bytes()));
    if (task.budget > 0) text += fmt::format(" of a budget of {}", bytes_text(task.budget));
    return "memory: " + text;
}

MemoryRange memory_range(MemoryTask task) {
    task.budget = 0;
    const auto peak = [&](Checkpoint checkpoint) {
        task.checkpoint = checkpoint;
        return plan_memory(task).peak_bytes;
    };
    const std::int64_t none = peak(Checkpoint::none);
    const std::vector<CheckpointChoice> front =
        checkpoint_front(task.net, options_of(task, task.batch, false), planned_alternatives);
    return {.none = none,
            .full = peak(Checkpoint::full),
            .least = none - front.front().cost.peak_bytes + front.back().cost.peak_bytes};
}

std::int64_t machine_budget() { return machine_memory() / 10 * 9; }

} // namespace fractal
