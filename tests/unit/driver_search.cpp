// Searches of the driver with a backend that is not LibTorch: who is trained how far, what is recorded, and
// what a kill leaves.
#include "check.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "driver/watch_text.hpp"
#include "store/reader.hpp"
#include "store/sqlite.hpp"
#include "store/trial_rows.hpp"
#include "unit/driver_fixture.hpp"

using namespace fractal;
using namespace fractal::driver::testing;
using store::Disposition;

namespace {

using Words = std::vector<std::string>;
using Counts = std::map<Disposition, std::int64_t>;

/// All eight variants of the small registry, four epochs, rungs at 1, 2 and 4.
Words search(const std::string& run, const Words& more = {}) {
    Words words{"search", "*", "--epochs", "4", "--eta", "2", "--run", run};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

Counts counts_of(const fs::path& run) { return store::Reader(run).counts(); }

std::int64_t epochs_of(const fs::path& run) {
    std::int64_t epochs = 0;
    for (const store::Trial& trial : store::Reader(run).trials()) epochs += trial.outcome.epochs_done;
    return epochs;
}

/// All that a run recorded apart from times, and the files of its folder.
std::string rows_of(const fs::path& run) {
    store::Reader reader(run);
    nlohmann::ordered_json rows;
    for (store::Trial trial : reader.trials()) {
        trial.outcome.started = trial.outcome.ended = "";
        trial.outcome.peak_bytes = trial.outcome.predicted_peak_bytes = 0;
        auto row = store::trial_json(trial);
        for (const store::Epoch& epoch : reader.epochs(trial.id)) {
            row["epochs"].push_back({epoch.epoch, epoch.train_loss, epoch.validation_accuracy.value_or(-1)});
        }
        rows.push_back(row);
    }
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(run)) {
        files.push_back(fs::relative(entry.path(), run).string());
    }
    std::ranges::sort(files);
    rows.push_back(files);
    rows.push_back(text_of(run / "search.json"));
    return rows.dump(1);
}

/// What validation accuracies the variants have after each epoch, from a run that trains all in full.
std::map<std::string, std::vector<double>> curves_of(const fs::path& folder) {
    REQUIRE(run_driver(folder, {"train", "*", "--epochs", "4", "--run", "flat"}).status == 0);
    store::Reader reader(folder / "flat");
    std::map<std::string, std::vector<double>> curves;
    for (const store::Trial& trial : reader.trials()) {
        for (const store::Epoch& epoch : reader.epochs(trial.id)) {
            curves[trial.subject.variant].push_back(epoch.validation_accuracy.value());
        }
    }
    return curves;
}

/// The `count` of `names` with the best accuracy after an epoch.
std::vector<std::string> best_of(std::vector<std::string> names, std::size_t count, std::size_t epoch,
                                 const std::map<std::string, std::vector<double>>& curves) {
    std::ranges::sort(names, std::ranges::greater(),
                      [&](const std::string& name) { return curves.at(name)[epoch - 1]; });
    names.resize(count);
    std::ranges::sort(names);
    return names;
}

/// The variants that have so many epochs or more.
std::vector<std::string> with_epochs(const fs::path& run, std::int32_t epochs) {
    std::vector<std::string> names;
    for (const store::Trial& trial : store::Reader(run).trials()) {
        if (trial.outcome.epochs_done >= epochs) names.push_back(trial.subject.variant);
    }
    std::ranges::sort(names);
    return names;
}

} // namespace

TEST_CASE(
    "halving trains the best on from their states, keeps the others' rows, and finds the best that is left") {
    const Folder folder;
    const fs::path run = folder.path() / "run";
    const auto curves = curves_of(folder.path());
    const Output output = run_driver(folder.path(), search("run", {"--method", "halving"}),
                                     {{"FRACTAL_FAKE_OUTCOMES", "trained"}});
    REQUIRE(output.status == 0);
    CHECK(counts_of(run) == Counts{{Disposition::finished, 2}, {Disposition::pruned, 6}});
    CHECK(epochs_of(run) == 8 * 1 + 4 * 1 + 2 * 2);
    CHECK(output.out.find("16 epochs, 50.00 % of those that all take in full") != std::string::npos);

    const std::vector<std::string> all = with_epochs(run, 1);
    CHECK(all.size() == 8);
    CHECK(with_epochs(run, 2) == best_of(all, 4, 1, curves));
    CHECK(with_epochs(run, 4) == best_of(with_epochs(run, 2), 2, 2, curves));
    CHECK(output.out.find("Found " + best_of(with_epochs(run, 4), 1, 4, curves).front()) !=
          std::string::npos);

    store::Reader reader(run);
    std::size_t places = 0;
    for (const store::Trial& trial : reader.trials()) {
        const std::vector<store::Epoch> epochs = reader.epochs(trial.id);
        REQUIRE(!epochs.empty());
        for (std::size_t i = 0; i < epochs.size(); ++i) { // as if it had been trained in one go
            CHECK(epochs[i].validation_accuracy == curves.at(trial.subject.variant)[i]);
        }
        if (trial.outcome.disposition != Disposition::pruned) continue;
        CHECK((epochs.size() == 1 || epochs.size() == 2));
        const std::string of = epochs.size() == 1 ? "of 8 at rung 1 of 3, after 1 epoch; 4 went on"
                                                  : "of 4 at rung 2 of 3, after 2 epochs; 2 went on";
        places += trial.outcome.reason.ends_with(of) ? 1 : 0;
    }
    CHECK(places == 6);
    CHECK(fs::is_empty(run / "state"));

    // No trial was begun anew: each beginning is at the rung below.
    std::map<std::string, std::vector<int>> beginnings;
    std::istringstream trained(text_of(folder.path() / "trained"));
    std::string variant, seed;
    for (int epoch = 0; trained >> variant >> seed >> epoch;) beginnings[variant].push_back(epoch);
    for (const auto& [name, epochs] : beginnings) {
        CHECK(epochs == (epochs.size() == 1   ? std::vector<int>{0}
                         : epochs.size() == 2 ? std::vector<int>{0, 1}
                                              : std::vector<int>{0, 1, 2}));
    }
}

TEST_CASE("a budget of epochs ends a search in order, and a larger one goes on from there") {
    for (const std::string method : {"asha", "halving", "random", "all"}) {
        CAPTURE(method);
        const Folder folder;
        const fs::path run = folder.path() / "run";
        const Output output =
            run_driver(folder.path(), search("run", {"--method", method, "--budget", "11epochs"}));
        REQUIRE(output.status == 0);
        CHECK(epochs_of(run) <= 11);
        CHECK(epochs_of(run) >= 8);
        const std::int64_t left = 11 - epochs_of(run);
        const std::string rest =
            left == 0   ? ""
            : left == 1 ? " but for 1 epoch, too few for what comes next"
                        : " but for " + std::to_string(left) + " epochs, too few for what comes next";
        CHECK(output.out.find("the budget of 11epochs is used up" + rest +
                              ". To go on:\n  fractal search --resume run --budget 22epochs\n") !=
              std::string::npos);
        CHECK(counts_of(run).count(Disposition::interrupted) == 0);
        const std::string rows = rows_of(run);
        CHECK(run_driver(folder.path(), {"search", "--resume", "run"}).status == 0);
        CHECK(rows_of(run) == rows);
        CHECK(run_driver(folder.path(), {"search", "--resume", "run", "--budget", "1000epochs"}).status == 0);
        const Counts counts = counts_of(run);
        CHECK(counts.count(Disposition::pending) == 0);
        CHECK(counts.count(Disposition::paused) == 0);
        CHECK(counts.at(Disposition::finished) >= 2);
        if (method == "random" || method == "all") CHECK(counts == Counts{{Disposition::finished, 8}});
    }
}

TEST_CASE("a search that is gone on with in parts comes to the same as one in one go") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), search("whole", {"--budget", "1000epochs"})).status == 0);
    REQUIRE(run_driver(folder.path(), search("run", {"--budget", "1epoch"})).status == 0);
    for (const char* budget : {"2epochs", "3epochs", "7epochs", "8epochs", "13epochs", "1000epochs"}) {
        REQUIRE(run_driver(folder.path(), {"search", "--resume", "run", "--budget", budget}).status == 0);
    }
    CHECK(rows_of(folder.path() / "run") == rows_of(folder.path() / "whole"));
}

TEST_CASE("a budget of time counts training in all sessions, and leaves a trial with its state") {
    const Folder folder;
    const fs::path run = folder.path() / "run";
    // An epoch counts a quarter of a second, and what the machine takes for it besides.
    Output output = run_driver(folder.path(), search("run", {"--method", "halving", "--budget", "2.2s"}));
    REQUIRE(output.status == 0);
    CHECK(output.out.find("the budget of 2.2s is used up") != std::string::npos);
    CHECK(epochs_of(run) <= 9);
    output = run_driver(folder.path(), {"search", "--resume", "run", "--budget", "2.4s"});
    CHECK(epochs_of(run) <= 10);
    CHECK(output.out.find("To go on:\n  fractal search --resume run --budget 4.8s") != std::string::npos);
    CHECK(run_driver(folder.path(), {"search", "--resume", "run", "--budget", "1h"}).status == 0);
    CHECK(counts_of(run) == Counts{{Disposition::finished, 2}, {Disposition::pruned, 6}}); // of two brackets
}

TEST_CASE("a budget of time counts trials that come to the end of no epoch") {
    const Folder folder;
    const Words more{"--method", "all", "--budget", "0.3s", "--trial-time-limit", "0.01s"};
    const Output output = run_driver(folder.path(), search("run", more), {{"FRACTAL_FAKE_STEP_MS", "110"}});
    REQUIRE(output.status == 0);
    CHECK(output.out.find("the budget of 0.3s is used up") != std::string::npos);
    CHECK(epochs_of(folder.path() / "run") == 0);
    CHECK(counts_of(folder.path() / "run").at(Disposition::pending) >=
          5); // of eight: each takes a third of it
}

TEST_CASE("a search is not trained to its end by train") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), search("run", {"--budget", "3epochs"})).status == 0);
    const std::string rows = rows_of(folder.path() / "run");
    const Output refused = run_driver(folder.path(), {"train", "--resume", "run"});
    CHECK(refused.status == 64);
    CHECK(refused.err.find("run is a search") != std::string::npos);
    CHECK(refused.err.find("fractal search --resume run") != std::string::npos);
    CHECK(rows_of(folder.path() / "run") == rows);
    const std::string one = store::Reader(folder.path() / "run").trials().back().subject.variant;
    CHECK(run_driver(folder.path(), {"train", one, "--epochs", "4", "--run", "run"}).status == 0);
    CHECK(run_driver(folder.path(), {"train", one, "--epochs", "1", "--resume", "run"}).status == 0);
}

TEST_CASE("who fails is counted with its reason, and the search goes on") {
    const Folder folder;
    const std::string bad = "net/3x32x32-d1-c2-w16-gap10-conv3";
    const Output output =
        run_driver(folder.path(), search("run", {"--method", "all"}), {{"FRACTAL_FAKE_FAIL", bad}});
    CHECK(output.status == 0);
    CHECK(counts_of(folder.path() / "run") == Counts{{Disposition::finished, 7}, {Disposition::failed, 1}});
    CHECK(output.out.find("failed  " + bad + ": the loss is not finite at step 12") != std::string::npos);
}

TEST_CASE("Ctrl-C saves, says how to go on, exits 130; the search comes to the same") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), search("whole")).status == 0);
    const pid_t child = start_driver(folder.path(), search("run"),
                                     {{"FRACTAL_FAKE_STEP_MS", "10"}, {"FRACTAL_FAKE_OUTCOMES", "trained"}});
    REQUIRE(wait_until([&] { return std::ranges::count(text_of(folder.path() / "trained"), '\n') >= 4; }));
    ::kill(child, SIGINT);
    CHECK(wait_for(child) == 130);
    CHECK(text_of(folder.path() / "out")
              .find("stopped by Ctrl-C. To go on:\n  fractal search --resume run\n") != std::string::npos);
    CHECK(run_driver(folder.path(), {"search", "--resume", "run"}).status == 0);
    std::string whole = rows_of(folder.path() / "whole");
    CHECK(rows_of(folder.path() / "run") == whole);
}

TEST_CASE("killed again and again, a search comes to the same, and trains nothing twice") {
    for (const std::string method : {"asha", "halving"}) {
        CAPTURE(method);
        const Folder folder;
        REQUIRE(
            run_driver(folder.path(), search("whole", {"--method", method, "--budget", "13epochs"})).status ==
            0);
        const Environment slow{{"FRACTAL_FAKE_STEP_MS", "5"}, {"FRACTAL_FAKE_OUTCOMES", "trained"}};
        const Words begin = search("run", {"--method", method, "--budget", "13epochs", "--save-every", "3"});
        int kills = 0;
        for (const int milliseconds : {30, 150, 130, 370, 110, 290, 70, 190, 250, 30}) {
            const bool begun = fs::exists(folder.path() / "run" / "search.json");
            const pid_t child = start_driver(
                folder.path(), begun ? Words{"search", "--resume", "run", "--save-every", "3"} : begin, slow);
            std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
            ::kill(child, SIGKILL);
            kills += wait_for(child) == -SIGKILL ? 1 : 0;
        }
        CHECK(kills >= 3);
        REQUIRE(run_driver(folder.path(), {"search", "--resume", "run"}).status == 0);
        CHECK(rows_of(folder.path() / "run") == rows_of(folder.path() / "whole"));

        std::istringstream trained(text_of(folder.path() / "trained"));
        std::map<std::string, int> last;
        std::string variant, seed;
        for (int epoch = 0; trained >> variant >> seed >> epoch;) {
            const auto [place, first] = last.emplace(variant, epoch);
            CHECK((first ? epoch == 0 : epoch >= place->second));
            place->second = epoch;
        }
    }
}

TEST_CASE("without images held out a search says what it goes by") {
    const Folder folder;
    const Output output =
        run_driver(folder.path(), search("run", {"--method", "halving", "--validation-images", "0"}));
    CHECK(output.status == 0);
    CHECK(
        output.err.find("no images are held out to choose by: rungs go by accuracy on the training images") !=
        std::string::npos);
    CHECK(output.out.find("By test accuracy") != std::string::npos);
    CHECK(counts_of(folder.path() / "run") == Counts{{Disposition::finished, 2}, {Disposition::pruned, 6}});
    const driver::SweepFigures figures = driver::figures_of(store::Reader(folder.path() / "run").sweep());
    CHECK(figures.done == 8);
    CHECK(figures.failed == 0);
}

TEST_CASE("those within noise of the best are trained with further seeds, once all is decided") {
    const Folder folder;
    const fs::path run = folder.path() / "run";
    // Twenty images held out: accuracies up to 0.3 below the best are noise.
    const Words more{"--method", "all", "--validation-images", "20", "--seeds", "3", "--budget", "34epochs"};
    Output output = run_driver(folder.path(), search("run", more));
    REQUIRE(output.status == 0);
    CHECK(epochs_of(run) == 32); // the eight in full; one more takes four epochs
    CHECK(output.out.find("the budget of 34epochs is used up") != std::string::npos);
    REQUIRE(run_driver(folder.path(), {"search", "--resume", "run", "--budget", "1000epochs"}).status == 0);
    std::map<std::string, std::vector<std::uint64_t>> seeds;
    std::map<std::string, double> accuracy;
    for (const store::Trial& trial : store::Reader(run).trials()) {
        CHECK(trial.outcome.disposition == Disposition::finished);
        seeds[trial.subject.variant].push_back(trial.recipe.seed);
        if (trial.recipe.seed == 0) accuracy[trial.subject.variant] = *trial.outcome.last_validation_accuracy;
    }
    double best = 0;
    for (const auto& [variant, value] : accuracy) best = std::max(best, value);
    const double noise = 2 * std::sqrt(2 * best * (1 - best) / 20);
    const auto near =
        std::ranges::count_if(accuracy, [&](const auto& one) { return one.second >= best - noise; });
    for (const auto& [variant, trained] : seeds) {
        const bool finalist = near > 1 && accuracy.at(variant) >= best - noise;
        CHECK(trained == (finalist ? std::vector<std::uint64_t>{0, 1, 2} : std::vector<std::uint64_t>{0}));
    }
    CHECK(near > 1);
    CHECK(near < 8);
    CHECK(store::Reader(run).sweep().plan.size() ==
          store::Reader(run).trials().size()); // as a watcher sees it
    // One with a seed that failed is not found, however good the others were.
    const std::string best_name =
        std::ranges::max_element(accuracy, {}, [](const auto& one) { return one.second; })->first;
    store::Database(run / "results.sqlite", store::Database::Mode::write)
        .run(
            "UPDATE trial SET last_validation_accuracy = 1 WHERE recipe <> seedless; UPDATE trial SET "
            "disposition = 'failed', reason = 'broke' WHERE recipe <> seedless AND variant = '" +
            best_name + "'");
    output = run_driver(folder.path(), {"search", "--resume", "run"});
    CHECK(output.out.find("\nFound " + best_name + "\n") == std::string::npos);
    CHECK(output.out.find("\nFound ") != std::string::npos);
    // A seed that not all have does not count: the one that had it is the best by the seed that all have.
    store::Database(run / "results.sqlite", store::Database::Mode::write)
        .run("UPDATE trial SET disposition = iif(variant = '" + best_name +
             "', 'finished', 'interrupted'), last_validation_accuracy = 0 WHERE recipe <> seedless");
    output = run_driver(folder.path(), {"search", "--resume", "run", "--budget", "32epochs"});
    CHECK(output.out.find("\nFound " + best_name + "\n") != std::string::npos);
    store::Database(run / "results.sqlite", store::Database::Mode::write)
        .run("UPDATE trial SET disposition = 'finished' WHERE recipe <> seedless");
    // Were the further seeds less lucky than a draw of another variant, it would not be the best by that.
    store::Database(run / "results.sqlite", store::Database::Mode::write)
        .run("UPDATE trial SET last_validation_accuracy = 0 WHERE recipe <> seedless");
    output = run_driver(folder.path(), {"search", "--resume", "run"});
    CHECK(output.out.find("To go on") == std::string::npos);
    const std::string found = output.out.substr(output.out.find("\nFound ") + 7);
    CHECK(seeds.at(found.substr(0, found.find('\n'))).size() == 3);
}

TEST_CASE("further seeds that were asked for otherwise are no part of a search") {
    const Folder folder;
    const Words recipe{"--epochs", "4", "--validation-images", "20", "--seeds", "3", "--run", "run"};
    Words train{"train", "*", "--plan-only"};
    train.insert(train.end(), recipe.begin(), recipe.end());
    REQUIRE(run_driver(folder.path(), train).status == 0);
    Words one{"search", store::Reader(folder.path() / "run").trials().front().subject.variant};
    one.insert(one.end(), recipe.begin(), recipe.end());
    const Output output = run_driver(folder.path(), one);
    REQUIRE(output.status == 0);
    CHECK(output.out.find("To go on") == std::string::npos);
    CHECK(output.out.find("\n4 epochs") != std::string::npos);
}

TEST_CASE("a sample is drawn by the seed, and evenly from the shapes") {
    const Folder folder;
    const auto sampled = [&](const std::string& run, const std::string& seed) {
        REQUIRE(
            run_driver(folder.path(), search(run, {"--sample", "3", "--seed", seed, "--budget", "1epoch"}))
                .status == 0);
        std::vector<std::string> names;
        for (const store::Trial& trial : store::Reader(folder.path() / run).trials()) {
            names.push_back(trial.subject.variant);
        }
        return names;
    };
    const auto first = sampled("a", "1");
    CHECK(first.size() == 3);
    CHECK(first == sampled("b", "1"));
    CHECK((first != sampled("c", "2") || first != sampled("d", "3")));
}

TEST_CASE("a search as JSON lines has the rungs, the best and how to go on") {
    const Folder folder;
    const Output output =
        run_driver(folder.path(), search("run", {"--budget", "13epochs", "--method", "halving", "--json"}));
    REQUIRE(output.status == 0);
    std::istringstream lines(output.out);
    std::map<std::string, int> events;
    nlohmann::json last;
    for (std::string line; std::getline(lines, line);) {
        last = nlohmann::json::parse(line);
        ++events[last.at("event")];
    }
    CHECK(events["search_end"] == 1);
    CHECK(last.at("event") == "search_end");
    CHECK(last.at("method") == "halving");
    CHECK(last.at("epochs") == epochs_of(folder.path() / "run"));
    CHECK(last.at("epochs_of_all") == 32);
    CHECK(last.at("rungs").size() == 3);
    CHECK(last.at("rungs")[0].at("epochs") == 1);
    CHECK(last.at("best").at("variant").is_string());
    CHECK(last.at("resume") == "fractal search --resume run --budget 26epochs");
}

TEST_CASE("what contradicts itself is refused, with the remedy, and before anything is made") {
    const Folder folder;
    const auto refused = [&](const Words& words, const std::string& message, int status = 64) {
        const Output output = run_driver(folder.path(), words);
        CAPTURE(output.err);
        CHECK(output.status == status);
        CHECK(output.err.find(message) != std::string::npos);
    };
    refused({"search"}, "nothing says what to train");
    refused(search("run", {"--method", "hyperband"}), "--method is hyperband: expected one of asha, halving");
    refused(search("run", {"--budget", "40"}),
            "--budget is 40: expected epochs, such as 40epochs, or a time");
    refused(search("run", {"--budget", "0epochs"}), "--budget is 0epochs: expected at least 1epoch");
    refused(search("run", {"--budget", "some"}), "--budget is some: expected a duration above 0");
    refused(search("run", {"--first-rung", "5"}), "--first-rung is 5: expected at most the 4 epochs");
    refused({"search", "*", "--eta", "1"}, "--eta is 1: expected a whole number, at least 2");
    refused({"search", "*", "--eta", "x"}, "--eta is x: expected a whole number, at least 2");
    refused(search("run", {"--seeds", "0"}), "--seeds is 0: expected a whole number, at least 1");
    refused(search("run", {"--seeds", "2", "--validation-images", "0"}),
            "--seeds is 2, and no images are held out");
    refused(search("run", {"--sample", "9"}), "--sample is 9: expected a number from 1 to the 8 variants");
    CHECK_FALSE(fs::exists(folder.path() / "run" / "search.json"));
    refused({"search", "--resume", "run", "--method", "asha"}, "leave out variants, --method");
    refused({"search", "--resume", "nowhere"}, "nowhere is no run", 74);
    REQUIRE(
        run_driver(folder.path(), {"train", "--select", "cheap", "--epochs", "1", "--run", "plain"}).status ==
        0);
    refused({"search", "--resume", "plain"}, "search.json cannot be read: expected the run of a search", 74);
    CHECK(store::Reader(folder.path() / "plain").runs().size() == 1); // it was not touched
    REQUIRE(run_driver(folder.path(), search("done", {"--budget", "1epoch"})).status == 0);
    refused(search("done"), "done holds a search already: go on with it (--resume done)");
    std::ofstream(folder.path() / "done" / "search.json") << R"({"method": "asha"})";
    refused({"search", "--resume", "done"}, "search.json is damaged (expected a list trials)", 65);
}
