// Trial states as tensor files.
#include "train/trial_state.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal {

namespace {

constexpr const char* format_name = "fractal-state-2";
constexpr std::string_view momentum_prefix = "momentum/";
constexpr std::string_view average_prefix = "average/";

void add(TensorFile& content, std::string_view prefix, const std::vector<torch::Tensor>& tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].defined()) content.tensors.emplace_back(fmt::format("{}{}", prefix, i), tensors[i]);
    }
}

/// Takes the tensors whose names are `prefix` and a place in `like` out of a file. Throws DataError, naming
/// the tensor, for a place or a shape that is not there.
std::vector<std::pair<std::size_t, torch::Tensor>> take(TensorFile& content, std::string_view prefix,
                                                        const std::vector<torch::Tensor>& like) {
    const auto first = std::stable_partition(content.tensors.begin(), content.tensors.end(),
                                             [&](auto& entry) { return !entry.first.starts_with(prefix); });
    std::vector<std::pair<std::size_t, torch::Tensor>> taken;
    for (auto entry = first; entry != content.tensors.end(); ++entry) {
        const std::string index = entry->first.substr(prefix.size());
        const bool digits = !index.empty() && index.size() < 8 &&
                            std::ranges::all_of(index, [](char c) { return c >= '0' && c <= '9'; });
        const std::size_t place = digits ? std::stoul(index) : like.size();
        if (place >= like.size() || entry->second.sizes() != like[place].sizes()) {
            throw DataError(fmt::format("holds '{}', which fits no weight", entry->first));
        }
        taken.emplace_back(place, entry->second);
    }
    content.tensors.erase(first, content.tensors.end());
    return taken;
}

} // namespace

void save_state(const std::filesystem::path& file, const FractalNetImpl& module, const Sgd& sgd,
                const WeightAverage* average, const Recipe& recipe, const TrialProgress& progress) {
    TensorFile content = weights_of(module);
    content.metadata["fractal.format"] = format_name;
    content.metadata["fractal.recipe"] = recipe_text(recipe);
    content.metadata["fractal.progress"] = progress_text(progress);
    // A trial at its end takes no further step.
    if (progress.epoch < recipe.epochs) add(content, momentum_prefix, sgd.momenta());
    if (average != nullptr) add(content, average_prefix, average->values());
    write_tensors(file, content);
}

TrialProgress load_state(const std::filesystem::path& file, FractalNetImpl& module, Sgd& sgd,
                         WeightAverage* average, const Recipe& recipe, std::int64_t steps) {
    TensorFile content = read_tensors(file);
    const auto refuse = [&](const std::string& what) {
        throw DataError(fmt::format("'{}' {}; remove it to begin the trial anew", file.string(), what));
    };
    const std::string& format = content.metadata["fractal.format"];
    if (format != format_name) refuse(fmt::format("has the format '{}', expected '{}'", format, format_name));
    if (content.metadata["fractal.recipe"] != recipe_text(recipe)) refuse("was written under another recipe");

    for (const auto& [name, tensor] : content.tensors) {
        if (!tensor.isfinite().all().item<bool>())
            refuse(fmt::format("holds an infinity or no number in '{}'", name));
    }
    std::vector<std::pair<std::size_t, torch::Tensor>> momenta;
    std::vector<std::pair<std::size_t, torch::Tensor>> averages;
    try {
        momenta = take(content, momentum_prefix, sgd.parameters());
        if (average != nullptr) averages = take(content, average_prefix, average->values());
    } catch (const DataError& fault) {
        refuse(fault.what());
    }
    TrialProgress progress;
    try {
        progress = parse_progress(content.metadata["fractal.progress"]);
    } catch (const DataError& fault) {
        refuse(fmt::format("does not say how far the trial is ({})", fault.what()));
    }
    if (progress.epoch > recipe.epochs)
        refuse(fmt::format("is {} epochs on, of a trial of {}", progress.epoch, recipe.epochs));
    // Saved behind an epoch's last step, before the epoch is closed, it stands at all of its steps.
    if (progress.step > steps || (progress.step > 0 && progress.epoch == recipe.epochs)) {
        refuse(fmt::format("is {} steps on in epoch {}, of a trial of {} epochs of {} steps", progress.step,
                           progress.epoch + 1, recipe.epochs, steps));
    }
    if (average != nullptr && averages.size() != average->values().size()) {
        refuse(fmt::format("holds the averages of {} weights, expected {}", averages.size(),
                           average->values().size()));
    }
    load_weights(module, content, file);
    for (const auto& [place, momentum] : momenta) sgd.restore_momentum(place, momentum);
    for (const auto& [place, value] : averages) average->restore(place, value);
    return progress;
}

} // namespace fractal
