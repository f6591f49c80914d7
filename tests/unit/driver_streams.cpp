// Output and error streams that take nothing, as a full disk or a terminal that has gone away.
#include "check.hpp"

#include "store/sqlite.hpp"
#include "unit/driver_fixture.hpp"
#include "unit/driver_rows.hpp"

using namespace fractal::driver::testing;
using fractal::store::Disposition;

namespace {

/// Has the stream of that name take nothing from the next program on.
void fill(const Folder& folder, const char* stream) {
    fs::remove(folder.path() / stream);
    fs::create_symlink("/dev/full", folder.path() / stream);
}

int status_of(const Folder& folder, const std::vector<std::string>& words) {
    return wait_for(start_driver(folder.path(), words));
}

} // namespace

TEST_CASE("a sweep whose error stream takes nothing is trained all the same") {
    const Folder folder;
    fill(folder, "err");
    CHECK(status_of(folder, {"train", "--select", "cheap", "--epochs", "2", "--run", "run"}) == 0);
    CHECK(counts_of(folder.path() / "run") ==
          std::map<Disposition, std::int64_t>{{Disposition::finished, 3}});
    CHECK(status_of(folder, {"train", "no-such-variant"}) == 64);
}

TEST_CASE("an output stream that takes nothing is an error of output, whatever was to be written") {
    const Folder folder;
    REQUIRE(status_of(folder, {"train", "--select", "cheap", "--epochs", "1", "--run", "run"}) == 0);
    fill(folder, "out");
    CHECK(status_of(folder, {"list"}) == 74);
    CHECK(status_of(folder, {"report", "run", "--out", "-"}) == 74);
    CHECK(status_of(folder, {"results", "run"}) == 74);
    CHECK(status_of(folder, {"train", "--resume", "run", "--retry-failed", "--json"}) == 74);
}

TEST_CASE("text in results that is no UTF-8 is shown with replacements") {
    const Folder folder;
    REQUIRE(status_of(folder, {"train", "--select", "cheap", "--epochs", "1", "--run", "run"}) == 0);
    fractal::store::Database(folder.path() / "run" / "results.sqlite", fractal::store::Database::Mode::write)
        .run("UPDATE trial SET disposition = 'failed', reason = CAST(x'ff41' AS TEXT) WHERE id = 1");
    const std::string shown = "\xef\xbf\xbd\x41";
    for (const std::vector<std::string>& words : {std::vector<std::string>{"results", "run", "--to", "jsonl"},
                                                  {"rank", "run", "--json"},
                                                  {"report", "run", "--json"}}) {
        const Output output = run_driver(folder.path(), words);
        CHECK(output.status == 0);
        CHECK(output.out.find(shown) != std::string::npos);
    }
}
