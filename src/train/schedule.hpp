// The learning rate as a pure function of the recipe and the step, so that a resumed run has nothing to
// restore.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "train/recipe.hpp"

namespace fractal {

/// How often the remaining epochs have halved at the beginning of `epoch` (from 0) of `epochs`: the largest k
/// with (epochs - epoch) * 2^k <= epochs.
constexpr int halvings(std::int64_t epoch, std::int64_t epochs) {
    int k = 0;
    for (std::int64_t left = std::max<std::int64_t>(1, epochs - epoch); left * 2 <= epochs; left *= 2) {
        ++k;
    }
    return k;
}

/// The learning rate of optimizer step `step` (from 0) of a trial with `steps_per_epoch` steps in an epoch.
/// With T = epochs * steps_per_epoch, e = the epoch of the step, x = step / T:
///
///     constant    lr
///     step        lr * step_factor^floor(e / step_epochs)
///     halving     lr * step_factor^k, k = how often the remaining epochs have halved (arXiv 1605.07648)
///     cosine      lr * (end + (1 - end) * (1 + cos(pi * x)) / 2), end = end_factor (arXiv 1608.03983)
///     one-cycle   lr * a line from start_factor to 1 at x = warmup, and from there to end_factor at x = 1
///                 (arXiv 1708.07120)
///
/// Steps beyond the last epoch have the rate of x = 1.
inline double learning_rate(const Recipe& recipe, std::int64_t step, std::int64_t steps_per_epoch) {
    const std::int64_t per_epoch = std::max<std::int64_t>(1, steps_per_epoch);
    const std::int64_t epoch = step / per_epoch;
    const double x = std::min(1.0, static_cast<double>(step) /
                                       (static_cast<double>(recipe.epochs) * static_cast<double>(per_epoch)));
    switch (recipe.schedule) {
        case Schedule::constant:
            return recipe.lr;
        case Schedule::step:
            return recipe.lr * std::pow(recipe.step_factor, static_cast<double>(epoch / recipe.step_epochs));
        case Schedule::halving:
            return recipe.lr * std::pow(recipe.step_factor, halvings(epoch, recipe.epochs));
        case Schedule::cosine:
            return recipe.lr * std::lerp(recipe.end_factor, 1.0, (1 + std::cos(std::numbers::pi * x)) / 2);
        case Schedule::one_cycle:
            return recipe.lr *
                   (recipe.warmup > 0 && x <= recipe.warmup
                        ? std::lerp(recipe.start_factor, 1.0, x / recipe.warmup)
                        : std::lerp(1.0, recipe.end_factor, (x - recipe.warmup) / (1 - recipe.warmup)));
    }
    return recipe.lr; // no enumerator is left
}

} // namespace fractal
