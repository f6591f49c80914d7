// Where a trial stands between two steps: all that a resumed trial needs to go on as if it had never stopped.
#pragma once

#include "train/sgd.hpp"
#include "train/trainer.hpp"
#include "train/trial_progress.hpp"
#include "train/weight_average.hpp"
#include "weights/module_weights.hpp"

namespace fractal {

/// Writes weights, momentum, their average (null where there is none) and progress to the trial's state, if
/// it keeps one, marked with the recipe that they belong to. Where no step is left the weights are what is
/// left of the three: they are written to the trial's file of weights, if it keeps one, and the state names
/// their checksum.
void save_state(const TrialFiles& files, const FractalNetImpl& module, const Sgd& sgd,
                const WeightAverage* average, const Recipe& recipe, const TrialProgress& progress);

/// Restores what `save_state` wrote; an epoch has `steps` steps. Throws DataError for a file of another
/// variant, recipe or version of the format, for one that is further than a trial can be, and for a damaged
/// one; nothing is then changed. Where no step is left, an average is left as it is: the weights are it.
TrialProgress load_state(const TrialFiles& files, FractalNetImpl& module, Sgd& sgd, WeightAverage* average,
                         const Recipe& recipe, std::int64_t steps);

} // namespace fractal
