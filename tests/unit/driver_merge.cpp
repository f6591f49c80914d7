// A sweep in parts, and the parts in one.
#include "check.hpp"

#include <set>
#include <sstream>

#include "base/error.hpp"
#include "driver/trial_plan.hpp"
#include "store/sqlite.hpp"
#include "unit/driver_fixture.hpp"
#include "unit/driver_rows.hpp"

using namespace fractal;
using namespace fractal::driver::testing;
using store::Disposition;

namespace {

using Words = std::vector<std::string>;

/// Six trials.
Words sweep(const std::string& run, const Words& more = {}) {
    Words words{"train", "--select", "cheap", "--epochs", "3", "--seeds", "2", "--run", run};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

std::set<std::pair<std::string, std::uint64_t>> trials_of(const fs::path& run) {
    std::set<std::pair<std::string, std::uint64_t>> trials;
    for (const store::Trial& trial : store::Reader(run).trials()) {
        trials.emplace(trial.subject.variant, trial.recipe.seed);
    }
    return trials;
}

} // namespace

TEST_CASE("shards are the whole, each trial in one of them; merged they are the undisturbed run") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep("whole")).status == 0);
    REQUIRE(run_driver(folder.path(), sweep("merged", {"--plan-only"})).status == 0);
    CHECK(counts_of(folder.path() / "merged") ==
          std::map<Disposition, std::int64_t>{{Disposition::pending, 6}});
    std::size_t trials = 0;
    for (const std::string part : {"1", "2", "3", "4"}) {
        REQUIRE(run_driver(folder.path(), sweep("part" + part, {"--shard", part + "/4"})).status == 0);
        trials += trials_of(folder.path() / ("part" + part)).size();
    }
    CHECK(trials == 6);
    const Words merge{"merge", "merged", "part4", "part3", "part2", "part1", "--json"};
    const Output first = run_driver(folder.path(), merge);
    REQUIRE(first.status == 0);
    CHECK(nlohmann::json::parse(first.out)["taken"] == 6);
    const std::string rows = rows_of(folder.path() / "merged");
    CHECK(rows == rows_of(folder.path() / "whole"));

    const Output again = run_driver(folder.path(), merge);
    REQUIRE(again.status == 0);
    CHECK(nlohmann::json::parse(again.out)["taken"] == 0);
    CHECK(nlohmann::json::parse(again.out)["kept"] == 6);
    CHECK(rows_of(folder.path() / "merged") == rows);

    // Nothing is left to train there, and a run that has never been takes them too.
    CHECK(run_driver(folder.path(), {"train", "--resume", "merged"}).err.find("0 of 6") == 0);
    REQUIRE(run_driver(folder.path(), {"merge", "new", "part1", "part2", "part3", "part4"}).status == 0);
    CHECK(trials_of(folder.path() / "new") == trials_of(folder.path() / "whole"));
}

TEST_CASE("what was interrupted is gone on with where it was merged") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep("whole")).status == 0);
    const pid_t child = start_driver(folder.path(), sweep("part"),
                                     {{"FRACTAL_FAKE_STEP_MS", "20"}, {"FRACTAL_FAKE_OUTCOMES", "trained"}});
    REQUIRE(wait_until([&] { return !text_of(folder.path() / "trained").empty(); }));
    REQUIRE(wait_until([&] { return is_in_second_epoch(folder.path() / "part"); }));
    ::kill(child, SIGINT);
    REQUIRE(wait_for(child) == 130);
    REQUIRE(run_driver(folder.path(), {"merge", "merged", "part"}).status == 0);
    CHECK(counts_of(folder.path() / "merged").at(Disposition::interrupted) == 1);
    const fs::path states = folder.path() / "merged" / "state";
    CHECK(std::distance(fs::directory_iterator(states), {}) == 1);
    REQUIRE(run_driver(folder.path(), {"train", "--resume", "merged"}).status == 0);
    CHECK(fs::is_empty(states));
    CHECK(rows_of(folder.path() / "merged") == rows_of(folder.path() / "whole"));

    // The part is behind now, and does not undo it.
    REQUIRE(run_driver(folder.path(), {"merge", "merged", "part"}).status == 0);
    CHECK(rows_of(folder.path() / "merged") == rows_of(folder.path() / "whole"));
}

TEST_CASE("weights of a finished trial outlive a merge with a run that kept none, in either order") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep("kept")).status == 0);
    REQUIRE(run_driver(folder.path(), sweep("bare", {"--no-weights"})).status == 0);
    for (const Words& words : {Words{"merge", "kept", "bare"}, Words{"merge", "a", "kept", "bare"},
                               Words{"merge", "b", "bare", "kept"}}) {
        REQUIRE(run_driver(folder.path(), words).status == 0);
        const fs::path weights = folder.path() / words[1] / "weights";
        CHECK(std::distance(fs::directory_iterator(weights), {}) == 6);
        const Output again = run_driver(folder.path(), words);
        CHECK(again.out.find("0 trials taken") == 0);
    }
}

TEST_CASE("a merge of results that are not of this registry, or no run, changes nothing") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep("part", {"--shard", "1/2"})).status == 0);
    REQUIRE(run_driver(folder.path(), sweep("other", {"--shard", "2/2"})).status == 0);
    store::Database(folder.path() / "other" / "results.sqlite", store::Database::Mode::write)
        .run("UPDATE run SET manifest = '0123456789abcdef'");
    Output output = run_driver(folder.path(), {"merge", "merged", "part", "other"});
    CHECK(output.status == 65);
    CHECK(output.err.find("other holds results of another registry (manifest 0123456789abcdef") !=
          std::string::npos);
    CHECK_FALSE(fs::exists(folder.path() / "merged"));
    const std::string before = rows_of(folder.path() / "other");
    CHECK(run_driver(folder.path(), {"merge", "other", "part"}).status == 65);
    CHECK(rows_of(folder.path() / "other") == before);
    output = run_driver(folder.path(), {"merge", "merged", "part", "prat"});
    CHECK(output.status == 74);
    CHECK(output.err.find("did you mean part?") != std::string::npos);

    const fs::path weights = folder.path() / "part" / "weights" / "1.safetensors";
    fs::remove(weights);
    fs::create_symlink("/etc/passwd", weights);
    output = run_driver(folder.path(), {"merge", "merged", "part"});
    CHECK(output.status == 65);
    CHECK(output.err.find("1.safetensors is no plain file") != std::string::npos);
    CHECK_FALSE(fs::exists(folder.path() / "merged"));
}

TEST_CASE("a merge that the last trial of the last folder forbids takes over none before it") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), sweep("part", {"--shard", "1/2"})).status == 0);
    REQUIRE(run_driver(folder.path(), sweep("whole")).status == 0);
    const store::Subject last = store::Reader(folder.path() / "part").trials().back().subject;
    store::Database(folder.path() / "whole" / "results.sqlite", store::Database::Mode::write)
        .run("UPDATE trial SET train_images = train_images - 1 WHERE variant = '" + last.variant + "'");
    const std::string before = rows_of(folder.path() / "part");
    const auto trials = trials_of(folder.path() / "part");
    const Output output = run_driver(folder.path(), {"merge", "part", "whole"});
    CHECK(output.status == 65);
    CHECK(output.err.find("merge what is of the same images into a folder of its own") != std::string::npos);
    CHECK(rows_of(folder.path() / "part") == before);
    CHECK(trials_of(folder.path() / "part") == trials);
}

TEST_CASE("a plan says what each trial needs, and --shard of it trains that one") {
    const Folder folder;
    const Output output =
        run_driver(folder.path(), sweep("run", {"--plan-only", "--json", "--threads", "3"}));
    REQUIRE(output.status == 0);
    std::vector<nlohmann::json> rows;
    std::istringstream lines(output.out);
    for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
    REQUIRE(rows.size() == 7);
    CHECK(rows[6]["event"] == "plan_end");
    CHECK(rows[6]["threads"] == 3);
    CHECK(rows[6]["device"] == "cpu");
    for (std::size_t place = 0; place < 6; ++place) {
        CHECK(rows[place]["event"] == "planned");
        CHECK(rows[place]["trial"] == place + 1);
        CHECK(rows[place]["disposition"] == "pending");
        CHECK(rows[place]["memory_bytes"].get<std::int64_t>() > 1'000'000);
    }
    CHECK(rows[1]["memory_bytes"] > rows[0]["memory_bytes"]);

    const std::string shard = rows[4]["shard"];
    CHECK(shard == "5/6");
    REQUIRE(run_driver(folder.path(), sweep("one", {"--shard", shard})).status == 0);
    CHECK(trials_of(folder.path() / "one") ==
          std::set<std::pair<std::string, std::uint64_t>>{{rows[4]["variant"], rows[4]["seed"]}});
    REQUIRE(run_driver(folder.path(), {"merge", "run", "one"}).status == 0);
    const Output left = run_driver(folder.path(), sweep("run", {"--plan-only"}));
    CHECK(left.err.find("5 of 6 trials to train") == 0);
    CHECK(left.out.find("5/6") == std::string::npos);
    CHECK(left.out.find("6/6") != std::string::npos);
}

TEST_CASE("networks that are one to the results are not trained as two") {
    using Plain =
        Network<Input<3, 32, 32>, Depth<1>, Columns<2>, Layers<Conv<3>>, Width<4>, Head<Flatten, 10>>;
    using Dropped = Network<Input<3, 32, 32>, Depth<1>, Columns<2>, Layers<Conv<3>>, Width<4>,
                            Head<Flatten, 10>, DropPath<DropPathMode::local>>;
    using Other =
        Network<Input<3, 32, 32>, Depth<1>, Columns<2>, Layers<Conv<3>, ReLU>, Width<4>, Head<Flatten, 10>>;
    driver::check_distinct({&variant_of<Plain>, &variant_of<Other>});
    CHECK_THROWS_WITH_AS(
        driver::check_distinct({&variant_of<Plain>, &variant_of<Other>, &variant_of<Dropped>}),
        doctest::Contains("are one network to the results"), UsageError);
}

TEST_CASE("--shard is a part of trials that are asked for") {
    const Folder folder;
    for (const char* wrong : {"0/2", "3/2", "1", "1/", "/2", "1/2/3", "a/b", "-1/2", "1/0", "1/7"}) {
        CAPTURE(wrong);
        const Output output = run_driver(folder.path(), sweep("run", {"--shard", wrong}));
        CHECK(output.status == 64);
        CHECK(output.err.find("--shard") != std::string::npos);
        CHECK_FALSE(fs::exists(folder.path() / "run"));
    }
    REQUIRE(run_driver(folder.path(), sweep("run", {"--plan-only"})).status == 0);
    CHECK(run_driver(folder.path(), {"train", "--resume", "run", "--shard", "1/2"}).status == 64);
}
