// The named recipes, and what makes two recipes the same.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "base/error.hpp"
#include "reflect/json.hpp"
#include "reflect/value_text.hpp"
#include "train/recipe_fields.hpp"

using namespace fractal;

TEST_CASE("published is the published pipeline's recipe") {
    // The whole of it, so that neither a default nor a member's name changes unseen.
    CHECK(
        recipe_text(recipe_preset("published")) ==
        R"({"epochs":5,"batch":16,"optimizer":"sgd","lr":0.01,"muon_lr":0.1,"head_inputs":0,"momentum":0.9,"nesterov":false,"weight_decay":0.0,"decoupled_decay":false,)"
        R"("schedule":"constant","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,)"
        R"("end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.0,"weight_average":0.0,"drop_path":"as-typed",)"
        R"("drop_path_probability":0.15,"init":"torch-default","init_weights":0,"amp":"off",)"
        R"("checkpoint":"none","kernels":"auto","flip":"random","translate":0,"pad":"zero","validation_images":0,"seed":0})");
}

TEST_CASE("larsson is the recipe of the FractalNet paper") {
    const Recipe recipe = recipe_preset("larsson");
    CHECK(recipe.epochs == 400);
    CHECK(recipe.batch == 100);
    CHECK(recipe.lr == 0.02);
    CHECK(recipe.momentum == 0.9);
    CHECK(recipe.weight_decay == 0);
    CHECK(recipe.clip_norm == 0);
    CHECK(drop_path(recipe) == DropPathMode::mixed);
    CHECK(recipe.drop_path_probability == 0.15);
    CHECK(recipe.schedule == Schedule::halving);
    CHECK(recipe.step_factor == 0.1);
    CHECK(recipe.init == Init::xavier);
    CHECK(augmentation(recipe) ==
          data::AugmentOptions{.flip = data::Flip::random, .pad = data::Pad::zero, .translate = 4});
    CHECK(recipe.validation_images > 0);
}

TEST_CASE("every preset passes its own check, and an unknown one is named with near misses") {
    for (const std::string_view name : recipe_names()) {
        CAPTURE(name);
        CHECK_NOTHROW(check_recipe(recipe_preset(name)));
        CHECK(recipe_label(name, recipe_preset(name)) == name);
    }
    CHECK_THROWS_WITH_AS(
        recipe_preset("larson"),
        "there is no recipe larson: expected one of published, larsson, fast; did you mean larsson?",
        UsageError);
}

TEST_CASE("members that are out of range or contradict each other are refused") {
    Recipe recipe;
    recipe.label_smoothing = 1.0;
    CHECK_THROWS_WITH_AS(check_recipe(recipe),
                         "--label-smoothing is 1: expected a number, at least 0 and below 1", UsageError);
    recipe = {.momentum = 0, .nesterov = true};
    CHECK_THROWS_AS(check_recipe(recipe), UsageError);
    recipe.nesterov = false;
    CHECK_NOTHROW(check_recipe(recipe));
    recipe.seed = std::uint64_t{1} << 63; // no column holds it
    CHECK_THROWS_AS(check_recipe(recipe), UsageError);
}

TEST_CASE("a recipe's identity holds all of it, its label all but the seed") {
    const Recipe base = recipe_preset("fast");
    Recipe seeded = base;
    seeded.seed = 7;
    CHECK(recipe_text(seeded) != recipe_text(base));
    CHECK(recipe_label("fast", seeded) == "fast");
    Recipe other = base;
    other.lr = 0.1;
    other.epochs = 2;
    CHECK(recipe_text(other) != recipe_text(base));
    CHECK(recipe_label("fast", other) == "fast epochs=2 lr=0.1");
    CHECK(reflect::from_json<Recipe>(reflect::Json::parse(recipe_text(other))) == other);
}

TEST_CASE("every member is described, once, and every enumerator has a text of its own") {
    std::set<std::string_view> names;
    std::size_t bytes = 0;
    reflect::for_each_field<Recipe>([&](const auto& field) {
        using T = reflect::member_t<Recipe, decltype(field)>;
        bytes += sizeof(T);
        CHECK_MESSAGE(names.insert(field.name()).second, field.name());
        CHECK_MESSAGE(!field.help.empty(), field.name());
        if constexpr (reflect::NamedEnum<T>) {
            const auto texts = reflect::enum_texts<T>();
            CHECK_MESSAGE(std::set(texts.begin(), texts.end()).size() == texts.size(), field.name());
            CHECK_MESSAGE(reflect::enum_text(static_cast<T>(texts.size())).empty(), field.name());
            CHECK_MESSAGE(!reflect::enum_text(static_cast<T>(texts.size() - 1)).empty(), field.name());
        }
    });
    CHECK(names.size() == 31);
    // What is not described can only be padding: at most seven bytes in front of each of the doubles'
    // neighbours.
    CHECK(sizeof(Recipe) - bytes < 32);
}
