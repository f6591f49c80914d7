// Command-line flags and TOML keys of a described struct, for CLI11.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.hpp"
#include "reflect/overlay.hpp"
#include "reflect/value_text.hpp"

namespace fractal::reflect {

/// The line of `--help`: meaning, unit and what is allowed.
template <typename T, typename F>
std::string help_line(const F& field) {
    std::string line(field.help);
    if (!field.unit.empty()) {
        line += fmt::format(", in {}", field.unit);
    }
    if constexpr (Number<T>) {
        if (const std::string range = field.range.text(); !range.empty()) {
            line += fmt::format(" ({})", range);
        }
    }
    return line;
}

/// What `--help` calls the value: the names of an enumeration, `INT` or `NUMBER`.
template <typename T>
std::string value_name() {
    if constexpr (NamedEnum<T>) {
        return enum_list<T>("|");
    } else if constexpr (Number<T>) {
        return std::integral<T> ? "INT" : "NUMBER";
    } else {
        return "TEXT";
    }
}

/// Adds `--<member>` for each member of S that can be set to `app`, and `--no-<member>` for a truth value,
/// under the heading `group` of `--help`. What is given is written to `overlay`, which must outlive `app`.
/// The same names without dashes are the keys of `app`'s configuration file (`CLI::App::set_config`); a flag
/// beats a key. Parsing throws UsageError for a value that is no such value or out of range; it names flag
/// and value, says what was expected, and lists near misses.
template <Described S>
void add_flags(CLI::App& app, Overlay<S>& overlay, const std::string& group) {
    overlay.for_each([&](const auto& field, auto& value) {
        using T = typename std::remove_cvref_t<decltype(value)>::value_type;
        if (!field.settable) return;
        const std::string flag = "--" + field.flag();
        const Range range = field.range;
        CLI::Option* option = nullptr;
        if constexpr (std::same_as<T, bool>) {
            // CLI11 counts a given flag up and a negated one down.
            option = app.add_flag_function(
                fmt::format("{},!--no-{}", flag, field.flag()),
                [&value](std::int64_t count) { value = count > 0; }, help_line<T>(field));
            option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
            option->check([flag, range](const std::string& text) {
                parse_member<UsageError, T>(flag, text, range);
                return std::string();
            });
        } else {
            option = app.add_option_function<std::string>(
                flag,
                [&value, flag, range](const std::string& text) {
                    value = parse_member<UsageError, T>(flag, text, range);
                },
                help_line<T>(field));
            option->type_name(value_name<T>());
        }
        option->group(group);
    });
}

} // namespace fractal::reflect
