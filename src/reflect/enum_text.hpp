// Enumerators as text and back, from one list per enumeration that is found beside it.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace fractal::reflect {

/// One enumerator and the text that flags, files and tables call it by.
template <typename E>
struct EnumName {
    E value;
    std::string_view text;
};

/// An enumeration that states its names: beside it stands `constexpr auto enum_names(E)`, which returns a
/// `std::array` of `EnumName<E>`, every enumerator once.
template <typename E>
concept NamedEnum = std::is_enum_v<E> && requires(E value) {
    { enum_names(value).front() } -> std::convertible_to<EnumName<E>>;
};

/// The text of `value`; empty if it is no enumerator of E.
template <NamedEnum E>
constexpr std::string_view enum_text(E value) {
    for (const EnumName<E>& name : enum_names(E{})) {
        if (name.value == value) {
            return name.text;
        }
    }
    return {};
}

/// The enumerator called `text`, in exactly these letters.
template <NamedEnum E>
constexpr std::optional<E> parse_enum(std::string_view text) {
    for (const EnumName<E>& name : enum_names(E{})) {
        if (name.text == text) {
            return name.value;
        }
    }
    return std::nullopt;
}

/// All texts of E, in the order of its list.
template <NamedEnum E>
std::vector<std::string_view> enum_texts() {
    std::vector<std::string_view> texts;
    for (const EnumName<E>& name : enum_names(E{})) {
        texts.push_back(name.text);
    }
    return texts;
}

/// All texts of E in one line: `none, random, alternating`.
template <NamedEnum E>
std::string enum_list(std::string_view separator = ", ") {
    std::string list;
    for (const std::string_view text : enum_texts<E>()) {
        list += list.empty() ? "" : separator;
        list += text;
    }
    return list;
}

} // namespace fractal::reflect
