// Rows for other programs, and conditions wherever variants or trials are chosen.
#include "check.hpp"

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "store/writer.hpp"
#include "unit/driver_fixture.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal::driver::testing;

namespace {

using Words = std::vector<std::string>;
using Json = nlohmann::json;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

Output list(const Folder& folder, const Words& more) {
    Words words{"list", "--names"};
    words.insert(words.end(), more.begin(), more.end());
    return run_driver(folder.path(), words);
}

} // namespace

TEST_CASE("a flag takes one value, and what stands behind it is a pattern") {
    const Folder folder;
    CHECK(list(folder, {"--exclude", "*-c2-*", "--exclude", "*-c5-*", "*-d1-*"}).out ==
          list(folder, {"*-d1-*", "--where", "columns <> 2", "--where", "columns <> 5"}).out);
}

TEST_CASE("--where narrows what is listed and trained") {
    const Folder folder;
    CHECK(list(folder, {"--where", "depth = 1 AND columns <= 2"}).out ==
          "net/3x32x32-d1-c1-w16-gap10-conv3\nnet/3x32x32-d1-c2-w16-gap10-conv3\n");
    CHECK(list(folder, {"*-d1-*", "--where", "columns < 6", "--where", "columns > 2"}).out ==
          "net/3x32x32-d1-c5-w16-gap10-conv3\n");
    const Output typo = list(folder, {"--where", "colums = 2"});
    CHECK(typo.status == 64);
    CHECK(typo.err.find("did you mean columns?") != std::string::npos);
    const Output none = list(folder, {"--where", "depth = 4"});
    CHECK(none.status == 64);
    CHECK(none.err.find("none of the 8 rows of variants; depth is one of 1, 2, 3, 5") != std::string::npos);
    const Output apart = list(folder, {"*-d1-*", "--where", "depth = 2"});
    CHECK(apart.status == 64);
    CHECK(apart.err.find("conditions depth = 2") != std::string::npos);
    CHECK(list(folder, {"--where", "depth = 1; DROP TABLE variants"}).status == 64);

    REQUIRE(
        run_driver(folder.path(), {"train", "--where", "parameters < 1000", "--epochs", "1", "--run", "run"})
            .status == 0);
    const Output rows = run_driver(folder.path(), {"results", "run", "--to", "jsonl"});
    REQUIRE(lines_of(rows.out).size() == 1);
    CHECK(Json::parse(rows.out)["variant"] == "net/3x32x32-d1-c1-w16-gap10-conv3");
}

TEST_CASE("results are CSV or JSON lines of a view, the same rows whenever asked") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(),
                       {"train", "--select", "cheap", "--epochs", "2", "--seeds", "2", "--run", "run"},
                       {{"FRACTAL_FAKE_FAIL", "net/3x32x32-d1-c2-w16-gap10-conv3"}})
                .status == 0);
    const Output csv = run_driver(folder.path(), {"results", "run"});
    CHECK(csv.status == 0);
    const auto lines = lines_of(csv.out);
    REQUIRE(lines.size() == 1 + 6);
    CHECK(lines[0].starts_with("id,variant,fingerprint,family,depth,columns,layer_order,parameters,"));
    const auto commas = std::ranges::count(lines[0], ',');
    CHECK(std::ranges::count(lines[1], ',') >= commas);
    CHECK(run_driver(folder.path(), {"results", "run"}).out == csv.out);

    const Output epochs = run_driver(folder.path(), {"results", "run", "--view", "epochs", "--to", "jsonl"});
    CHECK(lines_of(epochs.out).size() == 4 * 2 + 2);
    CHECK(Json::parse(lines_of(epochs.out)[0])["epoch"] == 1);
    const Output best = run_driver(folder.path(), {"results", "run", "--view", "best", "--to", "jsonl"});
    CHECK(lines_of(best.out).size() == 2);
    CHECK(Json::parse(lines_of(best.out)[0])["seeds"] == 2);

    const Output failed = run_driver(
        folder.path(), {"results", "run", "--to", "jsonl", "--where", "disposition = 'failed' AND seed = 1"});
    REQUIRE(lines_of(failed.out).size() == 1);
    CHECK(Json::parse(failed.out)["reason"] == "the loss is not finite at step 12");
    CHECK(Json::parse(failed.out)["test_accuracy"].is_null());
    CHECK(run_driver(folder.path(), {"results", "run", "--out", "rows.csv"}).out.empty());
    CHECK(text_of(folder.path() / "rows.csv") == csv.out);

    const Output none = run_driver(folder.path(), {"results", "run", "--where", "disposition = 'faild'"});
    CHECK(none.status == 64);
    CHECK(none.out.empty());
    CHECK(none.err.find("did you mean failed?") != std::string::npos);
    CHECK(run_driver(folder.path(), {"results", "run", "--view", "epoch"}).err.find("did you mean epochs?") !=
          std::string::npos);

    const Output rank =
        run_driver(folder.path(), {"rank", "run", "--json", "--where", "depth = 1 AND seed = 0"});
    const Json ranking = Json::parse(rank.out);
    REQUIRE(ranking["rows"].size() == 1);
    CHECK(ranking["rows"][0]["seeds"] == 1);
    CHECK(ranking["not_finished"].size() == 1);
}

TEST_CASE("a ranking says how much of it is shown, and a front is shown whole") {
    const Folder folder;
    {
        fractal::store::Writer writer(folder.path() / "run", fractal::store::testing::a_run());
        for (int i = 0; i < 12; ++i) { // the larger, the better
            fractal::Recipe recipe;
            recipe.validation_images = 5000;
            const std::int64_t id = writer.find_or_add(fractal::store::testing::a_request(i, recipe)).id;
            writer.start(id);
            writer.add_epoch(id, fractal::store::testing::an_epoch(1, .05 * i));
            writer.end(id, {.test_accuracy = .5, .test_loss = 1.});
        }
    }
    const auto rank = [&](const Words& more) {
        Words words{"rank", "run"};
        words.insert(words.end(), more.begin(), more.end());
        return run_driver(folder.path(), words);
    };
    CHECK(rank({}).out.find("(12 trials); the first 10 of 12\n") != std::string::npos);
    CHECK(rank({"--top", "12"}).out.find("the first") == std::string::npos);
    const Json front = Json::parse(rank({"--pareto", "--costs", "parameters", "--json"}).out);
    CHECK(front["rows"].size() == 12);
    CHECK(front["rows_in_all"] == 12);
    const Json cut = Json::parse(rank({"--pareto", "--costs", "parameters", "--top", "2", "--json"}).out);
    CHECK(cut["rows"].size() == 2);
    CHECK(cut["rows_in_all"] == 12);
    CHECK(rank({"--by", "test"})
              .out.find("Nothing to rank by test accuracy: each finished trial held images "
                        "out, and is ranked by those.\n") != std::string::npos);
    CHECK(rank({"--data", "nope"}).out.find("Nothing to rank: no trial on nope has finished.\n") !=
          std::string::npos);
    CHECK(rank({"--top", "010"}).out.find("; the first 10 of 12\n") != std::string::npos);
    for (const char* top : {"0", "-1", "1.5"}) {
        const Output refused = rank({"--top", top});
        CHECK(refused.status == 64);
        CHECK(refused.err.find(std::string("--top is ") + top + ": expected a whole number, at least 1") !=
              std::string::npos);
    }
}

TEST_CASE("a condition that no row meets says what a column without values holds") {
    const Folder folder;
    REQUIRE(
        run_driver(folder.path(), {"train", "--select", "cheap", "--epochs", "1", "--run", "run"}).status ==
        0);
    const Output none = run_driver(folder.path(), {"results", "run", "--where", "reason = 'slow'"});
    CHECK(none.status == 64);
    CHECK(none.err.find("; reason is one of ''") != std::string::npos);
}
