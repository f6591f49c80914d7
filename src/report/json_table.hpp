// Rows of described structs as one compact JSON table: the members' names once, then their values alone.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "reflect/json.hpp"

namespace fractal::report {

/// `{"members": [{"name", "help", "unit"}, …], "rows": [[value, …], …]}`. A row is one S after the other, so
/// that what belongs together need not stand in one struct. Fractions keep six digits: a page shows fewer.
template <reflect::Described... S>
class JsonTable {
public:
    JsonTable() {
        json_["members"] = reflect::Json::array();
        json_["rows"] = reflect::Json::array();
        (add_members<S>(), ...);
    }
    void add(const S&... parts) {
        reflect::Json row = reflect::Json::array();
        (add_values(row, parts), ...);
        json_["rows"].push_back(std::move(row));
    }
    reflect::Json json() && { return std::move(json_); }

private:
    template <class Part>
    void add_members() {
        reflect::for_each_field<Part>([&](const auto& field) {
            json_["members"].push_back({{"name", field.name()}, {"help", field.help}, {"unit", field.unit}});
        });
    }
    template <class Part>
    static void add_values(reflect::Json& row, const Part& part) {
        reflect::for_each_field<Part>(
            [&](const auto& field) { row.push_back(rounded(reflect::detail::value_to_json(field(part)))); });
    }
    /// Six digits of a number; a whole number that JavaScript cannot hold as text, every digit.
    static reflect::Json rounded(reflect::Json value) {
        constexpr auto most = std::uint64_t{1} << 53;
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > most) return value.dump();
        if (!value.is_number_float()) return value;
        const std::string digits = fmt::format("{:.6g}", value.get<double>());
        double number = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
        return number;
    }

    reflect::Json json_ = reflect::Json::object();
};

/// A table of a range of one kind of rows.
template <class Rows>
reflect::Json json_table(const Rows& rows) {
    JsonTable<typename Rows::value_type> table;
    for (const auto& row : rows) table.add(row);
    return std::move(table).json();
}

} // namespace fractal::report
