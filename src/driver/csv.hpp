// Comma-separated values, as RFC 4180 has them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reflect/fields.hpp"
#include "reflect/json.hpp"

namespace fractal::driver {

/// A text as a cell: in quotes where it must be.
inline std::string csv_cell(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

/// A line of the members' names, and one for each row; what is nothing or no finite number is an empty cell.
template <reflect::Described S>
std::string csv_of(const std::vector<S>& rows) {
    std::string text;
    reflect::for_each_field<S>(
        [&](const auto& field) { text += (text.empty() ? "" : ",") + std::string(field.name()); });
    text += "\n";
    for (const S& row : rows) {
        const reflect::Json json = reflect::to_json(row);
        bool first = true;
        for (const auto& [key, value] : json.items()) {
            if (!std::exchange(first, false)) text += ",";
            if (value.is_string()) {
                text += csv_cell(value.template get<std::string>());
            } else if (!value.is_null()) {
                text += value.dump();
            }
        }
        text += "\n";
    }
    return text;
}

} // namespace fractal::driver
