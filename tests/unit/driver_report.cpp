// `fractal report` as a command: where it writes, what it says, what it refuses.
#include "check.hpp"

#include <nlohmann/json.hpp>

#include "unit/driver_fixture.hpp"

using namespace fractal::driver::testing;

namespace {

/// A folder with a run of six trials, two of which failed, and a stand-in for Plotly.
struct Ran {
    Folder folder;
    Environment environment{{"FRACTAL_PLOTLY", (folder.path() / "plotly.min.js").string()}};

    Ran() {
        std::ofstream(folder.path() / "plotly.min.js") << "/**\n* plotly.js v4.1.1\n*/\n";
        const Output trained = run_driver(
            folder.path(), {"train", "--select", "cheap", "--epochs", "3", "--seeds", "2", "--run", "run"},
            {{"FRACTAL_FAKE_FAIL", "net/3x32x32-d1-c2-w16-gap10-conv3"}});
        REQUIRE(trained.status == 0);
    }
    Output report(const std::vector<std::string>& arguments) const {
        std::vector<std::string> words{"report"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        return run_driver(folder.path(), words, environment);
    }
};

/// Rows of one of the document's tables, as objects.
nlohmann::json rows_of(const nlohmann::json& table) {
    nlohmann::json rows = nlohmann::json::array();
    for (const nlohmann::json& values : table["rows"]) {
        nlohmann::json row;
        for (std::size_t i = 0; i < values.size(); ++i)
            row[table["members"][i]["name"].get<std::string>()] = values[i];
        rows.push_back(row);
    }
    return rows;
}

} // namespace

TEST_CASE("a report goes into the run's folder, to a file, or to the standard output") {
    const Ran ran;
    const Output usual = ran.report({"run"});
    CHECK(usual.status == 0);
    CHECK(usual.out.starts_with("wrote run/report.html ("));
    const std::string page = text_of(ran.folder.path() / "run" / "report.html");
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(page.find("the loss is not finite at step 12") != std::string::npos);

    CHECK(ran.report({"run", "--out", "other.html"}).status == 0);
    CHECK(text_of(ran.folder.path() / "other.html") == page);
    CHECK(ran.report({"run", "--out", "-"}).out == page);
    CHECK(ran.report({"run", "--out", "nowhere/other.html"}).status == 74);
}

TEST_CASE("what the page shows, for machines") {
    const Ran ran;
    const Output output = ran.report({"run", "--json"});
    REQUIRE(output.status == 0);
    const nlohmann::json data = nlohmann::json::parse(output.out);
    const nlohmann::json trials = rows_of(data["trials"]);
    REQUIRE(trials.size() == 6);
    CHECK(data["variants"]["rows"].size() == 3);
    CHECK(data["recipes"]["rows"].size() == 1); // whatever the seeds
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const nlohmann::json variant = rows_of(data["variants"])[trials[i]["variant"].get<std::size_t>()];
        const bool failed = variant["variant"] == "net/3x32x32-d1-c2-w16-gap10-conv3";
        CHECK(trials[i]["disposition"] == (failed ? "failed" : "finished"));
        CHECK(trials[i]["reason"].get<std::string>().empty() == !failed);
        CHECK(data["curves"]["of"][i].size() == (failed ? 1 : 3));
        CHECK(trials[i]["peak_bytes"] == trials[i]["predicted_peak_bytes"]);
        CHECK(data["drawings"][variant["drawing"].get<std::size_t>()].get<std::string>().find("<svg") == 0);
    }
    REQUIRE(data["pools"].size() == 1);
    CHECK(data["pools"][0]["judged_by"] == "validation");
    const nlohmann::json ranking = rows_of(data["pools"][0]["ranking"]);
    CHECK(ranking.size() == 2);
    for (const char* cost : {"macs", "parameters", "activation_bytes", "time"})
        CHECK(ranking[0][std::string("front_") + cost] == true); // the best of all is beaten by none
    CHECK(ranking[0]["mean_score"] >= ranking[1]["mean_score"]);
}

TEST_CASE("a run in which nothing has finished has a report too") {
    const Folder folder;
    const std::string only = "net/3x32x32-d1-c2-w16-gap10-conv3";
    REQUIRE(
        run_driver(folder.path(), {"train", only, "--run", "run"}, {{"FRACTAL_FAKE_FAIL", only}}).status ==
        0);
    const Output output = run_driver(folder.path(), {"report", "run", "--json"});
    CHECK(output.status == 0);
    CHECK(nlohmann::json::parse(output.out)["pools"].empty());
}

TEST_CASE("without Plotly, or with what is not Plotly, a report says what is missing and what to do") {
    Ran ran;
    ran.environment["FRACTAL_PLOTLY"] = "/nowhere/plotly.min.js";
    const Output missing = ran.report({"run"});
    CHECK(missing.status == 74);
    CHECK(missing.err.find("there is no plotly.min.js") != std::string::npos);
    CHECK(missing.err.find("/nowhere/plotly.min.js") != std::string::npos);
    CHECK(missing.err.find("./dev setup") != std::string::npos);
    CHECK_FALSE(fs::exists(ran.folder.path() / "run" / "report.html"));
    CHECK(ran.report({"run", "--json"}).status == 0);

    ran.environment["FRACTAL_PLOTLY"] = (ran.folder.path() / "run" / "settings.json").string();
    const Output wrong = ran.report({"run"});
    CHECK(wrong.status == 65);
    CHECK(wrong.err.find("settings.json is not Plotly's JavaScript") != std::string::npos);

    CHECK(ran.report({"rnu"}).err.find("did you mean run?") != std::string::npos);
    CHECK(ran.report({"run", "--json", "--out", "x"}).status == 64);
}
