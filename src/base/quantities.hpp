// Counts and sizes as a person reads and writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fractal {

/// `847 k`, `13.3 M`, `1.25 G`: three digits and a unit of 1000; below 1000 the number itself.
std::string count_text(std::int64_t count);

/// `512 B`, `1.25 MiB`: three digits and a unit of 1024.
std::string bytes_text(std::int64_t bytes);

/// Bytes of `512MiB`, `2GiB`, `1.5GiB`. Throws UsageError that calls it `what`.
std::int64_t parse_bytes(std::string_view what, std::string_view text);

} // namespace fractal
