// From what a person asks for to the trials that are to be trained, in their order.
#pragma once

#include <string>
#include <vector>

#include <fractal/registry/registry.hpp>

#include "driver/sweep.hpp"
#include "store/rows.hpp"
#include "train/trainer.hpp"

namespace fractal::driver {

/// How the variants that were named are to be trained.
struct Order {
    std::string data;              ///< name of a data set, or absolute path of a data file
    std::string preset;            ///< what the recipe was made from
    Recipe recipe = {};            ///< with the first seed
    std::string init_weights = {}; ///< absolute path of the weights to begin from; empty for none
    int seeds = 1;
};

/// Throws UsageError, with both shapes and the remedy, unless all `variants` take images of the data's shape.
void check_shapes(const Registry& registry, const std::vector<const Variant*>& variants,
                  const DataSummary& data);

/// Throws UsageError, with two names and the remedy, unless the fingerprints of all `variants` differ: trials
/// of equal ones are one trial.
void check_distinct(std::vector<const Variant*> variants);

/// A trial for each variant and seed: all variants with the first seed, the cheapest first, then with the
/// next. `data` is what the order's data set holds. Throws UsageError for a recipe that cannot be.
std::vector<store::Request> requests_of(const Order& order, std::vector<const Variant*> variants,
                                        const DataSummary& data);

/// The variant that a trial trains. Throws UsageError if it is not in this program, or is another network
/// here, and DataError for a recipe that nobody can have asked for.
const Variant& variant_of_trial(const Registry& registry, const store::Trial& trial);

/// Whether a trial is still to do: what failed, was skipped or ran out of time only if `retry_failed`, what a
/// search pruned never.
bool is_to_train(const store::Trial& trial, bool retry_failed);

/// Those of `trials` still to do, those on the same data side by side so that the data are opened once.
/// Throws as `variant_of_trial`.
std::vector<Planned> plan_of(const Registry& registry, const std::vector<store::Trial>& trials,
                             bool retry_failed);

/// What tells two registries apart: a hash of all names and fingerprints.
std::string manifest_text(const Registry& registry);

} // namespace fractal::driver
