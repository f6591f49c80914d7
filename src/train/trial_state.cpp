// Trial states as tensor files.
#include "train/trial_state.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace fractal {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EpochReport, epoch, lr, train_loss, train_accuracy, validation_loss,
                                   validation_accuracy, seconds, images_per_second, macs)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrialProgress, epoch, step, loss_sum, correct, images, macs, seconds,
                                   training_seconds, trial_seconds, scaler_good_steps, scaler_factor, epochs)

namespace {

constexpr const char* format_name = "fractal-state-2";
constexpr std::string_view momentum_prefix = "momentum/";

/// JSON has no NaN: the figures of a validation that was not held are null in the file.
nlohmann::json progress_json(const TrialProgress& progress) { return progress; }

TrialProgress progress_from(nlohmann::json json) {
    for (auto& epoch : json.at("epochs")) {
        for (auto& figure : epoch) {
            if (figure.is_null()) figure = std::numeric_limits<double>::quiet_NaN();
        }
    }
    return json.get<TrialProgress>();
}

} // namespace

void save_state(const std::filesystem::path& file, const FractalNetImpl& module, const Sgd& sgd,
                const Recipe& recipe, const TrialProgress& progress) {
    TensorFile content = weights_of(module);
    content.metadata["fractal.format"] = format_name;
    content.metadata["fractal.recipe"] = recipe_text(recipe);
    content.metadata["fractal.progress"] = progress_json(progress).dump();
    for (std::size_t i = 0; i < sgd.momenta().size(); ++i) {
        if (!sgd.momenta()[i].defined()) continue;
        content.tensors.emplace_back(fmt::format("{}{}", momentum_prefix, i), sgd.momenta()[i]);
    }
    write_tensors(file, content);
}

TrialProgress load_state(const std::filesystem::path& file, FractalNetImpl& module, Sgd& sgd,
                         const Recipe& recipe) {
    TensorFile content = read_tensors(file);
    const auto refuse = [&](const std::string& what) {
        throw DataError(fmt::format("'{}' {}; remove it to begin the trial anew", file.string(), what));
    };
    const std::string& format = content.metadata["fractal.format"];
    if (format != format_name) refuse(fmt::format("has the format '{}', expected '{}'", format, format_name));
    if (content.metadata["fractal.recipe"] != recipe_text(recipe)) refuse("was written under another recipe");

    const auto first_momentum =
        std::stable_partition(content.tensors.begin(), content.tensors.end(),
                              [](auto& entry) { return !entry.first.starts_with(momentum_prefix); });
    std::vector<std::pair<std::size_t, torch::Tensor>> momenta;
    for (auto entry = first_momentum; entry != content.tensors.end(); ++entry) {
        const std::string index = entry->first.substr(momentum_prefix.size());
        const bool digits = !index.empty() && index.size() < 8 &&
                            std::ranges::all_of(index, [](char c) { return c >= '0' && c <= '9'; });
        const std::size_t place = digits ? std::stoul(index) : sgd.parameters().size();
        if (place >= sgd.parameters().size() || entry->second.sizes() != sgd.parameters()[place].sizes()) {
            refuse(fmt::format("holds '{}', which fits no parameter", entry->first));
        }
        momenta.emplace_back(place, entry->second);
    }
    TrialProgress progress;
    try {
        progress = progress_from(nlohmann::json::parse(content.metadata["fractal.progress"]));
    } catch (const nlohmann::json::exception&) {
        refuse("does not say how far the trial is");
    }
    content.tensors.erase(first_momentum, content.tensors.end());
    load_weights(module, content, file);
    for (const auto& [place, momentum] : momenta) sgd.restore_momentum(place, momentum);
    return progress;
}

} // namespace fractal
