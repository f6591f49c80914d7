// Trial states as tensor files.
#include "train/trial_state.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.hpp"
#include "weights/checksum.hpp"
#include "weights/weights_fit.hpp"

namespace fractal {

namespace {

constexpr const char* format_name = "fractal-state-3";
/// Of a state whose weights lie in the trial's file of weights, in the metadata: their checksum.
constexpr const char* weights_key = "fractal.weights";
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

/// The weights of a state that has left them to the file of weights.
std::vector<std::pair<std::string, torch::Tensor>> tensors_beside(const TrialFiles& files,
                                                                  const std::string& checksum) {
    if (files.weights.empty()) {
        throw DataError(
            fmt::format("'{}' has its weights in a file beside it, and --no-weights asks for none; "
                        "leave that out",
                        files.state));
    }
    if (!std::filesystem::exists(files.weights)) {
        throw DataError(
            fmt::format("'{}' has its weights in '{}', which is not there; remove the former to begin "
                        "the trial anew",
                        files.state, files.weights));
    }
    TensorFile content = read_tensors(files.weights);
    if (content.metadata[Checksum::key] != checksum) {
        throw DataError(
            fmt::format("'{}' has the checksum '{}', and the trial was saved with '{}'; remove '{}' "
                        "to begin it anew",
                        files.weights, content.metadata[Checksum::key], checksum, files.state));
    }
    return std::move(content.tensors);
}

/// Calls `read`; what it throws as a DataError names the file and the remedy.
template <class Read>
auto of_state(std::string_view file, Read read) {
    try {
        return read();
    } catch (const DataError& fault) {
        throw DataError(fmt::format("'{}' {}; remove it to begin the trial anew", file, fault.what()));
    }
}

/// What the file holds.
TensorFile state_of(std::string_view file) {
    try {
        return read_tensors(file);
    } catch (const DataError& fault) { // which names the file
        throw DataError(fmt::format("{}; remove it to begin the trial anew", fault.what()));
    }
}

/// Throws DataError unless it is a state, of a trial of this network by this recipe.
void check_origin(TensorFile& content, const NetworkSpec& net, const Recipe& recipe) {
    const std::string& format = content.metadata["fractal.format"];
    if (format != format_name) {
        throw DataError(fmt::format("has the format '{}', expected '{}'", format, format_name));
    }
    const auto name = full_name(net);
    if (const std::string& network = content.metadata[network_key]; network != name.view()) {
        throw DataError(fmt::format("was written by a trial of '{}', expected '{}'", network, name.view()));
    }
    if (content.metadata["fractal.recipe"] != recipe_text(recipe)) {
        throw DataError("was written under another recipe");
    }
}

void check_finite(const TensorFile& content) {
    for (const auto& [name, tensor] : content.tensors) {
        if (!tensor.isfinite().all().item<bool>()) {
            throw DataError(fmt::format("holds an infinity or no number in '{}'", name));
        }
    }
}

/// How far the trial is, which the recipe and the steps of an epoch must allow.
TrialProgress progress_of(const std::string& text, const Recipe& recipe, std::int64_t steps) {
    TrialProgress progress;
    try {
        progress = parse_progress(text);
    } catch (const DataError& fault) {
        throw DataError(fmt::format("does not say how far the trial is ({})", fault.what()));
    }
    if (progress.epoch > recipe.epochs) {
        throw DataError(fmt::format("is {} epochs on, of a trial of {}", progress.epoch, recipe.epochs));
    }
    // Saved behind an epoch's last step, before the epoch is closed, it stands at all of its steps.
    if (progress.step > steps || (progress.step > 0 && progress.epoch == recipe.epochs)) {
        throw DataError(fmt::format("is {} steps on in epoch {}, of a trial of {} epochs of {} steps",
                                    progress.step, progress.epoch + 1, recipe.epochs, steps));
    }
    return progress;
}

/// The averages of all weights.
std::vector<std::pair<std::size_t, torch::Tensor>> take_averages(TensorFile& content,
                                                                 const std::vector<torch::Tensor>& like) {
    auto averages = take(content, average_prefix, like);
    if (averages.size() != like.size()) {
        throw DataError(
            fmt::format("holds the averages of {} weights, expected {}", averages.size(), like.size()));
    }
    return averages;
}

} // namespace

void save_state(const TrialFiles& files, const FractalNetImpl& module, const Sgd& sgd,
                const WeightAverage* average, const Recipe& recipe, const TrialProgress& progress) {
    TensorFile content = weights_of(module); // no copies
    if (progress.epoch < recipe.epochs) {
        add(content, momentum_prefix, sgd.momenta());
        if (average != nullptr) add(content, average_prefix, average->values());
    } else if (!files.weights.empty()) {
        const std::string checksum = write_tensors(files.weights, content);
        content.tensors.clear();
        content.metadata[weights_key] = checksum;
    }
    if (files.state.empty()) return;
    content.metadata["fractal.format"] = format_name;
    content.metadata["fractal.recipe"] = recipe_text(recipe);
    content.metadata["fractal.progress"] = progress_text(progress);
    write_tensors(files.state, content);
}

TrialProgress load_state(const TrialFiles& files, FractalNetImpl& module, Sgd& sgd, WeightAverage* average,
                         const Recipe& recipe, std::int64_t steps) {
    TensorFile content = state_of(files.state);
    of_state(files.state, [&] { check_origin(content, module.spec(), recipe); });
    if (const auto checksum = content.metadata.find(weights_key); checksum != content.metadata.end()) {
        content.tensors = tensors_beside(files, checksum->second);
    }
    // Nothing is taken over before all of it has been looked at.
    std::vector<std::pair<std::size_t, torch::Tensor>> momenta;
    std::vector<std::pair<std::size_t, torch::Tensor>> averages;
    const TrialProgress progress = of_state(files.state, [&] {
        check_finite(content);
        const TrialProgress read = progress_of(content.metadata["fractal.progress"], recipe, steps);
        momenta = take(content, momentum_prefix, sgd.parameters());
        // After the last epoch the average has become the weights.
        if (average != nullptr && read.epoch < recipe.epochs) {
            averages = take_averages(content, average->values());
        }
        return read;
    });
    load_weights(module, content, files.state);
    for (const auto& [place, momentum] : momenta) sgd.restore_momentum(place, momentum);
    for (const auto& [place, value] : averages) average->restore(place, value);
    return progress;
}

} // namespace fractal
