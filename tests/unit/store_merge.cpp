// Which record of a trial stands, and what is refused.
#include "check.hpp"

#include <vector>

#include "base/error.hpp"
#include "store/merge.hpp"
#include "store/same_images.hpp"
#include "store/writer.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::store;
using namespace fractal::store::testing;

TEST_CASE("of two records of a trial the further one stands, and neither of equals") {
    const std::vector<Outcome> in_order{
        {.disposition = Disposition::pending},
        {.disposition = Disposition::skipped, .ended = "2026-01-01T00:00:09Z"},
        {.disposition = Disposition::interrupted, .ended = "2026-01-01T00:00:00Z"},
        {.disposition = Disposition::interrupted, .epochs_done = 1, .ended = "2026-01-01T00:00:00Z"},
        {.disposition = Disposition::running, .epochs_done = 2},
        {.disposition = Disposition::interrupted, .epochs_done = 2, .ended = "2026-01-01T00:00:00Z"},
        {.disposition = Disposition::failed, .epochs_done = 2, .ended = "2026-01-01T00:00:00Z"},
        {.disposition = Disposition::timed_out, .epochs_done = 2, .ended = "2026-01-01T00:00:05Z"},
        {.disposition = Disposition::interrupted, .epochs_done = 3, .ended = "2026-01-01T00:00:00Z"},
        {.disposition = Disposition::finished, .epochs_done = 3, .ended = "2026-01-01T00:00:00Z"}};
    for (std::size_t i = 0; i < in_order.size(); ++i) {
        for (std::size_t k = 0; k < in_order.size(); ++k) {
            CAPTURE(i);
            CAPTURE(k);
            CHECK(is_further(in_order[k], in_order[i]) == (k > i));
        }
    }
}

TEST_CASE("of two records that finished neither is further, whichever ended later") {
    const Outcome earlier{
        .disposition = Disposition::finished, .epochs_done = 3, .ended = "2026-01-01T00:00:00Z"};
    Outcome later = earlier;
    later.ended = "2026-01-02T00:00:00Z";
    CHECK_FALSE(is_further(later, earlier));
    CHECK_FALSE(is_further(earlier, later));
}

TEST_CASE("what is taken over stands as it was, in place of what was there") {
    const TemporaryFolder folder;
    Writer writer(folder.path(), a_run());
    const std::int64_t id = writer.find_or_add(a_request(1)).id;
    writer.start(id);
    writer.add_epoch(id, an_epoch(1, 0.1));
    writer.add_epoch(id, an_epoch(2, 0.1));
    writer.add_epoch(id, an_epoch(3, 0.1));
    const Outcome theirs{.disposition = Disposition::finished,
                         .test_accuracy = 0.5,
                         .test_loss = 1.5,
                         .best_validation_accuracy = 0.75,
                         .last_validation_accuracy = 0.625,
                         .epochs_done = 2,
                         .seconds = 5,
                         .peak_bytes = 7,
                         .predicted_peak_bytes = 8,
                         .started = "2026-01-01T00:00:00Z",
                         .ended = "2026-01-01T00:00:09Z"};
    Run elsewhere = a_run();
    elsewhere.machine = "another one";
    elsewhere.created = "2026-01-01T00:00:00Z";
    const std::vector<Epoch> epochs{an_epoch(1, 0.75), an_epoch(2, 0.625)};
    writer.take_over(id, theirs, epochs, elsewhere);
    Reader reader(folder.path());
    CHECK(reader.run_of(id).ended.empty()); // under way when it was taken over
    elsewhere.ended = "2026-01-01T00:00:10Z";
    elsewhere.stopped = "stopped by Ctrl-C";
    writer.take_over(id, theirs, epochs, elsewhere);
    CHECK(reader.run_of(id).ended == elsewhere.ended);
    CHECK(reader.run_of(id).stopped == elsewhere.stopped);
    REQUIRE(reader.runs().size() == 2);
    CHECK(reader.runs().front().machine ==
          "another one"); // before this folder's own, the last of which is the last
    REQUIRE(reader.runs_that_trained().size() == 1);
    CHECK(reader.runs_that_trained().front().created == elsewhere.created);
    CHECK(reader.run_of(id).machine == "another one");
    CHECK(reader.sweep().run.machine == a_run().machine);
    const Outcome ours = reader.trials().at(0).outcome;
    CHECK_FALSE(is_further(theirs, ours));
    CHECK(ours.test_accuracy == theirs.test_accuracy);
    CHECK(ours.best_validation_accuracy == 0.75);
    CHECK(ours.last_validation_accuracy == 0.625);
    CHECK(ours.seconds == 5);
    CHECK(ours.peak_bytes == 7);
    CHECK(ours.started == theirs.started);
    CHECK(reader.epochs(id).size() == 2);
    CHECK_THROWS_AS(writer.take_over(id + 1, theirs, {}, elsewhere), Error);
    CHECK_THROWS_AS(reader.run_of(id + 1), Error);
}

TEST_CASE("results of another registry are refused by name") {
    const TemporaryFolder folder;
    { const Writer writer(folder.path(), a_run()); }
    Reader reader(folder.path());
    check_manifest(reader, "m", "runs/a");
    CHECK_THROWS_WITH_AS(check_manifest(reader, "n", "runs/a"),
                         "runs/a holds results of another registry (manifest m, fractal 0.1; this program's "
                         "is n): merge it by the program that trained it",
                         DataError);
}

TEST_CASE("images are the same whatever part of them is held out, and wherever they lie") {
    const Conditions recorded{
        .data = "cifar10", .train_images = 50, .validation_images = 10, .pixel_mean = "0.5"};
    Conditions asked{.data = "cifar10",
                     .data_file = "/elsewhere/cifar10.safetensors",
                     .train_images = 60,
                     .pixel_mean = "0.5"};
    check_same_images(recorded, "runs/a", asked, "runs/b has them", "no");
    asked.train_images = 80;
    CHECK_THROWS_WITH_AS(
        check_same_images(recorded, "runs/a", asked, "runs/b has them", "no"),
        "runs/a has trials on cifar10 of 60 images for training, held out ones among them, and "
        "runs/b has them of 80: no",
        DataError);
    asked.train_images = 60;
    asked.pixel_mean = "0.25";
    CHECK_THROWS_WITH_AS(check_same_images(recorded, "runs/a", asked, "runs/b has them", "no"),
                         doctest::Contains("runs/b has them of 60, normalised otherwise: no"), DataError);
}
