// What depth, columns, layer orders and the place of a layer did to the accuracy of the networks of one
// ranking.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reflect/fields.hpp"

namespace fractal::report {

/// One network trained by one recipe, with its mean accuracy over the seeds. All of one list are judged by
/// the same kind of accuracy on the same data.
struct Judged {
    std::string family = {};
    std::int32_t depth = 0;
    std::int32_t columns = 0;
    std::string layer_order = {}; ///< names joined by dots
    std::string recipe_label = {};
    double score = 0;
};

/// All layer orders of one depth and number of columns.
struct HeatCell {
    std::string family = {};
    std::string recipe_label = {};
    std::int32_t depth = 0;
    std::int32_t columns = 0;
    double mean_score = 0;
    double best_score = 0;
    std::int64_t networks = 0;
};

/// How a layer order does beside others in networks of the same shape.
struct OrderEffect {
    std::string layer_order = {};
    double effect = 0;
    std::optional<double> standard_error = {};
    double mean_score = 0;
    std::int64_t networks = 0;
};

/// The same for the orders that have a layer at one place.
struct PlaceEffect {
    std::string layer = {};
    std::int32_t place = 0;
    double effect = 0;
    std::optional<double> standard_error = {};
    std::int64_t networks = 0;
};

/// By family, recipe, depth and columns, which are never averaged over.
std::vector<HeatCell> heat_map(std::span<const Judged> networks);

/// An effect is the mean, over networks, of a network's score less the mean score of all networks of its
/// family, depth, columns and recipe. So a sweep that covers some shapes with some orders only is no
/// advantage to these. Networks that have no other beside them say nothing and are left out. The best first.
std::vector<OrderEffect> order_effects(std::span<const Judged> networks);

/// By layer, then place. A layer that an order has twice counts at both places; place 0 is its absence.
std::vector<PlaceEffect> place_effects(std::span<const Judged> networks);

} // namespace fractal::report

template <>
struct fractal::reflect::Fields<fractal::report::HeatCell> {
    using C = report::HeatCell;
    static constexpr auto list =
        hana::make_tuple(field<"family", &C::family>("family of the variants"),
                         field<"recipe_label", &C::recipe_label>("what the recipe was called"),
                         field<"depth", &C::depth>("number of units"),
                         field<"columns", &C::columns>("columns of each unit's fractal"),
                         field<"mean_score", &C::mean_score>("mean accuracy over the layer orders"),
                         field<"best_score", &C::best_score>("accuracy of the best layer order"),
                         field<"networks", &C::networks>("networks that it is the mean of"));
};

template <>
struct fractal::reflect::Fields<fractal::report::OrderEffect> {
    using E = report::OrderEffect;
    static constexpr auto list = hana::make_tuple(
        field<"layer_order", &E::layer_order>("layers of one firing, joined by dots"),
        field<"effect", &E::effect>(
            "mean difference from the mean of the networks of the same family, depth, "
            "columns and recipe"),
        field<"standard_error", &E::standard_error>("standard error of the effect; of two networks or more"),
        field<"mean_score", &E::mean_score>("mean accuracy"),
        field<"networks", &E::networks>("networks that it is the mean of"));
};

template <>
struct fractal::reflect::Fields<fractal::report::PlaceEffect> {
    using E = report::PlaceEffect;
    static constexpr auto list = hana::make_tuple(
        field<"layer", &E::layer>("name of the layer"),
        field<"place", &E::place>("its place in the layer order, from 1; 0: the order has it not"),
        field<"effect", &E::effect>(
            "mean difference from the mean of the networks of the same family, depth, "
            "columns and recipe"),
        field<"standard_error", &E::standard_error>("standard error of the effect; of two networks or more"),
        field<"networks", &E::networks>("networks that it is the mean of"));
};
