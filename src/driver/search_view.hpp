// How a search is shown while it goes on.
#pragma once

#include <memory>

#include "driver/sweep.hpp"

namespace fractal::driver {

/// As `text_view` or `json_view` show a sweep, but each trial for itself: how many are to come is not known.
/// So the time that is left is that to the trial's pause or end.
std::unique_ptr<SweepView> search_view(bool json);

} // namespace fractal::driver
