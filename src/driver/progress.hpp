// How a sweep is shown: one line that is rewritten on a terminal, lines now and then off it, or JSON lines.
#pragma once

#include <memory>
#include <span>

#include "driver/sweep.hpp"
#include "driver/terminal.hpp"

namespace fractal::driver {

/// Shows the sweep of `plan`, which must outlive it, to a person on the error stream: on a terminal as a line
/// that is rewritten at most ten times a second, else as one line for each epoch.
std::unique_ptr<SweepView> text_view(std::span<const Planned> plan, const Terminal& terminal);

/// One JSON object a line on the output stream, with `event`: trial_begin, epoch, note, trial_end.
std::unique_ptr<SweepView> json_view(std::span<const Planned> plan);

} // namespace fractal::driver
