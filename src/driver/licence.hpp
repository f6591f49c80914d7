// The licence that fractal, and every source that it writes, is under.
#pragma once

#include <string_view>

namespace fractal::driver {

/// The text of the project's file LICENSE.
extern const std::string_view licence;

} // namespace fractal::driver
