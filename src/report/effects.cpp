// Means over groups of networks.
#include "report/effects.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace fractal::report {
namespace {

/// Mean, spread and highest of numbers, by Welford's method.
class Mean {
public:
    void add(double x) {
        ++count_;
        const double step = x - mean_;
        mean_ += step / static_cast<double>(count_);
        squares_ += step * (x - mean_);
        highest_ = std::max(highest_, x);
    }
    std::int64_t count() const { return count_; }
    double mean() const { return mean_; }
    double highest() const { return highest_; }
    /// Of the mean; nothing where there is no second number.
    std::optional<double> standard_error() const {
        if (count_ < 2) return std::nullopt;
        const auto n = static_cast<double>(count_);
        return std::sqrt(squares_ / (n - 1) / n);
    }

private:
    std::int64_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
    double highest_ = -std::numeric_limits<double>::infinity();
};

/// What two networks must share for their layer orders to be compared.
auto shape_of(const Judged& network) {
    return std::tie(network.family, network.recipe_label, network.depth, network.columns);
}
using ShapeKey = std::tuple<std::string, std::string, std::int32_t, std::int32_t>;

std::map<ShapeKey, Mean> shape_means(std::span<const Judged> networks) {
    std::map<ShapeKey, Mean> shapes;
    for (const Judged& network : networks) shapes[shape_of(network)].add(network.score);
    return shapes;
}

/// Calls `visit(network, difference)` with each network that has others of its shape beside it.
template <class Visitor>
void for_each_difference(std::span<const Judged> networks, Visitor&& visit) {
    const std::map<ShapeKey, Mean> shapes = shape_means(networks);
    for (const Judged& network : networks) {
        const Mean& shape = shapes.at(shape_of(network));
        if (shape.count() > 1) visit(network, network.score - shape.mean());
    }
}

std::vector<std::string> layers_of(std::string_view order) {
    std::vector<std::string> layers;
    for (std::size_t at = 0; at <= order.size();) {
        const std::size_t end = std::min(order.find('.', at), order.size());
        layers.emplace_back(order.substr(at, end - at));
        at = end + 1;
    }
    return layers;
}

} // namespace

std::vector<HeatCell> heat_map(std::span<const Judged> networks) {
    std::vector<HeatCell> cells;
    for (const auto& [key, mean] : shape_means(networks)) {
        const auto& [family, recipe_label, depth, columns] = key;
        cells.push_back({.family = family,
                         .recipe_label = recipe_label,
                         .depth = depth,
                         .columns = columns,
                         .mean_score = mean.mean(),
                         .best_score = mean.highest(),
                         .networks = mean.count()});
    }
    return cells;
}

std::vector<OrderEffect> order_effects(std::span<const Judged> networks) {
    struct Both {
        Mean difference, score;
    };
    std::map<std::string, Both> orders;
    for_each_difference(networks, [&](const Judged& network, double difference) {
        Both& both = orders[network.layer_order];
        both.difference.add(difference);
        both.score.add(network.score);
    });
    std::vector<OrderEffect> effects;
    for (const auto& [order, both] : orders) {
        effects.push_back({.layer_order = order,
                           .effect = both.difference.mean(),
                           .standard_error = both.difference.standard_error(),
                           .mean_score = both.score.mean(),
                           .networks = both.score.count()});
    }
    std::ranges::stable_sort(effects, std::ranges::greater{}, &OrderEffect::effect);
    return effects;
}

std::vector<PlaceEffect> place_effects(std::span<const Judged> networks) {
    std::set<std::string> alphabet;
    for_each_difference(networks, [&](const Judged& network, double) {
        for (const std::string& layer : layers_of(network.layer_order)) alphabet.insert(layer);
    });
    std::map<std::pair<std::string, std::int32_t>, Mean> places;
    for_each_difference(networks, [&](const Judged& network, double difference) {
        std::set<std::string> absent = alphabet;
        std::int32_t place = 0;
        for (const std::string& layer : layers_of(network.layer_order)) {
            places[{layer, ++place}].add(difference);
            absent.erase(layer);
        }
        for (const std::string& layer : absent) places[{layer, 0}].add(difference);
    });
    std::vector<PlaceEffect> effects;
    for (const auto& [key, mean] : places) {
        effects.push_back({.layer = key.first,
                           .place = key.second,
                           .effect = mean.mean(),
                           .standard_error = mean.standard_error(),
                           .networks = mean.count()});
    }
    return effects;
}

} // namespace fractal::report
