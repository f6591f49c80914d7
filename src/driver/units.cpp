// Digits in groups, durations and parts of a whole.
#include "driver/units.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::driver {
std::string grouped_text(std::int64_t count) {
    std::string digits = std::to_string(count);
    const std::ptrdiff_t first = count < 0 ? 2 : 1;
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at >= first; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return digits;
}

std::string duration_text(double seconds) {
    if (!(seconds >= 0) || std::isinf(seconds)) {
        return "-";
    }
    if (seconds < 9.95) {
        return fmt::format("{:.1f} s", seconds);
    }
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 60) {
        return fmt::format("{} s", whole);
    }
    if (whole < 3600) {
        return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    }
    const std::int64_t minutes = (whole + 30) / 60;
    if (minutes < 24 * 60) {
        return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
    }
    const std::int64_t hours = (whole + 1800) / 3600;
    return fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string epochs_text(std::int64_t epochs) {
    return fmt::format("{} epoch{}", epochs, epochs == 1 ? "" : "s");
}

std::string percent_text(std::optional<double> fraction) {
    return fraction && std::isfinite(*fraction) ? fmt::format("{:.2f} %", 100 * *fraction) : "-";
}

double parse_duration(std::string_view what, std::string_view text) {
    const auto refuse = [&] {
        throw UsageError(
            fmt::format("{} is {}: expected a duration above 0, such as 90s, 30m, 1h30m or 2d, "
                        "and of 10000d at most",
                        what, text.empty() ? "empty" : text));
    };
    static constexpr std::string_view letters = "smhd";
    static constexpr std::array<double, 4> lengths{1, 60, 3600, 86400};
    double seconds = 0;
    std::string_view rest = text;
    while (!rest.empty()) {
        double number = 0;
        const auto [end, error] =
            std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
        if (error != std::errc{} || !(number >= 0) || !std::isfinite(number)) {
            refuse();
        }
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const std::size_t unit = rest.empty() ? 0 : letters.find(rest.front());
        if (unit == std::string_view::npos) {
            refuse();
        }
        seconds += number * lengths[unit];
        rest.remove_prefix(rest.empty() ? 0 : 1);
    }
    constexpr double longest = 10'000 * lengths.back(); // clocks count nanoseconds in 64 bits
    if (!(seconds > 0) || seconds > longest) {
        refuse();
    }
    return seconds;
}

} // namespace fractal::driver
