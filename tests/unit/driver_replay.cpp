// `fractal replay` and `fractal score` over runs whose rows are known.
#include "check.hpp"

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "driver/score_rows.hpp"
#include "store/reader.hpp"
#include "store/writer.hpp"
#include "unit/driver_fixture.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::driver;
using namespace fractal::driver::testing;
using nlohmann::json;

namespace {

/// Sixty variants of five epochs whose accuracies rise with their number from the first epoch on.
void write_sixty(const fs::path& run, std::int64_t validation_images = 5000) {
    store::Writer writer(run, store::testing::a_run());
    for (int i = 0; i < 60; ++i) {
        Recipe recipe;
        recipe.validation_images = static_cast<std::int32_t>(validation_images);
        const std::int64_t id = writer.find_or_add(store::testing::a_request(i, recipe)).id;
        writer.start(id);
        for (int epoch = 1; epoch <= 5; ++epoch) {
            writer.add_epoch(id, store::testing::an_epoch(epoch, .01 * i + .001 * epoch));
        }
        writer.end(id, {.test_accuracy = .5, .test_loss = 1.});
    }
}

} // namespace

TEST_CASE("replay says how often the best are found, and at what part of the cost") {
    const Folder folder;
    write_sixty(folder.path() / "run");
    const Output output = run_driver(folder.path(), {"replay", "run", "--orders", "50", "--json"});
    REQUIRE(output.status == 0);
    const json answer = json::parse(output.out);
    CHECK(answer["variants"] == 60);
    CHECK(answer["epochs"] == 5);
    CHECK(answer["failed"] == 0);
    REQUIRE(answer["methods"].size() == 3);
    const json& halving = answer["methods"][1];
    CHECK(halving["method"] == "halving");
    CHECK(halving["rungs"] == std::vector<int>{1, 2, 5});
    CHECK(halving["found_top"] == 50);
    CHECK(halving["mean_cost"].get<double>() == doctest::Approx((60 + 20 + 18) / 300.));
    CHECK(answer["methods"][0]["found_top"] == 50);
    // Random search is given what halving took.
    CHECK(answer["methods"][2]["budget"] == 98);
    CHECK(answer["methods"][2]["mean_cost"].get<double>() == doctest::Approx(95 / 300.));
    CHECK(answer["methods"][2]["found_top"].get<int>() < 50);

    const Output text = run_driver(folder.path(), {"replay", "run", "--orders", "50"});
    CHECK(text.out.find("60 variants of 5 epochs on shapes, 0 of which failed; 0 trials left out") == 0);
    CHECK(text.out.find("halving  1 2 5") != std::string::npos);
    CHECK(text.out.find("32.67 %") != std::string::npos);

    CHECK(text.out.find("Halving takes all of them in every order") != std::string::npos);
    const Output drawn = run_driver(folder.path(), {"replay", "run", "--orders", "50", "--sample", "20"});
    CHECK(drawn.out.find("over 50 random orders of 20 of them:") != std::string::npos);
    CHECK(drawn.out.find("Halving takes all") == std::string::npos);
    const Output more = run_driver(folder.path(), {"replay", "run", "--sample", "61"});
    CHECK(more.status == 64);
    CHECK(more.err.find("--sample is 61: expected a number from 1 to the 60 variants") != std::string::npos);

    const json limited = json::parse(
        run_driver(folder.path(), {"replay", "run", "--budget", "30epochs", "--orders", "20", "--json"}).out);
    for (const json& row : limited["methods"]) {
        CHECK(row["highest_cost"].get<double>() <= .1);
        CHECK(row["budget"] == 30);
    }
}

TEST_CASE("replay takes one kind of trial, trained in full, with images held out") {
    const Folder folder;
    write_sixty(folder.path() / "run");
    write_sixty(folder.path() / "blind", 0);
    {
        store::Writer writer(folder.path() / "run", store::testing::a_run());
        Recipe recipe;
        recipe.validation_images = 5000;
        recipe.seed = 1; // a repetition is left out
        using enum store::Disposition;
        const std::pair<int, store::Disposition> ends[] = {
            {3, finished}, {70, failed}, {71, pruned}, {72, skipped}, {73, timed_out}};
        for (const auto& [variant, disposition] : ends) {
            const std::int64_t id = writer.find_or_add(store::testing::a_request(variant, recipe)).id;
            writer.start(id);
            writer.add_epoch(id, store::testing::an_epoch(1, .1));
            writer.end(id, {.disposition = disposition, .reason = disposition == finished ? "" : "so it is"});
        }
    }
    const json answer =
        json::parse(run_driver(folder.path(), {"replay", "run", "--orders", "3", "--json"}).out);
    CHECK(answer["variants"] == 63);
    CHECK(answer["failed"] == 3); // too long or too large is a failure to a search
    CHECK(answer["left_out"] == 2);
    const json nothing = json::parse(
        run_driver(folder.path(), {"replay", "run", "--orders", "3", "--budget", "1epoch", "--json"}).out);
    CHECK(nothing["methods"][0]["mean_regret"].is_null()); // none was trained in full

    const auto refused = [&](const std::vector<std::string>& words, const std::string& message) {
        const Output output = run_driver(folder.path(), words);
        CAPTURE(output.err);
        CHECK(output.status == 64);
        CHECK(output.err.find(message) != std::string::npos);
    };
    refused({"replay", "blind"}, "held no images out");
    refused({"replay", "run", "--orders", "0"}, "--orders is 0: expected a whole number, at least 1");
    refused({"replay", "run", "--budget", "2h"}, "--budget is 2h: expected epochs");
    refused({"replay", "run", "--first-rung", "6"}, "--first-rung is 6: expected at most the 5 epochs");
    refused({"replay", "run", "--where", "disposition = 'pruned'"},
            "has no trial here that was trained in full");
    {
        store::Writer writer(folder.path() / "run", store::testing::a_run());
        Recipe slower;
        slower.validation_images = 5000;
        slower.lr = 0.001;
        store::Request request = store::testing::a_request(75, slower);
        request.subject.variant = "a name before all others";
        const std::int64_t id = writer.find_or_add(request).id;
        writer.start(id);
        writer.end(id, {.disposition = store::Disposition::failed, .reason = "so it is"});
    }
    refused({"replay", "run"}, "has trials by several recipes, of which trial ");
    {
        store::Writer writer(folder.path() / "run", store::testing::a_run());
        Recipe longer;
        longer.validation_images = 5000;
        longer.epochs = 9;
        const std::int64_t id = writer.find_or_add(store::testing::a_request(1, longer)).id;
        writer.start(id);
        writer.end(id, {.disposition = store::Disposition::failed, .reason = "so it is"});
    }
    refused({"replay", "run", "--where", "lr > 0.001"},
            "narrow it (--where \"epochs = 5 AND data = 'shapes'\")");
}

TEST_CASE("score lists what is known of variants, as a table, CSV or JSON") {
    const Folder folder;
    const Output text = run_driver(folder.path(), {"score", "--select", "cheap"});
    REQUIRE(text.status == 0);
    CHECK(text.out.find("variant") == 0);
    CHECK(text.out.find("NASWOT") != std::string::npos);

    std::istringstream lines(run_driver(folder.path(), {"score", "*", "--csv"}).out);
    std::string heading, line;
    std::getline(lines, heading);
    CHECK(heading ==
          "variant,parameters,macs,activation_bytes,firings,longest_path,path_length,paths,"
          "gradient_norm,synflow,naswot,head_signal,accuracy");
    int rows = 0, without_relu = 0;
    for (; std::getline(lines, line); ++rows) {
        CHECK(std::ranges::count(line, ',') == 12);
        CHECK(line.ends_with(','));
        std::vector<std::string> cells(1);
        for (const char c : line) {
            if (c == ',') {
                cells.emplace_back();
            } else {
                cells.back() += c;
            }
        }
        without_relu += cells[10].empty() ? 1 : 0;
        CHECK(cells[10].empty() == (cells[0].find("relu") == std::string::npos));
    }
    CHECK(rows == 8);
    CHECK(without_relu == 5);

    const json answer = json::parse(run_driver(folder.path(), {"score", "*-c8-*", "--json"}).out);
    REQUIRE(answer["rows"].size() == 1);
    CHECK(answer["rows"][0]["longest_path"] == 128);
    CHECK(answer["rows"][0]["paths"].get<double>() == doctest::Approx(44127887745906175987802.));
    CHECK(answer["rows"][0]["accuracy"] == nullptr);
    CHECK(answer["correlations"].empty());
    const json one =
        json::parse(run_driver(folder.path(), {"score", "*-c8-*", "--only", "synflow", "--json"}).out);
    CHECK(one["rows"][0]["synflow"] == answer["rows"][0]["synflow"]);
    CHECK(one["rows"][0]["head_signal"] == nullptr);
    CHECK(run_driver(folder.path(), {"score", "*", "--csv", "--seed", "1"}).out !=
          run_driver(folder.path(), {"score", "*", "--csv", "--seed", "2"}).out);
}

TEST_CASE("score says how its figures go with a run's accuracies, size held constant beside it") {
    const Folder folder;
    REQUIRE(
        run_driver(folder.path(), {"train", "*", "--epochs", "2", "--run", "run", "--seeds", "2"}).status ==
        0);
    const json answer = json::parse(run_driver(folder.path(), {"score", "--run", "run", "--json"}).out);
    REQUIRE(answer["rows"].size() == 8);
    std::map<std::string, double> last;
    store::Reader reader(folder.path() / "run");
    for (const store::Trial& trial : reader.trials()) {
        last[trial.subject.variant] += trial.outcome.last_validation_accuracy.value() / 2;
    }
    for (const json& row : answer["rows"]) {
        CHECK(row["accuracy"].get<double>() == doctest::Approx(last.at(row["variant"])));
    }
    std::map<std::string, json> by_score;
    for (const json& one : answer["correlations"]) by_score[one["score"]] = one;
    CHECK(by_score.size() == 11);
    CHECK(by_score["macs"]["plain"]["n"] == 8);
    CHECK(by_score["macs"]["beyond_size"] == nullptr);
    CHECK(by_score["naswot"]["plain"] == nullptr); // three variants have a ReLU
    CHECK(by_score["naswot"]["verdict"] == "nothing can be said");
    // The fake backend's gradient norm is a function of MACs: of the same order, and nothing beyond it.
    CHECK(by_score["gradient_norm"]["plain"]["rho"] == by_score["macs"]["plain"]["rho"]);
    CHECK(by_score["gradient_norm"]["beyond_size"] == nullptr);

    const Output text = run_driver(folder.path(), {"score", "--run", "run"});
    CHECK(text.out.find(
              "Spearman's rank correlation with the last epoch's validation accuracy on shapes, over 8 "
              "variants") == 0);
    CHECK(text.out.find("does not help") != std::string::npos);
}

TEST_CASE("a score that goes with accuracy as size does, and against it at equal size, is told apart") {
    std::vector<ScoreRow> rows;
    for (int i = 0; i < 40; ++i) {
        const double rest = i % 2 == 0 ? 2 : -2; // what accuracy has beyond size, which score and path turn
        rows.push_back({.variant = std::to_string(i),
                        .parameters = 100 + i,
                        .macs = 1000 + (7 * i) % 40,
                        .path_length = i + rest,
                        .synflow = i - rest,
                        .accuracy = i + rest});
    }
    // Of no size, and it helps.
    for (ScoreRow& row : rows) row.naswot = row.accuracy.value() - static_cast<double>(row.parameters);
    std::map<std::string, std::string> verdicts;
    for (const ScoreCorrelation& one : correlations(rows)) verdicts[one.score] = verdict(one);
    CHECK(verdicts["parameters"] == "helps");
    CHECK(verdicts["path_length"] == "helps, beyond size");
    CHECK(verdicts["synflow"] == "helps beyond size, the other way round");
    CHECK(verdicts["naswot"] == "helps, beyond size");
}

TEST_CASE("trials that did not finish are counted where scores are held to accuracies") {
    const Folder folder;
    REQUIRE(run_driver(folder.path(), {"train", "*", "--epochs", "2", "--run", "run"},
                       {{"FRACTAL_FAKE_FAIL", "net/3x32x32-d1-c2-w16-gap10-conv3"}})
                .status == 0);
    const Output text = run_driver(folder.path(), {"score", "--run", "run"});
    CHECK(text.out.find("over 7 variants") != std::string::npos);
    CHECK(text.out.find("; trials left out, as they did not finish: 1\n") != std::string::npos);
    CHECK(json::parse(run_driver(folder.path(), {"score", "--run", "run", "--json"}).out)["left_out"] == 1);
}

TEST_CASE("score refuses what it cannot compare, and what says nothing") {
    const Folder folder;
    const auto refused = [&](const std::vector<std::string>& words, const std::string& message,
                             int status = 64) {
        const Output output = run_driver(folder.path(), words);
        CAPTURE(output.err);
        CHECK(output.status == status);
        CHECK(output.err.find(message) != std::string::npos);
    };
    refused({"score"}, "nothing says what to score");
    refused({"score", "*", "--images", "1"}, "--images is 1: expected a whole number, at least 2");
    refused({"score", "*", "--csv", "--json"}, "choose one");
    refused({"score", "--only", "synflow", "nothing-*"}, "nothing-*"); // the pattern is none of the scores
    refused({"score", "*", "--only", "luck"}, "--only is luck: expected one of gradient-norm, synflow");
    refused({"score", "*", "--init", "zero"}, "--init is zero: expected one of torch-default");
    refused({"score", "*", "--trials", "id = 1"}, "--trials narrows --run");
    refused({"score", "--run", "nowhere"}, "nowhere is no run", 74);
    REQUIRE(run_driver(folder.path(), {"train", "*-c1-*", "--epochs", "1", "--run", "run"}).status == 0);
    refused({"score", "*", "--run", "run"}, "leave out variants");
    REQUIRE(run_driver(folder.path(), {"train", "*-c2-*", "--epochs", "2", "--run", "run"}).status == 0);
    refused({"score", "--run", "run"}, "cannot be compared: narrow it by --trials");
    CHECK(run_driver(folder.path(), {"score", "--run", "run", "--trials", "epochs = 2"}).status == 0);
}
