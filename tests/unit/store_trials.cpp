// Trials from the request to the end, and what a reader finds of them.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "store/reader.hpp"
#include "store/trial_rows.hpp"
#include "store/writer.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::store;
using namespace fractal::store::testing;

TEST_CASE("a trial is what was asked for, pending, and found again by a later run") {
    const TemporaryFolder folder;
    Recipe recipe = recipe_preset("fast");
    recipe.seed = 42;
    std::int64_t id = 0;
    {
        Writer writer(folder.path(), a_run());
        const Trial trial = writer.find_or_add(a_request(1, recipe));
        id = trial.id;
        CHECK(trial.subject.variant == "paper/d1-c1-v1");
        CHECK(trial.subject.parameters == 1001);
        CHECK(trial.conditions.train_images == 45000);
        CHECK(trial.recipe == recipe);
        CHECK(trial.outcome.disposition == Disposition::pending);
        CHECK_FALSE(trial.outcome.test_accuracy);
    }
    Writer writer(folder.path(), a_run());
    CHECK(writer.find_or_add(a_request(1, recipe)).id == id);
    Request renamed = a_request(1, recipe);
    renamed.subject.variant = "mine/d1-c1-v1";
    renamed.recipe_label = "other";
    CHECK(writer.find_or_add(renamed).id == id); // names are no part of the identity

    Recipe other_seed = recipe;
    other_seed.seed = 43;
    Request other_data = a_request(1, recipe);
    other_data.conditions.data = "cifar10";
    const std::vector<Request> wanted{a_request(1, recipe), a_request(2, recipe), a_request(1, other_seed),
                                      other_data};
    const std::vector<Trial> trials = writer.find_or_add(wanted);
    CHECK(trials[0].id == id);
    CHECK(trials[2].recipe.seed == 43);
    Reader reader(folder.path());
    CHECK(reader.trials().size() == 4);
    CHECK(reader.trials_where("variant = 'paper/d1-c1-v1'").size() == 3);
    CHECK(reader.runs().size() == 2);
    CHECK(reader.runs()[0].command_line == "fractal train");
    CHECK(reader.runs()[0].created.size() == std::string_view("2026-01-01T00:00:00Z").size());
}

TEST_CASE("trials on other images of a data set are not taken into a run") {
    const TemporaryFolder folder;
    Writer writer(folder.path(), a_run());
    writer.find_or_add(a_request(1));
    Request more = a_request(2);
    more.conditions.train_images += 20;
    const std::vector<Request> wanted{a_request(3), more};
    CHECK_THROWS_WITH_AS(writer.find_or_add(wanted), doctest::Contains("begin another run"), DataError);
    CHECK(Reader(folder.path()).trials().size() == 1);
    more.conditions.data = "cifar10";
    writer.find_or_add(more);
    CHECK(Reader(folder.path()).trials().size() == 2);
}

TEST_CASE("epochs, and what follows from them") {
    const TemporaryFolder folder;
    Writer writer(folder.path(), a_run());
    Reader reader(folder.path());
    const std::int64_t id = writer.find_or_add(a_request(1)).id;
    writer.start(id);
    CHECK(reader.trials()[0].outcome.disposition == Disposition::running);
    writer.add_epoch(id, an_epoch(1, 0.5));
    writer.add_epoch(id, an_epoch(2, 0.7));
    Epoch third = an_epoch(3, 0.6);
    third.train_loss = std::numeric_limits<double>::quiet_NaN();
    third.validation_loss = std::numeric_limits<double>::infinity();
    writer.add_epoch(id, third);

    const std::vector<Epoch> epochs = reader.epochs(id);
    REQUIRE(epochs.size() == 3);
    CHECK(epochs[1].validation_accuracy == 0.7);
    CHECK(epochs[1].images_per_second == 1000);
    CHECK(std::isnan(epochs[2].train_loss));
    CHECK(epochs[2].validation_loss == std::numeric_limits<double>::infinity());

    writer.end(id, {.disposition = Disposition::finished,
                    .reason = {},
                    .test_accuracy = 0.61,
                    .test_loss = 1.1,
                    .peak_bytes = 77,
                    .predicted_peak_bytes = 78});
    const Outcome outcome = reader.trials()[0].outcome;
    CHECK(outcome.disposition == Disposition::finished);
    CHECK(outcome.best_validation_accuracy == 0.7);
    CHECK(outcome.last_validation_accuracy == 0.6);
    CHECK(outcome.epochs_done == 3);
    CHECK(outcome.seconds == doctest::Approx(7.5));
    CHECK(outcome.test_accuracy == 0.61);
    CHECK(outcome.peak_bytes == 77);
    CHECK(outcome.predicted_peak_bytes == 78);
    CHECK_FALSE(outcome.started.empty());
    CHECK_FALSE(outcome.ended.empty());
    CHECK(reader.counts() == std::map<Disposition, std::int64_t>{{Disposition::finished, 1}});
}

TEST_CASE("a trial that goes on from a saved state forgets what came after it") {
    const TemporaryFolder folder;
    Writer writer(folder.path(), a_run());
    Reader reader(folder.path());
    const std::int64_t id = writer.find_or_add(a_request(1)).id;
    const std::int64_t neighbour = writer.find_or_add(a_request(2)).id;
    writer.start(neighbour);
    writer.add_epoch(neighbour, an_epoch(1, 0.1));
    writer.start(id);
    writer.add_epoch(id, an_epoch(1, 0.5));
    writer.add_epoch(id, an_epoch(2, 0.7));
    writer.start(id, 1);
    CHECK(reader.epochs(id).size() == 1);
    CHECK(reader.trials()[0].outcome.epochs_done == 1);
    CHECK(reader.trials()[0].outcome.best_validation_accuracy == 0.5);
    writer.add_epoch(id, an_epoch(1, 0.55)); // replaces
    CHECK(reader.epochs(id).at(0).validation_accuracy == 0.55);
    CHECK(reader.epochs(neighbour).size() == 1);
    writer.add_epoch(id, an_epoch(2, 0.6));
    writer.add_epoch(id, an_epoch(3, 0.7));
    writer.start(id);
    CHECK(reader.epochs(id).size() == 3);
    writer.add_epoch(id, an_epoch(2, 0.65)); // what was recorded behind it is of another past
    CHECK(reader.epochs(id).size() == 2);
    CHECK(reader.trials()[0].outcome.last_validation_accuracy == 0.65);
    writer.start(id, 0);
    CHECK(reader.epochs(id).empty());
    CHECK_FALSE(reader.trials()[0].outcome.last_validation_accuracy);
}

TEST_CASE("no trial ends without a disposition, a reason or a trial") {
    const TemporaryFolder folder;
    Writer writer(folder.path(), a_run());
    const std::int64_t id = writer.find_or_add(a_request(1)).id;
    CHECK_THROWS_AS(writer.end(id, {.disposition = Disposition::running}), Error);
    CHECK_THROWS_AS(writer.end(id, {.disposition = Disposition::failed}), Error);
    CHECK_THROWS_AS(writer.end(id + 1, {}), Error);
    CHECK_THROWS_AS(writer.start(id + 1), Error);
    CHECK_THROWS_AS(writer.add_epoch(id + 1, an_epoch(1, 0.5)), Error);
    writer.end(
        id, {.disposition = Disposition::failed, .reason = "loss is nan at step 17; DROP TABLE trial; --'"});
    const Outcome outcome = Reader(folder.path()).trials().at(0).outcome;
    CHECK(outcome.disposition == Disposition::failed);
    CHECK(outcome.reason == "loss is nan at step 17; DROP TABLE trial; --'");
}

TEST_CASE("a trial as JSON is one flat object with the recipe in it") {
    const TemporaryFolder folder;
    const Trial trial = Writer(folder.path(), a_run()).find_or_add(a_request(1));
    const reflect::Json json = trial_json(trial);
    CHECK(json["variant"] == "paper/d1-c1-v1");
    CHECK(json["data"] == "shapes");
    CHECK(json["recipe"]["lr"] == 0.01);
    CHECK(json["disposition"] == "pending");
    CHECK(json["test_accuracy"].is_null());
    CHECK(json.begin().key() == "id");
}
