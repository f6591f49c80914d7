// Trial states as tensor files.
#include "train/trial_state.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal {

namespace {

constexpr const char* format_name = "fractal-state-2";
constexpr std::string_view momentum_prefix = "momentum/";

} // namespace

void save_state(const std::filesystem::path& file, const FractalNetImpl& module, const Sgd& sgd,
                const Recipe& recipe, const TrialProgress& progress) {
    TensorFile content = weights_of(module);
    content.metadata["fractal.format"] = format_name;
    content.metadata["fractal.recipe"] = recipe_text(recipe);
    content.metadata["fractal.progress"] = progress_text(progress);
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
        progress = parse_progress(content.metadata["fractal.progress"]);
    } catch (const DataError& fault) {
        refuse(fmt::format("does not say how far the trial is ({})", fault.what()));
    }
    if (progress.epoch > recipe.epochs)
        refuse(fmt::format("is {} epochs on, of a trial of {}", progress.epoch, recipe.epochs));
    content.tensors.erase(first_momentum, content.tensors.end());
    load_weights(module, content, file);
    for (const auto& [place, momentum] : momenta) sgd.restore_momentum(place, momentum);
    return progress;
}

} // namespace fractal
