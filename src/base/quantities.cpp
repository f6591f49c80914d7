// Three significant digits and a unit.
#include "base/quantities.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal {
namespace {

template <std::size_t N>
std::string scaled(std::int64_t count, double base, const std::array<std::string_view, N>& units) {
    double value = static_cast<double>(count);
    std::size_t unit = 0;
    // 999.6 would be written as 1000: the next unit begins where rounding reaches it.
    while (unit + 1 < N && std::abs(value) >= (unit == 0 ? base : base - 0.5)) {
        value /= base;
        ++unit;
    }
    const int decimals = unit == 0 || std::abs(value) >= 99.95 ? 0 : std::abs(value) >= 9.995 ? 1 : 2;
    const std::string number = fmt::format("{:.{}f}", value, decimals);
    return units[unit].empty() ? number : number + " " + std::string(units[unit]);
}

} // namespace

std::string count_text(std::int64_t count) {
    static constexpr std::array<std::string_view, 6> units{"", "k", "M", "G", "T", "P"};
    return scaled(count, 1000, units);
}

std::string bytes_text(std::int64_t bytes) {
    static constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    return scaled(bytes, 1024, units);
}

std::int64_t parse_bytes(std::string_view what, std::string_view text) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    static constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    double bytes = error == std::errc{} ? number : 0;
    std::size_t power = 0;
    while (power < units.size() && units[power] != unit) {
        ++power;
        bytes *= 1024;
    }
    constexpr double most = 0x1p60;
    if (power == units.size() || !(bytes >= 1) || bytes > most) {
        throw UsageError(fmt::format("{} is {}: expected a size above 0, such as 512MiB, 2GiB or 1.5GiB",
                                     what, text.empty() ? "empty" : text));
    }
    return static_cast<std::int64_t>(bytes);
}

} // namespace fractal
