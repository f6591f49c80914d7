// Effects against figures worked out by hand.
#include "report/effects.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "check.hpp"

using namespace fractal::report;

namespace {

Judged network(int depth, int columns, const char* order, double score, const char* recipe = "fast",
               const char* family = "paper") {
    return {.family = family,
            .depth = depth,
            .columns = columns,
            .layer_order = order,
            .recipe_label = recipe,
            .score = score};
}

/// Deep networks are better, and only the deep ones were trained with all three orders.
const std::vector<Judged> networks{
    network(1, 2, "conv3", 0.30),   network(1, 2, "conv3.bn", 0.40),    network(3, 2, "conv3", 0.60),
    network(3, 2, "conv3.bn", 0.9), network(3, 2, "bn.conv3.bn", 0.75), network(4, 2, "conv3.relu", 0.99),
};

const PlaceEffect& at(const std::vector<PlaceEffect>& effects, std::string_view layer, int place) {
    const auto found = std::ranges::find_if(
        effects, [&](const PlaceEffect& one) { return one.layer == layer && one.place == place; });
    REQUIRE(found != effects.end());
    return *found;
}

} // namespace

TEST_CASE("an order is compared with the networks of its shape, so depth is no merit of it") {
    const std::vector<OrderEffect> effects = order_effects(networks);
    REQUIRE(effects.size() == 3); // conv3.relu has nothing beside it
    CHECK(effects[0].layer_order == "conv3.bn");
    CHECK(effects[0].effect == doctest::Approx((0.05 + 0.15) / 2));
    CHECK(effects[0].mean_score == doctest::Approx(0.65));
    CHECK(effects[0].networks == 2);
    // sd of {0.05, 0.15} is 0.0707, over the root of 2
    CHECK(effects[0].standard_error.value() == doctest::Approx(0.05));
    CHECK(effects[1].layer_order == "bn.conv3.bn");
    CHECK(effects[1].effect == doctest::Approx(0));
    CHECK_FALSE(effects[1].standard_error);
    CHECK(effects[2].layer_order == "conv3");
    CHECK(effects[2].effect == doctest::Approx(-0.1));
}

TEST_CASE("a layer counts at each of its places, and where it is not") {
    const std::vector<PlaceEffect> effects = place_effects(networks);
    CHECK(at(effects, "bn", 0).effect == doctest::Approx(-0.1)); // conv3
    CHECK(at(effects, "bn", 1).effect == doctest::Approx(0));    // bn.conv3.bn
    CHECK(at(effects, "bn", 2).effect == doctest::Approx(0.1));  // conv3.bn
    CHECK(at(effects, "bn", 3).effect == doctest::Approx(0));    // bn.conv3.bn again
    CHECK(at(effects, "conv3", 1).networks == 4);
    CHECK(at(effects, "conv3", 1).effect == doctest::Approx(0));
    for (const PlaceEffect& one : effects) CHECK(one.layer != "relu");
}

TEST_CASE("families and recipes are never averaged over") {
    const std::vector<Judged> mixed{network(1, 1, "conv3", 0.2), network(1, 1, "bn.conv3", 0.4),
                                    network(1, 1, "conv3", 0.8, "published"),
                                    network(1, 1, "conv3", 0.9, "fast", "compact")};
    const std::vector<HeatCell> cells = heat_map(mixed);
    REQUIRE(cells.size() == 3);
    CHECK(cells[0].family == "compact");
    CHECK(cells[1].recipe_label == "fast");
    CHECK(cells[1].mean_score == doctest::Approx(0.3));
    CHECK(cells[1].best_score == doctest::Approx(0.4));
    CHECK(cells[1].networks == 2);
    CHECK(order_effects(mixed).size() == 2);
    CHECK(order_effects(mixed)[0].networks == 1);
}

TEST_CASE("of no network there is no effect") {
    CHECK(heat_map({}).empty());
    CHECK(order_effects({}).empty());
    CHECK(place_effects({}).empty());
}
