// A member's value as text and back, and the words for what was expected instead.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>

#include "base/near_misses.hpp"
#include "reflect/enum_text.hpp"
#include "reflect/fields.hpp"

namespace fractal::reflect {

template <typename T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

/// The value that `text` spells, all of it; nothing if it spells none, or if T cannot hold it.
template <typename T>
std::optional<T> parse_value(std::string_view text) {
    if constexpr (NamedEnum<T>) {
        return parse_enum<T>(text);
    } else if constexpr (std::same_as<T, bool>) {
        return text == "true" ? std::optional(true) : text == "false" ? std::optional(false) : std::nullopt;
    } else if constexpr (Number<T>) {
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
    } else {
        return T(text);
    }
}

/// The shortest text that `parse_value` reads back as the same value.
template <typename T>
std::string value_text(const T& value) {
    if constexpr (NamedEnum<T>) {
        return std::string(enum_text(value));
    } else {
        return fmt::format("{}", value);
    }
}

/// Whether `value` may stand in a member of range `range`; only numbers can be out of range.
template <typename T>
constexpr bool in_range(const T& value, const Range& range) {
    if constexpr (Number<T>) {
        const auto x = static_cast<double>(value);
        return x - x == 0 && range.contains(x); // x - x: neither infinite nor NaN
    } else if constexpr (NamedEnum<T>) {
        return !enum_text(value).empty();
    } else {
        return true;
    }
}

/// `a whole number, at least 1`, `a number, above 0`, `one of none, random, alternating`.
template <typename T>
std::string expectation(const Range& range) {
    if constexpr (NamedEnum<T>) {
        return "one of " + enum_list<T>();
    } else if constexpr (std::same_as<T, bool>) {
        return "true or false";
    } else if constexpr (Number<T>) {
        const std::string kind = std::integral<T> ? "a whole number" : "a number";
        return range.text().empty() ? kind : kind + ", " + range.text();
    } else {
        return "a text";
    }
}

/// The message about a value that is not allowed: `--lr is -1: expected a number, above 0`, for enumerations
/// with the names that come near.
template <typename T>
std::string complaint(std::string_view what, std::string_view value, const Range& range) {
    std::string words =
        fmt::format("{} is {}: expected {}", what, value.empty() ? "empty" : value, expectation<T>(range));
    if constexpr (NamedEnum<T>) {
        words += did_you_mean(value, enum_texts<T>());
    }
    return words;
}

/// The value that `text` spells, if `field` allows it; throws `E(message)` that calls the member `what`.
template <typename E, typename T>
T parse_member(std::string_view what, std::string_view text, const Range& range) {
    const std::optional<T> value = parse_value<T>(text);
    if (!value || !in_range(*value, range)) {
        throw E(complaint<T>(what, text, range));
    }
    return *value;
}

/// Throws `E(message)` for the first member of `object` that is out of its range.
template <typename E, Described S>
void check_ranges(const S& object) {
    for_each_field<S>([&](const auto& field) {
        const auto& value = field(object);
        if (!in_range(value, field.range)) {
            throw E(complaint<std::remove_cvref_t<decltype(value)>>("--" + field.flag(), value_text(value),
                                                                    field.range));
        }
    });
}

} // namespace fractal::reflect
