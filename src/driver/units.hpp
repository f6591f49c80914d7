// Quantities as a person reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fractal::driver {

/// `847 k`, `13.3 M`, `1.25 G`: three digits and a unit of 1000; below 1000 the number itself.
std::string count_text(std::int64_t count);

/// `512 B`, `1.25 MiB`: three digits and a unit of 1024.
std::string bytes_text(std::int64_t bytes);

/// Every digit, in groups of three: `13,316,490`.
std::string grouped_text(std::int64_t count);

/// `42 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`; below ten seconds with one decimal.
std::string duration_text(double seconds);

/// A fraction of 1 as `61.25 %`; `-` for nothing and for what is not a number.
std::string percent_text(std::optional<double> fraction);

/// Seconds of `90s`, `30m`, `1h30m`, `2d`; a number alone is seconds. Throws UsageError that calls it `what`.
double parse_duration(std::string_view what, std::string_view text);

} // namespace fractal::driver
