// Described structs as SQL columns, and their values to and from prepared statements.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.hpp"
#include "reflect/fields.hpp"
#include "reflect/json.hpp"
#include "reflect/value_text.hpp"

namespace fractal::reflect {

/// What a prepared statement must offer. Parameters are counted from 1, columns from 0, as SQLite does.
template <typename S>
concept SqlStatement = requires(S& statement, const S& row, int at) {
    statement.bind_null(at);
    statement.bind(at, std::int64_t{});
    statement.bind(at, double{});
    statement.bind(at, std::string_view{});
    { row.is_null(at) } -> std::same_as<bool>;
    { row.integer(at) } -> std::same_as<std::int64_t>;
    { row.real(at) } -> std::same_as<double>;
    { row.text(at) } -> std::convertible_to<std::string>;
};

namespace detail {

template <typename T>
struct Sql {
    static constexpr std::string_view type = std::floating_point<T>                         ? "REAL"
                                             : NamedEnum<T> || std::same_as<T, std::string> ? "TEXT"
                                                                                            : "INTEGER";
    static constexpr bool nullable = std::floating_point<T>; // SQLite has no NaN and stores NULL
};
template <typename T>
struct Sql<std::optional<T>> {
    static constexpr std::string_view type = Sql<T>::type;
    static constexpr bool nullable = true;
};

template <typename T>
std::string check_of(std::string_view name) {
    if constexpr (NamedEnum<T>) {
        return fmt::format(" CHECK ({} IN ('{}'))", name, enum_list<T>("', '"));
    } else {
        return {};
    }
}

} // namespace detail

/// The column definitions of S for CREATE TABLE, one to a line, each with its meaning as a comment, which
/// SQLite keeps: `sqlite3 results.sqlite .schema` explains itself. Ends with a comma and a newline.
template <Described S>
std::string sql_definitions() {
    std::string lines;
    for_each_field<S>([&](const auto& field) {
        using T = member_t<S, decltype(field)>;
        lines += fmt::format("    {} {}{}{},  -- {}{}\n", field.name(), detail::Sql<T>::type,
                             detail::Sql<T>::nullable ? "" : " NOT NULL", detail::check_of<T>(field.name()),
                             field.help, field.unit.empty() ? "" : fmt::format(", in {}", field.unit));
    });
    return lines;
}

/// The names of S's columns: `lr, momentum`, or with a prefix `recipe.lr, recipe.momentum`.
template <Described S>
std::string sql_columns(std::string_view prefix = {}) {
    std::string list;
    for_each_field<S>([&](const auto& field) {
        list += fmt::format("{}{}{}", list.empty() ? "" : ", ", prefix, field.name());
    });
    return list;
}

/// As many parameters as S has members: `?, ?, ?`.
template <Described S>
std::string sql_parameters() {
    std::string list;
    for_each_field<S>([&](const auto&) { list += list.empty() ? "?" : ", ?"; });
    return list;
}

/// Binds one value to parameter `at`. NaN and empty optionals become NULL.
template <SqlStatement Statement, typename T>
void bind_value(Statement& statement, int at, const T& value) {
    if constexpr (detail::is_optional<T>) {
        value ? bind_value(statement, at, *value) : statement.bind_null(at);
    } else if constexpr (NamedEnum<T>) {
        statement.bind(at, enum_text(value));
    } else if constexpr (std::floating_point<T>) {
        std::isnan(value) ? statement.bind_null(at) : statement.bind(at, static_cast<double>(value));
    } else if constexpr (std::integral<T>) {
        statement.bind(at, static_cast<std::int64_t>(value));
    } else {
        statement.bind(at, std::string_view(value));
    }
}

/// Reads column `at` of the current row. Throws DataError for a text that is no enumerator.
template <typename T, SqlStatement Statement>
T read_value(const Statement& row, int at, std::string_view name) {
    if constexpr (detail::is_optional<T>) {
        return row.is_null(at) ? T{} : T{read_value<typename T::value_type>(row, at, name)};
    } else if constexpr (NamedEnum<T>) {
        return parse_member<DataError, T>(name, row.text(at), {});
    } else if constexpr (std::floating_point<T>) {
        return row.is_null(at) ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(row.real(at));
    } else if constexpr (std::integral<T>) {
        return static_cast<T>(row.integer(at));
    } else {
        return T(row.text(at));
    }
}

/// Binds the members of `object` to the parameters from `at` on, and moves `at` behind them.
template <SqlStatement Statement, Described S>
void bind_members(Statement& statement, int& at, const S& object) {
    for_each_field<S>([&](const auto& field) { bind_value(statement, at++, field(object)); });
}

/// Reads the members of an S from the columns from `at` on, and moves `at` behind them.
template <Described S, SqlStatement Statement>
S read_members(const Statement& row, int& at) {
    S object{};
    for_each_field<S>([&](const auto& field) {
        field(object) = read_value<member_t<S, decltype(field)>>(row, at++, field.name());
    });
    return object;
}

} // namespace fractal::reflect
