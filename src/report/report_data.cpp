// The document's tables, one function for each.
#include "report/report_data.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "report/effects.hpp"
#include "report/json_table.hpp"
#include "train/recipe_fields.hpp"

namespace fractal::report {

/// What the program knows of a network beyond the results.
struct VariantFacts {
    std::string full_name = {};
    std::optional<std::int64_t> firings = {};
    std::optional<std::int64_t> longest_path = {};
    std::optional<std::int64_t> drawing = {};
};

struct RecipeKey {
    std::string recipe_label = {};
};

struct TrialKey {
    std::int64_t id = 0;
    std::int64_t variant = 0;
    std::int64_t recipe = 0;
    std::uint64_t seed = 0;
};

struct CurvePoint {
    std::int32_t epoch = 0;
    double train_loss = 0;
    double train_accuracy = 0;
    std::optional<double> validation_loss = {};
    std::optional<double> validation_accuracy = {};
};

/// Whether none beats a network at less cost, for each kind of cost by itself.
struct Fronts {
    bool macs = false;
    bool parameters = false;
    bool activation_bytes = false;
    bool time = false;
    bool latency = false;
};

} // namespace fractal::report

namespace fractal::reflect {

template <>
struct Fields<report::VariantFacts> {
    using F = report::VariantFacts;
    static constexpr auto list = hana::make_tuple(
        field<"full_name", &F::full_name>("the name that stands alone"),
        field<"firings", &F::firings>("applications of the layer order"),
        field<"longest_path", &F::longest_path>("firings from the input to the head, at most"),
        field<"drawing", &F::drawing>("which of the drawings shows it"));
};

template <>
struct Fields<report::RecipeKey> {
    static constexpr auto list = hana::make_tuple(
        field<"recipe_label", &report::RecipeKey::recipe_label>("what the recipe was called"));
};

template <>
struct Fields<report::TrialKey> {
    using K = report::TrialKey;
    static constexpr auto list = hana::make_tuple(
        field<"id", &K::id>("number of the trial"), field<"variant", &K::variant>("which variant"),
        field<"recipe", &K::recipe>("which recipe"), field<"seed", &K::seed>("seed of all that is random"));
};

template <>
struct Fields<report::CurvePoint> {
    using P = report::CurvePoint;
    static constexpr auto list =
        hana::make_tuple(field<"epoch", &P::epoch>("epochs trained, from 1"),
                         field<"train_loss", &P::train_loss>("training loss"),
                         field<"train_accuracy", &P::train_accuracy>("training accuracy"),
                         field<"validation_loss", &P::validation_loss>("validation loss"),
                         field<"validation_accuracy", &P::validation_accuracy>("validation accuracy"));
};

template <>
struct Fields<report::Fronts> {
    using F = report::Fronts;
    static constexpr auto list = hana::make_tuple(
        field<"front_macs", &F::macs>("none beats it at fewer multiply-accumulates"),
        field<"front_parameters", &F::parameters>("none beats it with fewer parameters"),
        field<"front_activation_bytes", &F::activation_bytes>(
            "none beats it with less kept for the backward pass"),
        field<"front_time", &F::time>("none beats it in less time for a training image, as measured"),
        field<"front_latency", &F::latency>(
            "none beats it in less time for evaluating one image, as measured"));
};

} // namespace fractal::reflect

namespace fractal::report {
namespace {

using reflect::Json;

/// Each different thing once, with its place in the order of first use.
template <class Key>
class Numbered {
public:
    /// The number of `key`, and whether it is new.
    std::pair<std::int64_t, bool> number(const Key& key) {
        const auto [entry, added] = numbers_.try_emplace(key, static_cast<std::int64_t>(numbers_.size()));
        return {entry->second, added};
    }

private:
    std::map<Key, std::int64_t> numbers_;
};

/// Drawings shared by the networks that look the same.
class Drawings {
public:
    explicit Drawings(const Draw& draw) : draw_(draw) {}

    std::int64_t drawing_of(const NetworkSpec& net) {
        const auto [number, is_new] =
            numbers_.number({net.depth, net.columns, net.transition, net.pool, net.unit_dropout});
        if (is_new) svgs_.push_back(draw_(net, ""));
        return number;
    }
    Json json() const { return svgs_; }

private:
    using Look = std::tuple<int, int, bool, PoolPlacement, decltype(NetworkSpec::unit_dropout)>;

    const Draw& draw_;
    Numbered<Look> numbers_;
    std::vector<std::string> svgs_;
};

/// Of the network that the results name, if this program still calls the same network so.
VariantFacts facts_of(const store::Subject& subject, const Registry& registry, Drawings& drawings) {
    const Variant* variant = registry.find(subject.variant);
    if (variant == nullptr || fmt::format("{:016x}", variant->fingerprint) != subject.fingerprint) return {};
    return {.full_name = std::string(variant->full_name),
            .firings = variant->cost.firings,
            .longest_path = variant->cost.longest_path,
            .drawing = drawings.drawing_of(*variant->spec)};
}

CurvePoint point_of(const store::Epoch& epoch) {
    return {.epoch = epoch.epoch,
            .train_loss = epoch.train_loss,
            .train_accuracy = epoch.train_accuracy,
            .validation_loss = epoch.validation_loss,
            .validation_accuracy = epoch.validation_accuracy};
}

/// At most `most_points` of the epochs.
Json curve_json(const std::vector<store::Epoch>& epochs) {
    const std::size_t points = std::min(epochs.size(), most_points);
    JsonTable<CurvePoint> table;
    for (std::size_t i = 0; i < points; ++i) {
        const std::size_t at = points == epochs.size() ? i : i * (epochs.size() - 1) / (points - 1);
        table.add(point_of(epochs[at]));
    }
    return std::move(table).json()["rows"];
}

Json members_of_curves() { return JsonTable<CurvePoint>().json()["members"]; }

std::vector<Judged> judged(const store::Ranking& ranking,
                           const std::map<std::string, const store::Subject*>& subjects) {
    std::vector<Judged> networks;
    for (const store::Ranked& row : ranking.rows) {
        const store::Subject& subject = *subjects.at(row.variant);
        networks.push_back({.family = subject.family,
                            .depth = subject.depth,
                            .columns = subject.columns,
                            .layer_order = subject.layer_order,
                            .recipe_label = row.recipe_label,
                            .score = row.mean_score});
    }
    return networks;
}

Json ranking_json(const store::Ranking& ranking) {
    const auto front = [&](store::CostKind kind) {
        std::set<std::int32_t> places;
        for (const store::Ranked& row : store::pareto_front(ranking.rows, {&kind, 1}))
            places.insert(row.place);
        return places;
    };
    const auto macs = front(store::CostKind::macs);
    const auto parameters = front(store::CostKind::parameters);
    const auto activation_bytes = front(store::CostKind::activation_bytes);
    const auto time = front(store::CostKind::time);
    const auto latency = front(store::CostKind::latency);
    JsonTable<store::Ranked, Fronts> table;
    for (const store::Ranked& row : ranking.rows) {
        table.add(row, {.macs = macs.contains(row.place),
                        .parameters = parameters.contains(row.place),
                        .activation_bytes = activation_bytes.contains(row.place),
                        .time = time.contains(row.place),
                        .latency = latency.contains(row.place)});
    }
    return std::move(table).json();
}

Json pool_json(const store::Ranking& ranking, const std::map<std::string, const store::Subject*>& subjects) {
    const std::vector<Judged> networks = judged(ranking, subjects);
    Json json = reflect::to_json(ranking.pool);
    json["ranking"] = ranking_json(ranking);
    json["heat_map"] = json_table(heat_map(networks));
    json["order_effects"] = json_table(order_effects(networks));
    json["place_effects"] = json_table(place_effects(networks));
    return json;
}

/// Each set of trials that can be compared, the one that `fractal rank` takes by itself first.
Json pools_json(store::Reader& reader, const std::map<std::string, const store::Subject*>& subjects) {
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    Json json = Json::array();
    const store::Ranking first = reader.rank({.top = all});
    if (!first.rows.empty()) json.push_back(pool_json(first, subjects));
    for (const store::Pool& other : first.others) {
        json.push_back(
            pool_json(reader.rank({.top = all, .judged_by = other.judged_by, .data = other.data}), subjects));
    }
    return json;
}

} // namespace

Json report_data(store::Reader& reader, const Registry& registry, const Draw& draw, std::string_view run) {
    const std::vector<store::Trial> trials = reader.trials();
    Drawings drawings(draw);
    Numbered<std::pair<std::string, std::string>> variant_numbers;
    Numbered<std::string> recipe_numbers;
    JsonTable<store::Subject, VariantFacts> variants;
    JsonTable<RecipeKey, Recipe> recipes;
    JsonTable<TrialKey, store::Conditions, store::Outcome> rows;
    std::map<std::string, const store::Subject*> subjects;
    Json curves = Json::array();
    for (const store::Trial& trial : trials) {
        const store::Subject& subject = trial.subject;
        const auto [variant, variant_is_new] = variant_numbers.number({subject.variant, subject.fingerprint});
        if (variant_is_new) variants.add(subject, facts_of(subject, registry, drawings));
        subjects.emplace(subject.variant, &subject);
        Recipe seedless = trial.recipe;
        seedless.seed = 0;
        const auto [recipe, recipe_is_new] = recipe_numbers.number(recipe_text(seedless));
        if (recipe_is_new) recipes.add({trial.recipe_label}, seedless);
        rows.add({.id = trial.id, .variant = variant, .recipe = recipe, .seed = trial.recipe.seed},
                 trial.conditions, trial.outcome);
        curves.push_back(trial.outcome.epochs_done > 0 ? curve_json(reader.epochs(trial.id)) : Json::array());
    }
    Json json;
    json["run"] = run;
    json["uses"] = json_table(reader.runs());
    json["dispositions"] = reflect::enum_texts<store::Disposition>();
    json["variants"] = std::move(variants).json();
    json["drawings"] = drawings.json();
    json["recipes"] = std::move(recipes).json();
    json["trials"] = std::move(rows).json();
    json["curves"] = {{"members", members_of_curves()}, {"of", std::move(curves)}};
    json["pools"] = pools_json(reader, subjects);
    return json;
}

} // namespace fractal::report
