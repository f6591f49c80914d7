// Where a trial stands between two steps: all that a resumed trial needs to go on as if it had never stopped.
#pragma once

#include <filesystem>

#include "train/gradient_scaler.hpp"
#include "train/sgd.hpp"
#include "train/trial_progress.hpp"
#include "train/weight_average.hpp"
#include "weights/module_weights.hpp"

namespace fractal {

/// Writes weights, momentum (unless no step is left), their average (null where there is none) and progress
/// to `file`, marked with the recipe that they belong to.
void save_state(const std::filesystem::path& file, const FractalNetImpl& module, const Sgd& sgd,
                const WeightAverage* average, const Recipe& recipe, const TrialProgress& progress);

/// Restores what `save_state` wrote; an epoch has `steps` steps. Throws DataError for a file of another
/// variant, recipe or version of the format, for one that is further than a trial can be, and for a damaged
/// one; nothing is then changed.
TrialProgress load_state(const std::filesystem::path& file, FractalNetImpl& module, Sgd& sgd,
                         WeightAverage* average, const Recipe& recipe, std::int64_t steps);

} // namespace fractal
