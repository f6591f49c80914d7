// Orders requests by seed and cost, and the plan by data set.
#include "driver/trial_plan.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fractal/plan/fingerprint.hpp>

#include "base/error.hpp"
#include "data/dataset_names.hpp"
#include "driver/select.hpp"
#include "driver/variant_row.hpp"
#include "reflect/value_text.hpp"
#include "train/recipe_fields.hpp"

namespace fractal::driver {

bool is_to_train(const store::Trial& trial, bool retry_failed) {
    const store::Standing standing = store::standing_of(trial.outcome.disposition);
    return standing != store::Standing::done && (standing != store::Standing::faulty || retry_failed);
}

void check_shapes(const Registry& registry, const std::vector<const Variant*>& variants,
                  const DataSummary& data) {
    const auto fits = [&](const Variant* variant) { return variant->spec->input == data.shape; };
    const auto misfit = std::ranges::find_if_not(variants, fits);
    if (misfit == variants.end()) return;
    const auto misfits =
        std::ranges::count_if(variants, [&](const Variant* variant) { return !fits(variant); });
    const std::string others =
        misfits > 1 ? fmt::format(" ({} of the {} variants named do not fit)", misfits, variants.size()) : "";
    const auto fitting = std::ranges::count_if(registry.all(), fits);
    const std::string data_shape(data.shape.text().view());
    const std::string remedy =
        fitting > 0 ? fmt::format("name variants of that input, of which there are {} here", fitting)
                    : fmt::format("no variant here takes it, so add a family with INPUT {} (CONTRIBUTING.md)",
                                  data_shape);
    throw UsageError(fmt::format("{} takes images of {}, and those of {} are {}{}: {}, or bring images of {}",
                                 (*misfit)->name, (*misfit)->spec->input.text().view(), data.name, data_shape,
                                 others, remedy, (*misfit)->spec->input.text().view()));
}

void check_distinct(std::vector<const Variant*> variants) {
    std::ranges::stable_sort(variants, {}, &Variant::fingerprint);
    const auto twin = std::ranges::adjacent_find(variants, {}, &Variant::fingerprint);
    if (twin == variants.end()) return;
    throw UsageError(
        fmt::format("{} and {} are one network to the results, which tell networks apart by their paths and "
                    "layers: name one of them; how paths are dropped is the recipe's (--drop-path)",
                    (*twin)->name, (*std::next(twin))->name));
}

std::vector<store::Request> requests_of(const Order& order, std::vector<const Variant*> variants,
                                        const DataSummary& data) {
    std::ranges::stable_sort(variants, {}, [](const Variant* variant) { return variant->cost.macs; });
    std::vector<store::Request> requests;
    const store::Conditions conditions{
        .data = std::string(data.name),
        .data_file = data::is_data_file(order.data) ? order.data : std::string(),
        .init_weights_file = order.init_weights,
        .train_images = data.train_images,
        .validation_images = data.validation_images,
        .pixel_mean = fmt::format("{}", fmt::join(data.pixel_mean, " ")),
        .pixel_std = fmt::format("{}", fmt::join(data.pixel_std, " "))};
    for (int i = 0; i < order.seeds; ++i) {
        Recipe recipe = order.recipe;
        recipe.seed += static_cast<std::uint64_t>(i);
        check_recipe(recipe);
        for (const Variant* variant : variants) {
            requests.push_back({.subject = subject_of(*variant, data.classes),
                                .conditions = conditions,
                                .recipe_label = recipe_label(order.preset, recipe),
                                .recipe = recipe});
        }
    }
    return requests;
}

const Variant& variant_of_trial(const Registry& registry, const store::Trial& trial) {
    const Variant& variant = find_variant(registry, trial.subject.variant);
    if (fingerprint_text(variant.fingerprint) != trial.subject.fingerprint) {
        throw UsageError(
            fmt::format("{} is another network here (fingerprint {}) than in the run ({}): go on "
                        "with the version of fractal that began it",
                        variant.name, fingerprint_text(variant.fingerprint), trial.subject.fingerprint));
    }
    reflect::check_ranges<DataError>(trial.recipe); // the file may come from anybody
    return variant;
}

std::vector<Planned> plan_of(const Registry& registry, const std::vector<store::Trial>& trials,
                             bool retry_failed) {
    std::vector<Planned> plan;
    std::vector<std::pair<std::string, std::int64_t>> data_sets;
    const auto place = [&](const Planned& planned) {
        const std::pair key(planned.trial.conditions.data, planned.trial.conditions.validation_images);
        return std::ranges::find(data_sets, key) - data_sets.begin();
    };
    for (const store::Trial& trial : trials) {
        if (!is_to_train(trial, retry_failed)) {
            continue;
        }
        plan.push_back({.trial = trial, .variant = &variant_of_trial(registry, trial)});
        if (place(plan.back()) == std::ssize(data_sets)) {
            data_sets.emplace_back(trial.conditions.data, trial.conditions.validation_images);
        }
    }
    std::ranges::stable_sort(plan, {}, place);
    return plan;
}

std::string manifest_text(const Registry& registry) {
    detail::Fnv1a hash;
    for (const Variant* variant : registry.all()) {
        hash.add(variant->name).add(fingerprint_text(variant->fingerprint));
    }
    return fingerprint_text(hash.value());
}

} // namespace fractal::driver
