// Where a trial stands between two steps: all that a resumed trial needs to go on as if it had never stopped.
#pragma once

#include <filesystem>
#include <vector>

#include "train/gradient_scaler.hpp"
#include "train/sgd.hpp"
#include "train/trainer.hpp"
#include "weights/module_weights.hpp"

namespace fractal {

/// Sums over the steps of an unfinished epoch. Order, augmentation and dropout are functions of the seed and
/// of these counts, so no generator has a state to keep.
struct TrialProgress {
    std::int64_t epoch = 0;   ///< epochs finished
    std::int64_t step = 0;    ///< steps done in the epoch under way
    double loss_sum = 0;      ///< over the images of these steps
    std::int64_t correct = 0; ///< images among them that were got right
    std::int64_t images = 0;
    double macs = 0;    ///< forward, over these images
    double seconds = 0; ///< of the epoch under way
    double training_seconds = 0;
    double trial_seconds = 0; ///< of all epochs
    std::int64_t scaler_good_steps = 0;
    double scaler_factor = 0; ///< 0 without gradient scaling
    std::vector<EpochReport> epochs;
};

/// Writes weights, momentum and progress to `file`, marked with the recipe that they belong to.
void save_state(const std::filesystem::path& file, const FractalNetImpl& module, const Sgd& sgd,
                const Recipe& recipe, const TrialProgress& progress);

/// Restores what `save_state` wrote. Throws DataError for a file of another variant, recipe or version of the
/// format, and for a damaged one; nothing is then changed.
TrialProgress load_state(const std::filesystem::path& file, FractalNetImpl& module, Sgd& sgd,
                         const Recipe& recipe);

} // namespace fractal
