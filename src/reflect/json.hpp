// Described structs as JSON objects, members in the order of their list, and back.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "reflect/fields.hpp"
#include "reflect/value_text.hpp"

namespace fractal::reflect {

using Json = nlohmann::ordered_json;

/// As text, on one line or indented. Bytes that are no UTF-8, which names and reasons in a run from somewhere
/// else may hold, are written as U+FFFD.
inline std::string json_text(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

namespace detail {

template <typename T>
constexpr bool is_optional = false;
template <typename T>
constexpr bool is_optional<std::optional<T>> = true;

template <typename T>
Json value_to_json(const T& value) {
    if constexpr (is_optional<T>) {
        return value ? value_to_json(*value) : Json(nullptr);
    } else if constexpr (NamedEnum<T>) {
        return Json(enum_text(value));
    } else if constexpr (std::floating_point<T>) {
        return std::isfinite(value) ? Json(value) : Json(nullptr);
    } else {
        return Json(value);
    }
}

/// Reads one member. A number that is not finite was written as null, JSON having none, and is read as NaN.
template <typename T>
T value_from_json(const Json& json, std::string_view name, const Range& range) {
    if constexpr (is_optional<T>) {
        return json.is_null() ? T{} : T{value_from_json<typename T::value_type>(json, name, range)};
    } else if constexpr (std::same_as<T, std::string>) {
        if (json.is_string()) {
            return json.get<std::string>();
        }
        throw DataError(complaint<T>(name, json.dump(), range));
    } else if constexpr (std::floating_point<T>) {
        if (json.is_null()) {
            return std::numeric_limits<T>::quiet_NaN();
        }
        return parse_member<DataError, T>(name, json.dump(), range);
    } else {
        const std::string text = NamedEnum<T> && json.is_string() ? json.get<std::string>() : json.dump();
        return parse_member<DataError, T>(name, text, range);
    }
}

} // namespace detail

/// One JSON object, a key for each member. Enumerators are texts; empty optionals and numbers that are not
/// finite are null.
template <Described S>
Json to_json(const S& object) {
    Json json = Json::object();
    for_each_field<S>(
        [&](const auto& field) { json[std::string(field.name())] = detail::value_to_json(field(object)); });
    return json;
}

/// Sets the members of `object` that `json` has; the others stay as they are.
/// Throws DataError for what is no object, for a key that S does not have (with near misses) and for a value
/// that is of the wrong kind or out of range. `object` is then unchanged.
template <Described S>
void update_from_json(S& object, const Json& json) {
    if (!json.is_object()) {
        throw DataError(fmt::format("{}: expected a JSON object", json.dump()));
    }
    std::vector<std::string_view> names;
    for_each_field<S>([&](const auto& field) { names.push_back(field.name()); });
    for (const auto& [key, value] : json.items()) {
        if (std::ranges::find(names, key) == names.end()) {
            throw DataError(fmt::format("{} is no key of this object{}", key, did_you_mean(key, names)));
        }
    }
    S updated = object;
    for_each_field<S>([&](const auto& field) {
        if (const auto found = json.find(std::string(field.name())); found != json.end()) {
            using T = member_t<S, decltype(field)>;
            field(updated) = detail::value_from_json<T>(*found, field.name(), field.range);
        }
    });
    object = updated;
}

/// A whole object: as `update_from_json`, and a member that `json` does not have is a DataError too.
template <Described S>
S from_json(const Json& json) {
    S object{};
    update_from_json(object, json);
    for_each_field<S>([&](const auto& field) {
        if (!json.contains(std::string(field.name()))) {
            throw DataError(fmt::format("the JSON object has no key {}", field.name()));
        }
    });
    return object;
}

} // namespace fractal::reflect
