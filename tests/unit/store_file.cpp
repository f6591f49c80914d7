// The results file as a file: made whole, refused when it is not ours, safe against a kill, one writer at a
// time.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "store/busy.hpp"
#include "store/reader.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/writer.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::store;
using namespace fractal::store::testing;

namespace {

namespace fs = std::filesystem;

bool says(const std::string& message, std::initializer_list<const char*> parts) {
    for (const char* part : parts) {
        if (message.find(part) == std::string::npos) {
            MESSAGE(message);
            return false;
        }
    }
    return true;
}

/// The message with which both a writer and a reader refuse `folder`, having left its results as they were.
template <typename E>
std::string refusal(const TemporaryFolder& folder) {
    const std::string before = bytes_of(folder.results());
    std::string message;
    CHECK_THROWS_AS(Writer(folder.path(), a_run()), E);
    try {
        Reader reader(folder.path());
        reader.trials();
    } catch (const E& error) {
        message = error.what();
    }
    CHECK(bytes_of(folder.results()) == before);
    CHECK_FALSE(fs::exists(folder.results().string() + "-wal"));
    return message;
}

/// Runs `action` as a user who owns nothing, if the test is run by root, whom no permission stops.
template <typename F>
void without_rights(F&& action) {
    const uid_t user = ::geteuid();
    const bool root = user == 0;
    REQUIRE((!root || ::seteuid(65534) == 0));
    action();
    REQUIRE((!root || ::seteuid(user) == 0));
}

} // namespace

TEST_CASE("the schema changes only together with its version") {
    // FNV-1a of the statements. If this fails, raise schema_version and put the new hash here.
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : schema_sql()) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    CHECK(schema_version == 10);
    CHECK(hash == 15639483561799734461U);
}

TEST_CASE("a new file has our id and version, keeps its log beside it and explains itself") {
    const TemporaryFolder folder;
    const fs::path run = folder.path() / "deep" / "run";
    Writer writer(run, a_run());
    Database database(run / "results.sqlite", Database::Mode::read);
    CHECK(database.integer("PRAGMA application_id") == application_id);
    CHECK(database.integer("PRAGMA user_version") == schema_version);
    CHECK(database.text("PRAGMA journal_mode") == "wal");
    CHECK(database.text("SELECT sql FROM sqlite_schema WHERE name = 'trial'")
              .find("-- highest of all epochs") != std::string::npos);
    for (const char* view : {"trials", "epochs", "best"}) {
        CHECK(database.integer(std::string("SELECT count(*) FROM ") + view) == 0);
    }
    CHECK_FALSE(fs::exists(run / "results.sqlite.new"));
}

TEST_CASE("what a broken-off beginning left behind does not matter") {
    const TemporaryFolder folder;
    std::ofstream(folder.results().string() + ".new") << "half a file";
    Writer writer(folder.path(), a_run());
    CHECK(writer.find_or_add(a_request(1)).id == 1);
}

TEST_CASE("the log of a file that is gone is not played onto a new one") {
    const TemporaryFolder folder;
    const fs::path log = folder.results().string() + "-wal";
    const fs::path moved = folder.path() / "moved";
    {
        Writer writer(folder.path(), a_run());
        writer.find_or_add(a_request(1));
        fs::copy_file(log, moved); // as a kill leaves it
    }
    fs::remove(folder.results());
    fs::rename(moved, log);
    const std::string rows = bytes_of(log);
    REQUIRE(rows.size() > 1000);
    CHECK_THROWS_WITH_AS(
        Writer(folder.path(), a_run()),
        (log.string() + " is the log of a results file that is gone, and may have rows that it "
                        "lacks: move it to where results.sqlite is now, or remove it, to begin "
                        "anew")
            .c_str(),
        DataError);
    CHECK(bytes_of(log) == rows);
    CHECK_FALSE(fs::exists(folder.results()));
    fs::remove(log);
    Writer writer(folder.path(), a_run());
    CHECK(writer.find_or_add(a_request(2)).id == 1);
}

TEST_CASE("a file of another version is refused untouched") {
    const TemporaryFolder folder;
    { Writer writer(folder.path(), a_run()); }
    Database(folder.results(), Database::Mode::write)
        .run("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
    CHECK(says(refusal<DataError>(folder),
               {"results.sqlite", "version 99, expected 10", "take another run folder"}));
}

TEST_CASE("another application's file is refused untouched") {
    const TemporaryFolder folder;
    Database(folder.results(), Database::Mode::create).run("CREATE TABLE t (x); PRAGMA application_id = 7");
    CHECK(says(refusal<DataError>(folder), {"results.sqlite", "0x7", "expected 0x46726163"}));
}

TEST_CASE("a file that is no database, an empty and a truncated one are refused untouched") {
    const TemporaryFolder folder;
    std::ofstream(folder.results()) << std::string(4096, 'x');
    CHECK(says(refusal<DataError>(folder), {"results.sqlite is damaged", "move it away"}));
    std::ofstream(folder.results(), std::ios::trunc).flush();
    CHECK(says(refusal<DataError>(folder), {"is no results file"}));
    fs::remove(folder.results());
    { Writer writer(folder.path(), a_run()); }
    fs::resize_file(folder.results(), fs::file_size(folder.results()) - 5000);
    CHECK(says(refusal<DataError>(folder), {"is damaged"}));
}

TEST_CASE("a page that was overwritten is found before anything is written") {
    const TemporaryFolder folder;
    { Writer writer(folder.path(), a_run()); }
    {
        std::fstream file(folder.results(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096 * 2);
        file << std::string(4096, 'x');
    }
    const std::string before = bytes_of(folder.results());
    CHECK_THROWS_AS(Writer(folder.path(), a_run()), DataError);
    CHECK(bytes_of(folder.results()) == before);
}

TEST_CASE("no results, no folder, no rights") {
    const TemporaryFolder folder;
    CHECK_THROWS_AS(Reader(folder.path()), IoError);
    CHECK_THROWS_AS(Reader(folder.path() / "none"), IoError);
    std::ofstream(folder.path() / "file") << "x";
    CHECK_THROWS_AS(Writer(folder.path() / "file" / "run", a_run()), IoError);
    fs::permissions(folder.path(), fs::perms{0555});
    without_rights([&] {
        CHECK_THROWS_AS(Writer(folder.path(), a_run()), IoError);
        CHECK_THROWS_AS(Writer(folder.path() / "run", a_run()), IoError);
    });
    fs::permissions(folder.path(), fs::perms{0755});
}

TEST_CASE("results can be read where nothing can be written") {
    const TemporaryFolder folder;
    {
        Writer writer(folder.path(), a_run());
        writer.find_or_add(a_request(1));
    }
    fs::permissions(folder.path(), fs::perms{0555});
    fs::permissions(folder.results(), fs::perms{0444});
    without_rights([&] { CHECK(Reader(folder.path()).trials().size() == 1); });
    fs::permissions(folder.path(), fs::perms{0755});
}

TEST_CASE("a second writer is refused with the owner's process id, until the first is gone") {
    const TemporaryFolder folder;
    {
        Writer writer(folder.path(), a_run());
        try {
            Writer second(folder.path(), a_run());
            FAIL("two writers");
        } catch (const BusyError& error) {
            CHECK(error.exit_code == 75);
            CHECK(says(error.what(),
                       {folder.path().c_str(), ("process " + std::to_string(::getpid())).c_str()}));
        }
        CHECK(Reader(folder.path()).runs().size() == 1); // reading is always allowed
    }
    CHECK(bytes_of(folder.path() / "lock").empty());
    CHECK_NOTHROW(Writer(folder.path(), a_run()));
}

TEST_CASE("what a killed process had written is there, and its trial is interrupted") {
    const TemporaryFolder folder;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Writer writer(folder.path(), a_run());
        const std::int64_t id = writer.find_or_add(a_request(1)).id;
        writer.find_or_add(a_request(2));
        writer.start(id);
        writer.add_epoch(id, an_epoch(1, 0.5));
        ::raise(SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(Reader(folder.path()).trials().at(0).outcome.disposition == Disposition::running);
    Writer writer(folder.path(), a_run()); // the lock died with its owner
    Reader reader(folder.path());
    const std::vector<Trial> trials = reader.trials();
    CHECK(trials.at(0).outcome.disposition == Disposition::interrupted);
    CHECK_FALSE(trials.at(0).outcome.reason.empty());
    CHECK(trials.at(1).outcome.disposition == Disposition::pending);
    CHECK(reader.epochs(trials.at(0).id).size() == 1);
}

TEST_CASE("names of folders are not read as addresses") {
    const TemporaryFolder folder;
    const fs::path odd = folder.path() / "a?b#c%41 d";
    { Writer(odd, a_run()).find_or_add(a_request(1)); }
    CHECK(fs::exists(odd / "results.sqlite"));
    CHECK(Reader(odd).trials().size() == 1);
}

TEST_CASE("a transaction that is not committed leaves nothing") {
    const TemporaryFolder folder;
    Database database(folder.path() / "x.sqlite", Database::Mode::create);
    database.run("CREATE TABLE t (x)");
    {
        Transaction transaction(database);
        database.run("INSERT INTO t VALUES (1)");
    }
    CHECK(database.integer("SELECT count(*) FROM t") == 0);
    CHECK_THROWS_AS(database.run("INSERT INTO nothing VALUES (1)"), Error);
}

TEST_CASE("a results file that holds more than our tables is not read, and runs nothing") {
    for (const char* statement : {"CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM epoch; END",
                                  "DROP VIEW best; CREATE VIEW best AS WITH RECURSIVE n(i) AS (SELECT 1 "
                                  "UNION ALL SELECT i FROM n) SELECT i FROM n",
                                  "DROP INDEX trial_by_score", "ALTER TABLE trial ADD COLUMN more TEXT"}) {
        CAPTURE(statement);
        const TemporaryFolder folder;
        { const Writer writer(folder.path(), a_run()); }
        Database(folder.results(), Database::Mode::write).run(statement);
        CHECK(
            says(refusal<DataError>(folder), {"results.sqlite does not hold the tables that fractal makes"}));
    }
}

TEST_CASE("through a link in the folder nothing is written") {
    for (const char* name : {"lock", "results.sqlite", "state"}) {
        CAPTURE(name);
        const TemporaryFolder folder;
        const TemporaryFolder elsewhere;
        const fs::path target = elsewhere.path() / "precious";
        std::ofstream(target) << "not to be lost";
        fs::create_symlink(target, folder.path() / name);
        CHECK_THROWS_WITH_AS(Writer(folder.path(), a_run()), doctest::Contains("is a link"), DataError);
        CHECK(bytes_of(target) == "not to be lost");
    }
}

TEST_CASE("what a process left behind that was killed while it made the results is in nobody's way") {
    const TemporaryFolder folder;
    for (const char* companion : {"", "-journal", "-wal", "-shm"})
        std::ofstream(folder.results().string() + ".new" + companion) << "half of something";
    { const Writer writer(folder.path(), a_run()); }
    for (const fs::directory_entry& entry : fs::directory_iterator(folder.path()))
        CHECK(entry.path().string().find(".new") == std::string::npos);
}

// Where a change is meant: FRACTAL_UPDATE_GOLDEN=1 ctest --test-dir build -R reader_tests && git diff
// docs/schema.sql
TEST_CASE("the documents show the schema as it is") {
    const std::filesystem::path file = std::filesystem::path(FRACTAL_DOCS_DIR) / "schema.sql";
    if (std::getenv("FRACTAL_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(file) << schema_sql();
    }
    CHECK(bytes_of(file) == schema_sql());
}
