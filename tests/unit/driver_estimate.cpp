// Time left: right for work that follows the model, silent where nothing is known.
#include "check.hpp"

#include "driver/estimate.hpp"

using namespace fractal;
using namespace fractal::driver;

TEST_CASE("overhead and speed are found from networks of several costs") {
    SpeedModel model;
    CHECK_FALSE(model.seconds_per_image(1e6));
    for (const double macs : {1e6, 5e6, 2e7}) {
        model.add(macs, 1000, 1000 * (1e-4 + 2e-11 * macs));
    }
    CHECK(*model.seconds_per_image(1e8) == doctest::Approx(1e-4 + 2e-11 * 1e8));
    CHECK(*model.seconds_per_image(0) == doctest::Approx(1e-4));
}

TEST_CASE("measurements never lead to a time that falls with the cost or below nothing") {
    SpeedModel falling;
    falling.add(1e6, 100, 10);
    falling.add(2e6, 100, 5);
    CHECK(*falling.seconds_per_image(1e9) > 0);
    SpeedModel steep;
    steep.add(1e6, 100, 1);
    steep.add(2e6, 100, 10);
    CHECK(*steep.seconds_per_image(1e3) > 0);
    falling.add(1e6, 0, 1);
    falling.add(1e6, 10, -1);
    CHECK(*falling.seconds_per_image(1e6) == doctest::Approx(0.075));
}

TEST_CASE("networks of one cost say nothing of those that cost far more") {
    SpeedModel model;
    model.add(1e6, 100, 1);
    CHECK(*model.seconds_per_image(1e6) == doctest::Approx(0.01));
    CHECK(*model.seconds_per_image(1e3) == doctest::Approx(0.01));
    CHECK(*model.seconds_per_image(3e6) == doctest::Approx(0.03));
    CHECK_FALSE(model.seconds_per_image(1e8));
}

TEST_CASE("a run's time left counts epochs that are done, and the trial's own speed") {
    const Work work{.macs = 1e6, .epoch_images = 1000, .epochs = 4};
    RunEstimate estimate({work, work, work});
    estimate.begin(0);
    CHECK_FALSE(estimate.left().run);
    estimate.epoch_done({.epoch = 1, .seconds = 10});
    CHECK(*estimate.left().trial == doctest::Approx(30));
    CHECK(*estimate.left().run == doctest::Approx(110));
    // Half of the second epoch, twice as fast as the first was.
    const TimeLeft left = estimate.left({.epoch = 1, .step = 5, .steps = 10, .images_per_second = 200});
    CHECK(*left.trial == doctest::Approx(12.5));
    CHECK(*left.run > *left.trial + 40);
    CHECK(*left.run < *left.trial + 80);
    estimate.begin(2);
    CHECK(*estimate.left().run == doctest::Approx(40));
    CHECK(*estimate.left().run == *estimate.left().trial);
}
