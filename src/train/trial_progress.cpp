// One object of the members' list, and an array with one for each epoch.
#include "train/trial_progress.hpp"

#include <fmt/format.h>

#include "reflect/json.hpp"

namespace fractal {

namespace {

constexpr const char* epochs_key = "epochs";

} // namespace

std::string progress_text(const TrialProgress& progress) {
    reflect::Json json = reflect::to_json(progress);
    json[epochs_key] = reflect::Json::array();
    for (const EpochReport& epoch : progress.epochs) json[epochs_key].push_back(reflect::to_json(epoch));
    return json.dump();
}

TrialProgress parse_progress(std::string_view text) {
    reflect::Json json = reflect::Json::parse(text, nullptr, /*allow_exceptions=*/false);
    const auto epochs = json.is_object() ? json.find(epochs_key) : json.end();
    if (epochs == json.end() || !epochs->is_array())
        throw DataError("expected a JSON object with the epochs");
    std::vector<EpochReport> reports;
    for (const reflect::Json& epoch : *epochs) reports.push_back(reflect::from_json<EpochReport>(epoch));
    json.erase(epochs);
    auto progress = reflect::from_json<TrialProgress>(json);
    progress.epochs = std::move(reports);
    for (std::size_t i = 0; i < progress.epochs.size(); ++i) {
        if (progress.epochs[i].epoch != static_cast<std::int64_t>(i + 1))
            throw DataError(fmt::format("epoch {} stands in place {}", progress.epochs[i].epoch, i + 1));
    }
    if (progress.epoch != static_cast<std::int64_t>(progress.epochs.size())) {
        throw DataError(fmt::format("{} epochs are said to be finished, and {} are told of", progress.epoch,
                                    progress.epochs.size()));
    }
    if (progress.correct > progress.images) {
        throw DataError(
            fmt::format("{} of {} images are said to be right", progress.correct, progress.images));
    }
    return progress;
}

} // namespace fractal
