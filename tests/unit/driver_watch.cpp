// A sweep watched from another process: while it goes on, when it has ended, when it was killed.
#include "check.hpp"

#include <csignal>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "driver/watch_text.hpp"
#include "store/reader.hpp"
#include "store/sqlite.hpp"
#include "unit/driver_fixture.hpp"

using namespace fractal;
using namespace fractal::driver::testing;

namespace {

using Words = std::vector<std::string>;
using Json = nlohmann::json;

const Words sweep{"train", "--select", "cheap", "--epochs", "3", "--seeds", "2", "--run", "run"};

/// Another folder for the output of the watcher, which looks into `folder`.
Output watch(const Folder& folder, const Words& more = {}) {
    const Folder beside;
    Words words{"watch", (folder.path() / "run").string()};
    words.insert(words.end(), more.begin(), more.end());
    return run_driver(beside.path(), words);
}

/// Waits until a look at the run shows something, however slow the machine is.
Json wait_for_look(const Folder& folder, bool (*enough)(const Json&)) {
    Json look;
    for (int patience = 600; patience > 0; --patience) {
        const Output output = watch(folder, {"--once", "--json"});
        if (output.status == 0) {
            look = Json::parse(output.out);
            if (enough(look)) break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return look;
}

} // namespace

TEST_CASE("a sweep is watched while it goes on, to its end") {
    const Folder folder;
    const pid_t child = start_driver(folder.path(), sweep, {{"FRACTAL_FAKE_STEP_MS", "30"}});
    const Json look = wait_for_look(folder, [](const Json& json) {
        return json["done"] >= 1 && !json["running"].is_null() && !json["running"]["progress"].is_null();
    });
    CHECK(look["state"] == "running");
    CHECK(look["process"] == std::to_string(child));
    CHECK(look["trials"] == 6);
    CHECK(look["running"]["progress"]["steps"] == 10);
    CHECK(look["running"]["epochs"] == 3);
    CHECK(look["best"].size() >= 1);
    CHECK(look["seconds_left"].get<double>() > 0);

    const Output followed = watch(folder, {"--interval", "0.1s"});
    CHECK(followed.status == 0);
    CHECK(followed.out.find('\x1b') == std::string::npos);
    CHECK(followed.out.find("/6 trials; now net/") != std::string::npos);
    CHECK(followed.out.find("6/6 trials; ended after") != std::string::npos);
    CHECK(wait_for(child) == 0);
    const Json end = Json::parse(watch(folder, {"--json"}).out);
    CHECK(end["state"] == "ended");
    CHECK(end["stopped"].is_null());
    CHECK(end["done"] == 6);
}

TEST_CASE("a run that was killed says so, and how to go on; one that was stopped says by what") {
    const Folder folder;
    pid_t child = start_driver(folder.path(), sweep, {{"FRACTAL_FAKE_STEP_MS", "50"}});
    wait_for_look(folder, [](const Json& json) { return !json["running"].is_null(); });
    ::kill(child, SIGKILL);
    wait_for(child);
    const Output died = watch(folder);
    CHECK(died.status == 1);
    CHECK(died.out.find("its process has died") != std::string::npos);
    CHECK(died.out.find("train --resume") != std::string::npos);

    child = start_driver(folder.path(), {"train", "--resume", "run"}, {{"FRACTAL_FAKE_STEP_MS", "50"}});
    wait_for_look(folder,
                  [](const Json& json) { return json["state"] == "running" && !json["running"].is_null(); });
    ::kill(child, SIGINT);
    wait_for(child);
    const Output stopped = watch(folder, {"--once"});
    CHECK(stopped.status == 0);
    CHECK(stopped.out.find("stopped by Ctrl-C") != std::string::npos);
}

TEST_CASE("of a search the time left is the most that it may be") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), {"search", "*", "--epochs", "4", "--budget", "3epochs", "--run", "run"})
                .status == 0);
    store::Reader reader(folder.path() / "run");
    driver::Watched watched{.program = "fractal",
                            .folder = "run",
                            .life = driver::Life::running,
                            .process = "1",
                            .search = true,
                            .state = reader.sweep(),
                            .best = {}};
    // What is paused may go on, and is no failure.
    std::int32_t left = 0;
    for (const auto& [trial, stage] : watched.state.plan) {
        CHECK(stage == store::Stage::waiting);
        left += trial.epochs - trial.epochs_done;
    }
    CHECK(left == 4 * std::ssize(watched.state.plan) - 3);
    const driver::SweepFigures figures = driver::figures_of(watched.state);
    CHECK(figures.done == 0);
    CHECK(figures.failed == 0);
    CHECK(driver::watch_line(watched).find("; at most ") != std::string::npos);
    CHECK(driver::watch_json(watched)["search"] == true);
    watched.search = false;
    CHECK(driver::watch_line(watched).find("; at most ") == std::string::npos);
    CHECK(Json::parse(watch(folder, {"--json"}).out)["search"] == true);
    watched.search = true;
    watched.life = driver::Life::died;
    CHECK(driver::watch_line(watched).find("fractal search --resume run goes on") != std::string::npos);
}

TEST_CASE("failures are told with their reasons") {
    const Folder folder;
    const std::string bad = "net/3x32x32-d1-c2-w16-gap10-conv3";
    REQUIRE(run_driver(folder.path(), sweep, {{"FRACTAL_FAKE_FAIL", bad}}).status == 0);
    const Output output = watch(folder);
    CHECK(output.status == 0);
    const Json look = Json::parse(watch(folder, {"--json"}).out);
    REQUIRE(look["not_finished"].size() == 2);
    CHECK(look["not_finished"][0]["variant"] == bad);
    const Output report = watch(folder, {"--once"});
    CHECK(report.out.find("6/6 trials, 2 not finished") != std::string::npos);
    CHECK(report.out.find(bad + ": the loss is not finite at step 12") != std::string::npos);
}

TEST_CASE("the curves for TensorBoard come into being with the run and go on with it") {
    const Folder folder;
    Words words = sweep;
    words.insert(words.end(), {"--tensorboard", "curves"});
    const pid_t child = start_driver(folder.path(), words, {{"FRACTAL_FAKE_STEP_MS", "20"}});
    wait_for_look(folder, [](const Json& json) { return json["done"] >= 1; });
    ::kill(child, SIGKILL);
    wait_for(child);
    // Gone on with from elsewhere, without being told again.
    REQUIRE(run_driver(folder.path(), {"train", "--resume", "run"}).status == 0);
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "curves")) {
        files += entry.is_regular_file() ? 1 : 0;
    }
    CHECK(files == 6);
    // What was written in parts is what is written at once.
    Words anew{"train", "--resume", "run", "--tensorboard", "others"};
    REQUIRE(run_driver(folder.path(), anew).status == 0);
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "others")) {
        if (entry.is_regular_file()) {
            const fs::path relative = fs::relative(entry.path(), folder.path() / "others");
            CHECK(text_of(entry.path()) == text_of(folder.path() / "curves" / relative));
        }
    }
    // Another run's trials do not get into it.
    REQUIRE(
        run_driver(folder.path(), {"train", "--select", "cheap", "--epochs", "1", "--run", "run2"}).status ==
        0);
    const Output refused =
        run_driver(folder.path(), {"train", "--resume", "run2", "--tensorboard", "curves"});
    CHECK(refused.status == 65);
    CHECK(refused.err.find("holds the events of another trial") != std::string::npos);
}

TEST_CASE("no curves are written outside their folder, whatever results from elsewhere say") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep).status == 0);
    store::Database(folder.path() / "run" / "results.sqlite", store::Database::Mode::write)
        .run("UPDATE trial SET variant = '../../outside' WHERE id = 1");
    const Output refused =
        run_driver(folder.path(), {"train", "--resume", "run", "--tensorboard", "a/b/curves"});
    CHECK(refused.status == 65);
    CHECK(refused.err.find("'../../outside', which is no name of a variant") != std::string::npos);
    CHECK_FALSE(fs::exists(folder.path() / "a" / "outside-seed0-trial1"));
}
