// Command-line flags of a described struct, one for each member.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/command_line.hpp"
#include "reflect/overlay.hpp"
#include "reflect/value_text.hpp"

namespace fractal::driver {

/// The line of `--help`: meaning, unit and what is allowed.
template <typename T, typename F>
std::string help_line(const F& field) {
    std::string line(field.help);
    if (!field.unit.empty()) {
        line += fmt::format(", in {}", field.unit);
    }
    if constexpr (reflect::Number<T>) {
        if (const std::string range = field.range.text(); !range.empty()) {
            line += fmt::format(" ({})", range);
        }
    }
    return line;
}

/// What `--help` calls the value: the names of an enumeration, `INT` or `NUMBER`.
template <typename T>
std::string value_name() {
    if constexpr (reflect::NamedEnum<T>) {
        return reflect::enum_list<T>("|");
    } else if constexpr (reflect::Number<T>) {
        return std::integral<T> ? "INT" : "NUMBER";
    } else {
        return "TEXT";
    }
}

/// Adds `--<member>` for each member of S that can be set, and `--no-<member>` for a truth value. What is
/// given is written to `overlay`, which must outlive the command line. Parsing throws UsageError for a value
/// that is no such value or out of range; it names flag and value, says what was expected, and lists near
/// misses.
template <reflect::Described S>
void add_member_flags(CommandLine::Group group, reflect::Overlay<S>& overlay) {
    overlay.for_each([&](const auto& field, auto& value) {
        using T = typename std::remove_cvref_t<decltype(value)>::value_type;
        if (!field.settable) return;
        const std::string flag = "--" + field.flag();
        if constexpr (std::same_as<T, bool>) {
            group.negatable_flag(
                flag, [&value](bool given) { value = given; }, help_line<T>(field));
        } else {
            const auto read = [&value, flag, range = field.range](const std::string& text) {
                value = reflect::parse_member<UsageError, T>(flag, text, range);
            };
            group.option(flag, value_name<T>(), read, help_line<T>(field));
        }
    });
}

} // namespace fractal::driver
