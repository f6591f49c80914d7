// What a watcher learns of a sweep, and of who writes it.
#include <doctest/doctest.h>

#include <array>
#include <string>

#include <unistd.h>

#include "store/lock.hpp"
#include "store/reader.hpp"
#include "store/writer.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal::store;
using namespace fractal::store::testing;

namespace {

std::array<std::int64_t, 3> three_trials(Writer& writer) {
    return {writer.find_or_add(a_request(1)).id, writer.find_or_add(a_request(2)).id,
            writer.find_or_add(a_request(3)).id};
}

} // namespace

TEST_CASE("a watcher sees the plan, what runs and where, and what is over") {
    const TemporaryFolder folder;
    Writer writer(folder.path(), a_run());
    Reader reader(folder.path());
    CHECK(reader.sweep().plan.empty());
    const auto trials = three_trials(writer);
    writer.plan(trials);
    writer.start(trials[0]);
    writer.add_epoch(trials[0], an_epoch(1, 0.5));
    writer.end(trials[0], {.test_accuracy = 0.5});
    writer.start(trials[1]);
    writer.tell(trials[1], {.epoch = 0, .step = 7, .steps = 10, .loss = 1.5, .images_per_second = 99});
    SweepState state = reader.sweep();
    REQUIRE(state.plan.size() == 3);
    CHECK(state.plan[0].stage == Stage::over);
    CHECK(state.plan[0].trial.epochs_done == 1);
    CHECK(state.plan[0].trial.seconds == 2.5);
    CHECK(state.plan[1].stage == Stage::running);
    CHECK(state.plan[2].stage == Stage::waiting);
    REQUIRE(state.progress);
    CHECK(state.progress->step == 7);
    CHECK(state.progress->loss == 1.5);
    CHECK(state.progress_age >= 0);
    CHECK(state.progress_age < 60);
    CHECK(state.run.ended.empty());

    writer.end(trials[1], {.disposition = Disposition::failed, .reason = "broke"});
    writer.finish("stopped by Ctrl-C");
    state = reader.sweep();
    CHECK(state.plan[1].stage == Stage::over);
    CHECK(state.plan[1].trial.reason == "broke");
    CHECK_FALSE(state.progress);
    CHECK_FALSE(state.run.ended.empty());
    CHECK(state.run.stopped == "stopped by Ctrl-C");
}

TEST_CASE("what an earlier use left is not what this one did") {
    const TemporaryFolder folder;
    std::array<std::int64_t, 3> trials{};
    {
        Writer writer(folder.path(), a_run());
        trials = three_trials(writer);
        writer.plan(trials);
        writer.start(trials[0]);
        writer.end(trials[0], {.disposition = Disposition::failed, .reason = "broke"});
        writer.start(trials[1]);
        writer.tell(trials[1], {.step = 1, .steps = 2});
    }
    Writer writer(folder.path(), a_run());
    Reader reader(folder.path());
    CHECK(reader.sweep().plan.empty()); // it is being made
    writer.plan(std::array{trials[0], trials[2]});
    const SweepState state = reader.sweep();
    REQUIRE(state.plan.size() == 2);
    CHECK(reader.sweep(Failures::left_as_they_are).plan[0].stage == Stage::over);
    CHECK(state.plan[0].trial.disposition == Disposition::failed);
    CHECK(state.plan[0].stage == Stage::waiting); // it is to be tried again
    CHECK(state.run.ended.empty());
    CHECK_FALSE(state.progress);
}

TEST_CASE("who holds a run is asked without taking it") {
    const TemporaryFolder folder;
    CHECK_FALSE(lock_owner(folder.path()));
    {
        const Writer writer(folder.path(), a_run());
        CHECK(lock_owner(folder.path()) == std::to_string(::getpid()));
        CHECK(lock_owner(folder.path()) == std::to_string(::getpid()));
    }
    CHECK_FALSE(lock_owner(folder.path()));
    const Writer next(folder.path(), a_run());
    CHECK(lock_owner(folder.path()));
}
