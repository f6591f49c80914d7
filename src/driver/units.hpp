// Quantities as a person reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/quantities.hpp"

namespace fractal::driver {

/// Every digit, in groups of three: `13,316,490`.
std::string grouped_text(std::int64_t count);

/// `42 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`; below ten seconds with one decimal.
std::string duration_text(double seconds);

/// `1 epoch`, `40 epochs`.
std::string epochs_text(std::int64_t epochs);

/// A fraction of 1 as `61.25 %`; `-` for nothing and for what is not a number.
std::string percent_text(std::optional<double> fraction);

/// Seconds of `90s`, `30m`, `1h30m`, `2d`; a number alone is seconds. Throws UsageError that calls it `what`.
double parse_duration(std::string_view what, std::string_view text);

} // namespace fractal::driver
