// A described struct: one list, read by Hana, JSON and SQL.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <boost/hana/concept/struct.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/members.hpp>
#include <boost/hana/tuple.hpp>

#include "base/error.hpp"
#include "reflect/json.hpp"
#include "reflect/sql.hpp"
#include "reflect/value_text.hpp"

namespace {

enum class Colour : std::uint8_t { red, dark_green };
constexpr auto enum_names(Colour) {
    return std::to_array<fractal::reflect::EnumName<Colour>>(
        {{Colour::red, "red"}, {Colour::dark_green, "dark-green"}});
}

struct Point {
    std::int32_t x_place = 1;
    double y = 2.5;
    bool seen = false;
    Colour colour = Colour::red;
    std::string name = {};
    std::optional<double> weight = {};
};

} // namespace

template <>
struct fractal::reflect::Fields<Point> {
    static constexpr auto list = hana::make_tuple(
        field<"x_place", &Point::x_place>("where", "pixels", between(0, 9)),
        field<"y", &Point::y>("height", {}, above(0)), field<"seen", &Point::seen>("whether seen"),
        field<"colour", &Point::colour>("its colour"), field<"name", &Point::name>("its name"),
        field<"weight", &Point::weight>("weight", "grams"));
};

namespace {

using namespace fractal;
namespace hana = boost::hana;

template <typename E, typename F>
std::string message_of(F&& action) {
    try {
        action();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing thrown";
}

} // namespace

TEST_CASE("a described struct is a Hana Struct") {
    static_assert(hana::Struct<Point>::value);
    std::string names;
    hana::for_each(Point{}, [&](const auto& member) {
        names += std::string(hana::to<const char*>(hana::first(member))) + " ";
    });
    CHECK(names == "x_place y seen colour name weight ");
    Point point;
    point.y = 7.0;
    CHECK(hana::at_c<1>(hana::members(point)) == 7.0);
}

TEST_CASE("ranges know their ends and their words") {
    using namespace reflect;
    static_assert(between(0, 1).contains(1) && !below(0, 1).contains(1) && !above(0).contains(0));
    static_assert(!Range{}.contains(std::numeric_limits<double>::quiet_NaN()));
    CHECK(above(0).text() == "above 0");
    CHECK(at_least(1).text() == "at least 1");
    CHECK(below(0, 0.5).text() == "at least 0 and below 0.5");
    CHECK(Range{}.text().empty());
    CHECK_FALSE(in_range(std::numeric_limits<double>::infinity(), Range{}));
}

TEST_CASE("texts are values only as a whole") {
    using reflect::parse_value;
    CHECK(parse_value<double>("1e-4") == 1e-4);
    CHECK_FALSE(parse_value<double>("1e-4x"));
    CHECK_FALSE(parse_value<std::int32_t>("1.5"));
    CHECK_FALSE(parse_value<std::int32_t>("3000000000"));
    CHECK_FALSE(parse_value<std::uint64_t>("-1"));
    CHECK_FALSE(parse_value<std::int32_t>(""));
    CHECK(parse_value<bool>("false") == false);
    CHECK_FALSE(parse_value<bool>("yes"));
    CHECK(parse_value<Colour>("dark-green") == Colour::dark_green);
    CHECK_FALSE(parse_value<Colour>("dark_green"));
    CHECK(parse_value<double>(reflect::value_text(0.1)) == 0.1);
}

TEST_CASE("JSON keeps order and values, and comes back") {
    const Point point{
        .x_place = 3, .y = 0.1, .seen = true, .colour = Colour::dark_green, .name = "a\"b", .weight = {}};
    const reflect::Json json = reflect::to_json(point);
    CHECK(json.dump() ==
          R"({"x_place":3,"y":0.1,"seen":true,"colour":"dark-green","name":"a\"b","weight":null})");
    const Point back = reflect::from_json<Point>(json);
    CHECK(reflect::to_json(back) == json);

    Point broken;
    broken.y = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(reflect::from_json<Point>(reflect::to_json(broken)).y));
}

TEST_CASE("JSON that does not fit is refused by name and changes nothing") {
    using reflect::Json;
    Point point;
    const auto update = [&](const char* text) {
        return message_of<DataError>([&] { reflect::update_from_json(point, Json::parse(text)); });
    };
    CHECK(update(R"({"x_plaec": 1})") == "x_plaec is no key of this object; did you mean x_place?");
    CHECK(update(R"({"x_place": 2, "y": -1})") == "y is -1: expected a number, above 0");
    CHECK(update(R"({"x_place": "2"})") ==
          "x_place is \"2\": expected a whole number, at least 0 and at most 9");
    CHECK(update(R"({"colour": "rad"})") ==
          "colour is rad: expected one of red, dark-green; did you mean red?");
    CHECK(update(R"({"name": 1})") == "name is 1: expected a text");
    CHECK(update("[1]") == "[1]: expected a JSON object");
    CHECK(point.x_place == 1);
    reflect::update_from_json(point, Json::parse(R"({"y": 3})"));
    CHECK(point.y == 3.0);
    CHECK(point.x_place == 1);
    CHECK(message_of<DataError>([] { reflect::from_json<Point>(Json::parse(R"({"y": 3})")); }) ==
          "the JSON object has no key x_place");
}

TEST_CASE("SQL columns have type, check and meaning") {
    CHECK(reflect::sql_columns<Point>("p.") == "p.x_place, p.y, p.seen, p.colour, p.name, p.weight");
    CHECK(reflect::sql_parameters<Point>() == "?, ?, ?, ?, ?, ?");
    CHECK(reflect::sql_definitions<Point>() ==
          "    x_place INTEGER NOT NULL,  -- where, in pixels\n"
          "    y REAL,  -- height\n"
          "    seen INTEGER NOT NULL,  -- whether seen\n"
          "    colour TEXT NOT NULL CHECK (colour IN ('red', 'dark-green')),  -- its colour\n"
          "    name TEXT NOT NULL,  -- its name\n"
          "    weight REAL,  -- weight, in grams\n");
}
