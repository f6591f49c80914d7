// Finds weights by the results, and holds their header against a variant.
#include "driver/saved_weights.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "driver/program.hpp"
#include "driver/search_file.hpp"
#include "driver/trial_files.hpp"
#include "driver/units.hpp"
#include "driver/variant_row.hpp"
#include "weights/weight_values.hpp"
#include "weights/weights_fit.hpp"

namespace fractal::driver {

namespace fs = std::filesystem;

namespace {

/// What accuracies can be compared within: a data set, and the kind of images that they are of.
using Pool = std::pair<std::string, std::string_view>;

Pool pool_of(const store::Trial& trial) {
    return {trial.conditions.data, reflect::enum_text(judged_by(trial.conditions))};
}

} // namespace

std::vector<store::Trial> trials_with_weights(store::Reader& reader, const Variant& variant,
                                              const fs::path& run) {
    std::vector<store::Trial> trials;
    const std::string fingerprint = fingerprint_text(variant.fingerprint);
    std::size_t all = 0;
    std::size_t finished = 0;
    for (const store::Trial& trial : reader.trials()) {
        if (trial.subject.fingerprint != fingerprint) {
            continue;
        }
        ++all;
        finished += trial.outcome.disposition == store::Disposition::finished ? 1 : 0;
        if (trial.outcome.disposition == store::Disposition::finished &&
            fs::exists(weights_file(run, trial.id))) {
            trials.push_back(trial);
        }
    }
    if (all == 0) {
        throw UsageError(fmt::format("{} has no trial of {}; fractal rank {} shows what it has", run.string(),
                                     variant.name, shell_word(run.string())));
    }
    if (finished == 0) {
        const std::string folder = shell_word(run.string());
        throw UsageError(fmt::format(
            "no trial of {} in {} has finished; {}", variant.name, run.string(),
            has_search(run)
                ? fmt::format("fractal search --resume {} goes on with the search, which trains in full "
                              "what is found to be worth it",
                              folder)
                : fmt::format("fractal train --resume {} goes on with it", folder)));
    }
    if (trials.empty()) {
        throw IoError(fmt::format("{} has no weights of {}: expected {}", run.string(), variant.name,
                                  (run / "weights" / "<trial>.safetensors").string()));
    }
    return trials;
}

const store::Trial& trial_to_take(const std::vector<store::Trial>& trials, std::int64_t asked,
                                  const fs::path& run) {
    const std::string& variant = trials.front().subject.variant;
    if (asked != 0) {
        const auto found = std::ranges::find(trials, asked, &store::Trial::id);
        if (found != trials.end()) return *found;
        std::vector<std::int64_t> known;
        for (const store::Trial& trial : trials) known.push_back(trial.id);
        throw UsageError(fmt::format("--trial {}: {} has weights of {} from trials {}", asked, run.string(),
                                     variant, fmt::join(known, ", ")));
    }
    std::map<Pool, const store::Trial*> best;
    for (const store::Trial& trial : trials) {
        const store::Trial*& known = best[pool_of(trial)];
        if (known == nullptr || score_of(trial) > score_of(*known)) known = &trial;
    }
    if (best.size() == 1) return *best.begin()->second;
    std::string kinds;
    for (const auto& [pool, trial] : best) {
        kinds += fmt::format("{}trial {}, {} on {} ({})", kinds.empty() ? "" : "; ", trial->id,
                             percent_text(score_of(*trial)), pool.first, pool.second);
    }
    throw UsageError(
        fmt::format("{} has trials of {} whose accuracies cannot be compared; say which by "
                    "--trial. The best of each kind: {}",
                    run.string(), variant, kinds));
}

FittingWeights fitting_weights(const Variant& variant, const fs::path& file) {
    FittingWeights weights{open_tensors(file), *variant.spec};
    weights.net.classes = classes_of_weights(weights.stored);
    check_fit(weights.net, weights.stored);
    check_finite(weights.stored);
    return weights;
}

void copy_weights(const StoredTensors& weights, const fs::path& to) { copy_durably(weights.file, to); }

void require_float32(const StoredTensors& weights, std::string_view reader) {
    for (const TensorEntry& entry : weights.header.tensors) {
        if (entry.type == TensorType::f32) continue;
        throw DataError(fmt::format("'{}': tensor '{}' is {}, and {} takes F32: save it in float32",
                                    weights.file.string(), entry.name, naming(entry.type).name, reader));
    }
}

} // namespace fractal::driver
