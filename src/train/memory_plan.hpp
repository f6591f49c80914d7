// What a trial computes again, and how many images it runs at once, so that it fits a budget of memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include <fractal/plan/checkpoint.hpp>
#include <fractal/plan/convolution_choice.hpp>

#include "base/tensor_block.hpp"
#include "train/recipe.hpp"

namespace fractal {

/// Images that are evaluated at once where memory allows.
inline constexpr std::int64_t largest_evaluation_batch = 500;

/// What memory is planned for.
struct MemoryTask {
    const NetworkSpec& net;                            ///< with the classes that it is trained on
    std::int64_t batch = 1;                            ///< images in a step
    std::int64_t evaluated = largest_evaluation_batch; ///< images of the largest set that is evaluated
    bool autocast = false;                             ///< activations in a type of 2 bytes
    bool fused = false;                                ///< pointwise layers and joins by the fused kernels
    /// By which kernels of ours convolutions run where those are the fastest.
    OwnConvolutions convolutions = OwnConvolutions::none;
    bool momentum = true;      ///< whether the optimizer keeps one scalar for each weight
    bool averaged = false;     ///< whether a moving average of all weights is kept
    std::int64_t budget = 0;   ///< bytes of all that the trial holds; 0 is no limit
    std::int64_t resident = 0; ///< bytes that live anyway: the data set
    Checkpoint checkpoint = Checkpoint::automatic;
    /// Bytes that the allocator takes for a tensor of some bytes; null where it takes no more than asked.
    std::int64_t (*block)(std::int64_t bytes) = tensor_block;
};

/// What `recipe` asks of `net`, which the task refers to, with so many training images and at most so many
/// evaluated: in fp32 by LibTorch's own operators, within `budget` bytes.
MemoryTask memory_task(const NetworkSpec& net, const Recipe& recipe, std::int64_t training_images,
                       std::int64_t evaluated, std::int64_t budget);

/// What was picked.
struct MemoryPlan {
    CheckpointPlan checkpoint{};
    std::int64_t part = 1;             ///< images that run at once; fewer than the batch in micro-batches
    std::int64_t evaluation_batch = 1; ///< images that are evaluated at once
    std::int64_t peak_bytes = 0;       ///< predicted: the most that the trial holds in a training step
    std::int64_t batch_bytes = 0;      ///< of these, what batches take on their way in, which are no tensors
    std::int64_t evaluation_bytes = 0; ///< predicted: of tensors, while images are evaluated
    std::int64_t evaluation_batch_bytes = 0; ///< what batches take then
    std::int64_t extra_macs = 0;             ///< multiply-accumulates that are done again, of one image

    /// The predicted peak of a trial: in a small network an evaluation, of more images at once than a step,
    /// takes the most.
    std::int64_t whole_bytes() const {
        return std::max(peak_bytes, evaluation_bytes + evaluation_batch_bytes);
    }
    /// The same of tensors alone, which the allocator counts.
    std::int64_t tensor_bytes() const { return std::max(peak_bytes - batch_bytes, evaluation_bytes); }
};

/// No plan that is allowed fits. The message has the figures and the remedy.
struct MemoryShortage : std::runtime_error {
    MemoryShortage(std::string what_it_needs, const std::string& budget_and_remedy)
        : std::runtime_error(what_it_needs + budget_and_remedy),
          needs(std::move(what_it_needs)) {}

    std::string needs; ///< the figures alone: the least memory that an allowed plan takes, and for what
};

/// The plan with the least work that fits the budget. `none` and `full` leave no choice: they fit or not.
/// `automatic` picks, and where nothing fits a whole batch goes on in micro-batches, as large as they can
/// be; not with BatchNorm or a layer of the user's own, as they may compute something else from a part of a
/// batch. Throws MemoryShortage.
MemoryPlan plan_memory(const MemoryTask& task);

/// The plan in one line: what is computed again, the predicted peak and the budget.
std::string memory_text(const MemoryTask& task, const MemoryPlan& plan);

/// Predicted peaks of a training step, in bytes: nothing computed again, every unit, and the least that any
/// plan takes for a whole batch.
struct MemoryRange {
    std::int64_t none = 0;
    std::int64_t full = 0;
    std::int64_t least = 0;
};

/// The range of a task, whatever its budget and checkpointing.
MemoryRange memory_range(MemoryTask task);

/// What a trial may take of this machine's memory, or of what its control group leaves it: nine tenths, in
/// bytes. The rest is the program's and the system's.
std::int64_t machine_budget();

} // namespace fractal
