// How a variant is trained: a POD, the names of its choices, and its presets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fractal/exec/kernels.hpp>
#include <fractal/plan/init.hpp>
#include <fractal/spec/network_spec.hpp>

#include "data/augment_options.hpp"
#include "reflect/enum_text.hpp"

namespace fractal {

/// How the learning rate moves; `schedule.hpp` gives the formulas.
enum class Schedule : std::uint8_t { constant, step, halving, cosine, one_cycle };

/// What steps are made of gradients: stochastic gradient descent for all weights, or Muon for the filters of
/// convolutions and SGD for the others (train/sgd.hpp).
enum class Optimizer : std::uint8_t { sgd, muon };

/// The numbers that convolutions and linear layers compute in. `automatic` goes by what the device gains
/// from.
enum class Amp : std::uint8_t { off, bf16, fp16, automatic };

/// How paths are dropped in training; `as_typed` goes by the network's type.
enum class DropPathChoice : std::uint8_t { none, local, global, mixed, as_typed };

/// Which activations are kept for the backward pass: all (`none`), none within a unit (`full`: they are
/// computed again), or as many as the memory has room for (`automatic`).
enum class Checkpoint : std::uint8_t { none, full, automatic };

constexpr auto enum_names(Kernels) {
    using enum Kernels;
    return std::to_array<reflect::EnumName<Kernels>>(
        {{automatic, "auto"}, {direct, "direct"}, {reference, "reference"}});
}
constexpr auto enum_names(Optimizer) {
    using enum Optimizer;
    return std::to_array<reflect::EnumName<Optimizer>>({{sgd, "sgd"}, {muon, "muon"}});
}
constexpr auto enum_names(Schedule) {
    using enum Schedule;
    return std::to_array<reflect::EnumName<Schedule>>({{constant, "constant"},
                                                       {step, "step"},
                                                       {halving, "halving"},
                                                       {cosine, "cosine"},
                                                       {one_cycle, "one-cycle"}});
}
constexpr auto enum_names(Init) {
    using enum Init;
    return std::to_array<reflect::EnumName<Init>>(
        {{torch_default, "torch-default"}, {xavier, "xavier"}, {keep_variance, "keep-variance"}});
}
constexpr auto enum_names(Amp) {
    using enum Amp;
    return std::to_array<reflect::EnumName<Amp>>(
        {{off, "off"}, {bf16, "bf16"}, {fp16, "fp16"}, {automatic, "auto"}});
}
constexpr auto enum_names(DropPathChoice) {
    using enum DropPathChoice;
    return std::to_array<reflect::EnumName<DropPathChoice>>(
        {{none, "none"}, {local, "local"}, {global, "global"}, {mixed, "mixed"}, {as_typed, "as-typed"}});
}
constexpr auto enum_names(Checkpoint) {
    using enum Checkpoint;
    return std::to_array<reflect::EnumName<Checkpoint>>(
        {{none, "none"}, {automatic, "auto"}, {full, "full"}});
}

namespace data {
constexpr auto enum_names(Flip) {
    using enum Flip;
    return std::to_array<reflect::EnumName<Flip>>(
        {{none, "none"}, {random, "random"}, {alternating, "alternating"}});
}
constexpr auto enum_names(Pad) {
    using enum Pad;
    return std::to_array<reflect::EnumName<Pad>>({{zero, "zero"}, {reflect, "reflect"}});
}
} // namespace data

/// Everything that decides how a trial runs, and nothing that decides what it trains. SGD, or Muon with it,
/// on the cross-entropy. The defaults are the recipe `published`. What each member means, its unit and its
/// range stand in `recipe_fields.hpp`.
struct Recipe {
    std::int32_t epochs = 5;
    std::int32_t batch = 16;
    Optimizer optimizer = Optimizer::sgd;
    std::int32_t head_inputs = 0;
    double lr = 0.01;
    double muon_lr = 0.1;
    double momentum = 0.9;
    bool nesterov = false;
    double weight_decay = 0.0;
    bool decoupled_decay = false;
    Schedule schedule = Schedule::constant;
    std::int32_t step_epochs = 30;
    double step_factor = 0.1;
    double warmup = 0.25;
    double start_factor = 0.1;
    double end_factor = 0.01;
    double clip_norm = 3.0;
    double label_smoothing = 0.0;
    double weight_average = 0.0;
    DropPathChoice drop_path = DropPathChoice::as_typed;
    double drop_path_probability = 0.15;
    Init init = Init::torch_default;
    std::uint64_t init_weights = 0;
    Amp amp = Amp::off;
    Checkpoint checkpoint = Checkpoint::none;
    Kernels kernels = Kernels::automatic;
    data::Flip flip = data::Flip::random;
    std::int32_t translate = 0;
    data::Pad pad = data::Pad::zero;
    std::int32_t validation_images = 0;
    std::uint64_t seed = 0;

    friend constexpr bool operator==(const Recipe&, const Recipe&) = default;
};

/// The recipe apart from its seed, which is 0 here: equal for trials that repeat each other.
constexpr Recipe without_seed(Recipe recipe) {
    recipe.seed = 0;
    return recipe;
}

/// Horizontal flip and translation of training images, as the data set's augmentation takes them.
constexpr data::AugmentOptions augmentation(const Recipe& recipe) {
    return {.flip = recipe.flip, .pad = recipe.pad, .translate = recipe.translate};
}

/// The mode of drop-path that a network trains with, if it is not its type's own.
constexpr std::optional<DropPathMode> drop_path(const Recipe& recipe) {
    switch (recipe.drop_path) {
        case DropPathChoice::none:
            return DropPathMode::none;
        case DropPathChoice::local:
            return DropPathMode::local;
        case DropPathChoice::global:
            return DropPathMode::global;
        case DropPathChoice::mixed:
            return DropPathMode::mixed;
        case DropPathChoice::as_typed:
            break;
    }
    return std::nullopt;
}

/// Names of the presets: `published`, `larsson`, `fast`.
std::span<const std::string_view> recipe_names();

/// The preset called `name`; throws UsageError with near misses if there is none.
/// `published` and `larsson` are those of arXiv 2511.07329 and arXiv 1605.07648 (without what a network's
/// type holds); `fast` is this project's own, for the best accuracy after few epochs.
Recipe recipe_preset(std::string_view name);

/// Throws UsageError for a member out of its range and for members that contradict each other; the message
/// names flag and value and says what was expected.
void check_recipe(const Recipe& recipe);

/// The whole recipe in one line of JSON, equal for equal recipes: what identifies it in results.
std::string recipe_text(const Recipe& recipe);

/// What a person calls it: the preset, and what differs from it apart from the seed: `fast epochs=2 lr=0.1`.
std::string recipe_label(std::string_view preset, const Recipe& recipe);

} // namespace fractal
