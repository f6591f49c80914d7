// Conditions that somebody typed: what they find, and all that they cannot do.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/condition.hpp"
#include "store/reader.hpp"
#include "store/writer.hpp"
#include "unit/store_fixture.hpp"

using namespace fractal;
using namespace fractal::store;
using namespace fractal::store::testing;

namespace {

/// Three networks and, beside them, what no condition may see.
Database nets() {
    Database database(":memory:", Database::Mode::create);
    database.run(
        "CREATE TABLE nets (id INTEGER PRIMARY KEY, name TEXT, depth INTEGER, accuracy REAL, note TEXT) "
        "STRICT;"
        "INSERT INTO nets VALUES (1, 'compact/a', 1, 0.5, NULL), (2, 'compact/b', 2, 0.7, NULL), "
        "(3, 'paper/a', 3, NULL, NULL); CREATE TABLE secret (word TEXT); INSERT INTO secret VALUES ('x')");
    return database;
}

using Ids = std::vector<std::int64_t>;

Ids where(const std::string& condition) { return ids_where(nets(), "nets", "id", condition); }

/// What it says instead; `held` if it is taken.
std::string refusal(const std::string& condition) {
    try {
        where(condition);
        return "held";
    } catch (const UsageError& error) {
        return error.what();
    }
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a condition finds rows, in SQL's own terms") {
    CHECK(where("depth = 3") == Ids{3});
    CHECK(where("depth >= 2 AND accuracy IS NOT NULL") == Ids{2});
    CHECK(where("name LIKE 'compact/%' OR depth = 3") == Ids{1, 2, 3});
    CHECK(where("accuracy > (SELECT avg(accuracy) FROM nets)") == Ids{2});
    CHECK(where("length(name) = 9 -- a comment hides nothing of ours") == Ids{1, 2});
    CHECK(where("  ") == Ids{1, 2, 3});
    CHECK(where("depth IN (1, 3) AND upper(substr(name, 1, 1)) = 'P'") == Ids{3});
}

TEST_CASE("a column that does not exist is named, with those that do and the nearest") {
    const std::string text = refusal("dept = 3");
    CHECK(has(text,
              "--where \"dept = 3\": there is no column dept; there are id, name, depth, accuracy, note"));
    CHECK(has(text, "did you mean depth?"));
    CHECK(has(refusal("name = \"compact/a\""), "there is no column compact/a"));
    CHECK(has(refusal("name = \"compact/a\""), "a text stands in single quotes"));
    CHECK(has(refusal("depth ="), "expected a condition in SQL, such as depth = 3"));
}

TEST_CASE("a condition that holds for nothing names the values that there are") {
    const std::string text = refusal("depth = 9 AND name = 'compct/a'");
    CHECK(has(text, "it holds for none of the 3 rows of nets"));
    CHECK(has(text, "; depth is one of 1, 2, 3"));
    CHECK(has(text, "; did you mean compact/a"));
    CHECK(has(refusal("note = 'good'"), "note is empty"));
}

TEST_CASE("nothing but reading the table gets through") {
    const auto not_allowed = [](const std::string& condition) {
        CAPTURE(condition);
        const std::string text = refusal(condition);
        CAPTURE(text);
        CHECK(has(text, "is not allowed"));
    };
    not_allowed("(SELECT word FROM secret) = 'x'");
    not_allowed("EXISTS (SELECT 1 FROM sqlite_master)");
    not_allowed("EXISTS (SELECT 1 FROM pragma_database_list)");
    not_allowed("load_extension('evil.so') IS NULL");
    not_allowed("random() > 0");
    not_allowed("length(randomblob(1000000000)) > 0");
    not_allowed("zeroblob(900000000) IS NULL");
    not_allowed("EXISTS (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)");

    for (const char* condition : {
             "depth = 1; DROP TABLE nets",
             "depth = 1); DROP TABLE nets; --",
             "depth = 1); ATTACH 'other.sqlite' AS other; --",
             "PRAGMA journal_mode = DELETE",
             "ATTACH DATABASE 'other.sqlite' AS other",
             "DELETE FROM nets",
             "(DELETE FROM nets)",
             "INSERT INTO nets VALUES (4, 'x', 1, 1, 1)",
             "depth = 1) UNION SELECT word FROM secret --",
             "depth = 1) UNION SELECT (7",
             "depth = 1)) UNION SELECT ((7",
             "depth = 1) ORDER BY (id",
             "depth = ?",
         }) {
        CAPTURE(condition);
        CHECK(refusal(condition) != "held");
        CHECK(has(refusal(condition), "--where"));
    }
    CHECK_FALSE(std::filesystem::exists("other.sqlite"));
    CHECK(refusal(std::string("depth = 1\0; DROP TABLE nets", 28)) != "held");
}

TEST_CASE("a condition cannot keep the program busy, or fill its memory") {
    Database database(":memory:", Database::Mode::create);
    database.run(
        "CREATE TABLE nets (id INTEGER PRIMARY KEY) STRICT; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
        "SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO nets SELECT i FROM n");
    const auto begin = std::chrono::steady_clock::now();
    try {
        ids_where(
            std::move(database), "nets", "id",
            "(SELECT count(*) FROM nets AS a, nets AS b, nets AS c WHERE a.id + b.id + c.id = nets.id) > 0");
        CHECK(false);
    } catch (const UsageError& error) {
        CHECK(has(error.what(), "it took more than 5 s"));
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
    CHECK(refusal("length(printf('%900000000d', 1)) > 0") != "held");
    CHECK(refusal("abs(-9223372036854775807 - 1) > 0") != "held");
}

TEST_CASE("trials are found by what view trials says of them, and ranked apart from the others") {
    const TemporaryFolder folder;
    Writer writer(folder.path(), a_run());
    for (int number = 1; number <= 4; ++number) {
        Request request = a_request(number);
        request.subject.depth = number;
        const std::int64_t id = writer.find_or_add(request).id;
        writer.start(id);
        writer.add_epoch(id, an_epoch(1, 0.1 * number));
        writer.end(id, {.disposition = number == 4 ? Disposition::failed : Disposition::finished,
                        .reason = number == 4 ? "broke" : "",
                        .test_accuracy = 0.1 * number});
    }
    Reader reader(folder.path());
    CHECK(reader.not_finished().size() == 1);
    const Ids chosen = reader.trials_where("depth <= 2 AND lr > 0");
    CHECK(chosen.size() == 2);
    reader.restrict_to(chosen);
    CHECK(reader.counts() == std::map<Disposition, std::int64_t>{{Disposition::finished, 2}});
    CHECK(reader.not_finished().empty());
    const Ranking ranking = reader.rank({});
    REQUIRE(ranking.rows.size() == 2);
    CHECK(ranking.rows[0].variant == "paper/d1-c1-v2");
    CHECK(ranking.pool.trials == 2);
    CHECK(reader.trials().size() == 4);
    CHECK_THROWS_AS(reader.trials_where("depths = 1"), UsageError);
    CHECK_THROWS_AS(reader.trials_where("(SELECT count(*) FROM epoch) > 0"), UsageError);
}
