// A sweep written for TensorBoard while it goes on.
#pragma once

#include <filesystem>
#include <memory>

#include "driver/sweep.hpp"

namespace fractal::driver {

/// Writes each trial's curves to a folder of its own in `folder`, named by variant, seed and number, and
/// keeps them as the results of `run` have them: all trials at once, then the current one after each epoch.
/// Shows nothing. Throws as tensorboard::bring_up_to_date.
std::unique_ptr<SweepView> tensorboard_view(const std::filesystem::path& run,
                                            const std::filesystem::path& folder);

/// Tells `first`, then `second`.
std::unique_ptr<SweepView> both(std::unique_ptr<SweepView> first, std::unique_ptr<SweepView> second);

} // namespace fractal::driver
