// Learning rates against values computed by hand.
#include <doctest/doctest.h>

#include <initializer_list>

#include "train/recipe.hpp"
#include "train/schedule.hpp"

using namespace fractal;
using doctest::Approx;

TEST_CASE("constant") {
    const Recipe recipe = recipe_preset("published");
    for (const int step : {0, 1, 3125, 15624}) {
        CHECK(learning_rate(recipe, step, 3125) == 0.01);
    }
}

TEST_CASE("step drops every step_epochs epochs, at the first step of the epoch") {
    Recipe recipe{.epochs = 10, .lr = 0.8, .schedule = Schedule::step, .step_epochs = 3, .step_factor = 0.5};
    CHECK(learning_rate(recipe, 29, 10) == Approx(0.8));
    CHECK(learning_rate(recipe, 30, 10) == Approx(0.4));
    CHECK(learning_rate(recipe, 59, 10) == Approx(0.4));
    CHECK(learning_rate(recipe, 60, 10) == Approx(0.2));
    CHECK(learning_rate(recipe, 99, 10) == Approx(0.1));
}

TEST_CASE("halving drops by ten whenever the remaining epochs halve") {
    static_assert(halvings(0, 400) == 0 && halvings(199, 400) == 0 && halvings(200, 400) == 1);
    static_assert(halvings(299, 400) == 1 && halvings(300, 400) == 2 && halvings(350, 400) == 3);
    static_assert(halvings(374, 400) == 3 && halvings(375, 400) == 4);
    static_assert(halvings(387, 400) == 4 && halvings(388, 400) == 5); // 12 of 400 left: 12 * 32 <= 400
    static_assert(halvings(399, 400) == 8 && halvings(400, 400) == 8 && halvings(0, 1) == 0);
    const Recipe recipe = recipe_preset("larsson");
    const int steps = 450;
    CHECK(learning_rate(recipe, 0, steps) == Approx(0.02));
    CHECK(learning_rate(recipe, 200 * steps - 1, steps) == Approx(0.02));
    CHECK(learning_rate(recipe, 200 * steps, steps) == Approx(0.002));
    CHECK(learning_rate(recipe, 375 * steps, steps) == Approx(2e-6));
}

TEST_CASE("cosine goes from lr to its end_factor-th part") {
    Recipe recipe{.epochs = 4, .lr = 2.0, .schedule = Schedule::cosine, .end_factor = 0.1};
    CHECK(learning_rate(recipe, 0, 25) == Approx(2.0));
    CHECK(learning_rate(recipe, 50, 25) == Approx(1.1)); // 2 * (0.1 + 0.9 / 2)
    CHECK(learning_rate(recipe, 25, 25) == Approx(2 * (0.1 + 0.9 * (1 + 0.70710678118) / 2)));
    CHECK(learning_rate(recipe, 100, 25) == Approx(0.2));
    CHECK(learning_rate(recipe, 1000, 25) == Approx(0.2));
}

TEST_CASE("one-cycle rises in a line to lr and falls in a line") {
    Recipe recipe{.epochs = 10,
                  .lr = 0.4,
                  .schedule = Schedule::one_cycle,
                  .warmup = 0.2,
                  .start_factor = 0.25,
                  .end_factor = 0.0};
    CHECK(learning_rate(recipe, 0, 10) == Approx(0.1));
    CHECK(learning_rate(recipe, 10, 10) == Approx(0.25)); // half of the way up
    CHECK(learning_rate(recipe, 20, 10) == Approx(0.4));
    CHECK(learning_rate(recipe, 60, 10) == Approx(0.2)); // half of the way down
    CHECK(learning_rate(recipe, 99, 10) == Approx(0.005));
    CHECK(learning_rate(recipe, 100, 10) == Approx(0.0));
}

TEST_CASE("one-cycle without a rise and without a fall") {
    Recipe recipe{.epochs = 1,
                  .lr = 0.4,
                  .schedule = Schedule::one_cycle,
                  .warmup = 0,
                  .start_factor = 0.5,
                  .end_factor = 0.5};
    CHECK(learning_rate(recipe, 0, 10) == Approx(0.4));
    CHECK(learning_rate(recipe, 5, 10) == Approx(0.3));
    recipe.warmup = 1;
    CHECK(learning_rate(recipe, 0, 10) == Approx(0.2));
    CHECK(learning_rate(recipe, 5, 10) == Approx(0.3));
    CHECK(learning_rate(recipe, 10, 10) == Approx(0.4));
}

TEST_CASE("every schedule stays between 0 and lr, and falls but for the warm-up") {
    for (const Schedule schedule :
         {Schedule::constant, Schedule::step, Schedule::halving, Schedule::cosine, Schedule::one_cycle}) {
        Recipe recipe = recipe_preset("fast");
        recipe.schedule = schedule;
        recipe.step_epochs = 2;
        const int steps = 37;
        const int total = recipe.epochs * steps;
        double before = learning_rate(recipe, 0, steps);
        for (int step = 1; step < total; ++step) {
            const double rate = learning_rate(recipe, step, steps);
            CAPTURE(step);
            CHECK(rate > 0);
            CHECK(rate <= recipe.lr);
            const bool rises = schedule == Schedule::one_cycle && step <= recipe.warmup * total;
            CHECK((rises ? rate > before : rate <= before));
            before = rate;
        }
    }
}
