// The presets, and what makes two recipes the same.
#include "train/recipe.hpp"

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "reflect/json.hpp"
#include "reflect/value_text.hpp"
#include "train/recipe_fields.hpp"

namespace fractal {
namespace {

/// arXiv 1605.07648, section 4.1: 400 epochs, the rate divided by 10 whenever the remaining epochs halve.
constexpr Recipe larsson{
    .epochs = 400,
    .batch = 100,
    .lr = 0.02,
    .schedule = Schedule::halving,
    .clip_norm = 0.0,
    .drop_path = DropPathChoice::mixed,
    .init = Init::xavier,
    .translate = 4,
    .validation_images = 5000,
};

/// One cycle of Muon and SGD in the manner of D. Page's and K. Jordan's fast CIFAR-10 trainings, at the batch
/// size at which small networks on two cores lose no speed. The gradient is clipped so that variants without
/// normalisation survive the peak rate; at a norm that those with it stay below.
constexpr Recipe fast{
    .epochs = 5,
    .batch = 128,
    .optimizer = Optimizer::muon,
    .head_inputs = 512,
    .lr = 0.2,
    .muon_lr = 0.1,
    .nesterov = true,
    .weight_decay = 5e-4,
    .schedule = Schedule::one_cycle,
    .weight_average = 0.99,
    .init = Init::keep_variance,
    .amp = Amp::automatic,
    .flip = data::Flip::alternating,
    .translate = 2,
    .pad = data::Pad::reflect,
    .validation_images = 5000,
};

constexpr std::array<std::string_view, 3> names{"published", "larsson", "fast"};
constexpr std::array<Recipe, 3> presets{Recipe{}, larsson, fast};

} // namespace

std::span<const std::string_view> recipe_names() { return names; }

Recipe recipe_preset(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) {
            return presets[i];
        }
    }
    throw UsageError(fmt::format("there is no recipe {}: expected one of {}{}", name, fmt::join(names, ", "),
                                 did_you_mean(name, names)));
}

void check_recipe(const Recipe& recipe) {
    reflect::check_ranges<UsageError>(recipe);
    if (recipe.nesterov && recipe.momentum == 0) {
        throw UsageError(
            "--nesterov with --momentum 0: Nesterov's form needs a momentum above 0; "
            "raise --momentum or give --no-nesterov");
    }
}

std::string recipe_text(const Recipe& recipe) { return reflect::to_json(recipe).dump(); }

std::string recipe_label(std::string_view preset, const Recipe& recipe) {
    Recipe base = recipe_preset(preset);
    base.seed = recipe.seed;
    std::string label(preset);
    reflect::for_each_field<Recipe>([&](const auto& field) {
        if (field(base) != field(recipe)) {
            label += fmt::format(" {}={}", field.flag(), reflect::value_text(field(recipe)));
        }
    });
    return label;
}

} // namespace fractal
