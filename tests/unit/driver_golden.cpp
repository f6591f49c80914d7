// The program's own texts, letter by letter, over the small registry of driver_fixture.hpp.
//
// Where a change of a text is meant, write the files of tests/golden anew and look at the difference:
//     FRACTAL_UPDATE_GOLDEN=1 ctest --test-dir build -R driver_tests && git diff tests/golden
#include "check.hpp"

#include "unit/driver_fixture.hpp"

using namespace fractal::driver::testing;

namespace {

/// Runs the commands and compares what they print with `tests/golden/<name>.txt`.
void compare(const std::string& name, const std::vector<std::vector<std::string>>& commands) {
    const Folder folder;
    std::string text;
    for (const std::vector<std::string>& command : commands) {
        text += "$ fractal";
        for (const std::string& word : command) {
            text += " " + word;
        }
        const Output output = run_driver(folder.path(), command);
        CHECK(output.status == 0);
        CHECK(output.err.empty());
        text += "\n" + output.out + "\n";
    }
    const fs::path file = fs::path(FRACTAL_GOLDEN_DIR) / (name + ".txt");
    if (std::getenv("FRACTAL_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(file) << text;
    }
    CAPTURE(file.string());
    CHECK(text == text_of(file));
}

} // namespace

TEST_CASE("golden: help") {
    compare("help", {{"--help"},
                     {"list", "--help"},
                     {"show", "--help"},
                     {"score", "--help"},
                     {"train", "--help"},
                     {"search", "--help"},
                     {"replay", "--help"},
                     {"watch", "--help"},
                     {"rank", "--help"},
                     {"results", "--help"},
                     {"merge", "--help"},
                     {"report", "--help"},
                     {"eval", "--help"},
                     {"export", "--help"},
                     {"data", "--help"},
                     {"data", "fetch", "--help"},
                     {"data", "show", "--help"}});
}

TEST_CASE("golden: list") {
    compare("list", {{"list"},
                     {"list", "--select", "cheap", "--sort", "macs", "--descending"},
                     {"list", "*-d1-*", "--exclude", "*-c8-*", "--names"},
                     {"list", "--selections"},
                     {"list", "*-c1-*", "--json"}});
}

TEST_CASE("golden: data show") { compare("data_show", {{"data", "show", "shapes"}}); }

TEST_CASE("golden: show") {
    compare("show", {{"show", "net/3x32x32-d1-c1-w16-gap10-conv3"},
                     {"show", "net/3x32x32-d3-c3-w16-gap10-conv3.bn.relu"},
                     {"show", "net/3x32x32-d3-c3-w16-gap10-conv3.bn.relu", "--ascii"},
                     {"show", "net/3x32x32-d5-c3-w64-flat10-conv3.bn.relu-prejoin-t1-ud0.10.20.30.40"},
                     {"show", "net/3x32x32-d1-c5-w16-gap10-conv3"},
                     {"show", "net/3x32x32-d1-c8-w16-gap10-conv3"},
                     {"show", "net/3x32x32-d1-c1-w16-gap10-conv3", "--json"}});
}
