// The one list of a struct's members (name, meaning, unit, range) that makes it a Boost.Hana Struct, and from
// which flags, TOML keys, help, JSON and SQL columns are derived.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/hana/accessors.hpp>
#include <boost/hana/core/when.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/transform.hpp>
#include <boost/hana/tuple.hpp>

namespace fractal::reflect {

namespace hana = boost::hana;

/// The numbers a member may be. An open end is not itself allowed. NaN is never in a range.
struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool low_open = false;
    bool high_open = false;

    constexpr bool contains(double x) const {
        return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high);
    }
    /// `at least 1`, `above 0 and at most 1`; empty if every number is allowed.
    std::string text() const;
};

constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range above(double low) { return {.low = low, .low_open = true}; }
constexpr Range between(double low, double high) { return {.low = low, .high = high}; }
/// low <= x < high
constexpr Range below(double low, double high) { return {.low = low, .high = high, .high_open = true}; }

/// A string literal as a template argument.
template <std::size_t N>
struct Literal {
    char text[N]{};
    consteval Literal(const char (&source)[N]) { std::copy_n(source, N, text); }
};

/// One member: its name as a `hana::string`, and what a person must know of it. It is the member's accessor.
template <Literal Name, auto Member>
struct Field {
    std::string_view help;
    std::string_view unit = {}; ///< empty for what has none
    Range range = {};           ///< finite numbers only, whatever the range
    bool settable = true;       ///< by a flag or a key of a configuration file

    static constexpr auto key = []<std::size_t... I>(std::index_sequence<I...>) {
        return hana::string_c<Name.text[I]...>;
    }(std::make_index_sequence<sizeof(Name.text) - 1>{});
    /// The member's name as it is in C++, JSON and SQL: `weight_decay`.
    static constexpr std::string_view name() { return {Name.text, sizeof(Name.text) - 1}; }
    /// The name as it is in flags (behind `--`) and TOML keys: `weight-decay`.
    static std::string flag() {
        std::string text(name());
        std::ranges::replace(text, '_', '-');
        return text;
    }

    template <typename S>
    constexpr decltype(auto) operator()(S&& object) const {
        return (std::forward<S>(object).*Member);
    }
};

/// One member of a `Fields<S>::list`: `field<"batch", &Recipe::batch>("images in one step", "images", …)`.
template <Literal Name, auto Member>
constexpr Field<Name, Member> field(std::string_view help, std::string_view unit = {}, Range range = {}) {
    return {help, unit, range};
}

/// The same for a member that follows from something else, and that no flag or key sets.
template <Literal Name, auto Member>
constexpr Field<Name, Member> derived_field(std::string_view help, std::string_view unit = {},
                                            Range range = {}) {
    return {help, unit, range, false};
}

/// Specialised for each described struct:
///     static constexpr auto list = hana::make_tuple(field<…>(…), field<…>(…), …);
template <typename S>
struct Fields;

template <typename S>
concept Described = requires { Fields<S>::list; };

/// The type of the member that `F` describes in `S`.
template <typename S, typename F>
using member_t = std::remove_cvref_t<decltype(std::declval<F>()(std::declval<S&>()))>;

/// Calls `visit(field)` for each member of S, in the order of the list.
template <Described S, typename Visitor>
constexpr void for_each_field(Visitor&& visit) {
    hana::for_each(Fields<S>::list, std::forward<Visitor>(visit));
}

inline std::string Range::text() const {
    const auto number = [](double x) {
        std::string digits = std::to_string(x);
        digits.erase(digits.find_last_not_of('0') + 1);
        return digits.ends_with('.') ? digits.substr(0, digits.size() - 1) : digits;
    };
    std::string words;
    if (std::isfinite(low)) {
        words += (low_open ? "above " : "at least ") + number(low);
    }
    if (std::isfinite(high)) {
        words +=
            (words.empty() ? "" : " and ") + std::string(high_open ? "below " : "at most ") + number(high);
    }
    return words;
}

} // namespace fractal::reflect

namespace boost::hana {

/// A described struct is a Hana Struct: `hana::members`, `hana::keys`, `hana::for_each` … work on it.
template <typename S>
struct accessors_impl<S, when<fractal::reflect::Described<S>>> {
    static constexpr auto apply() {
        return hana::transform(fractal::reflect::Fields<S>::list,
                               [](auto field) { return hana::make_pair(field.key, field); });
    }
};

} // namespace boost::hana
