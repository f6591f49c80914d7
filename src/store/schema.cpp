// Data definition, made of the rows' descriptions.
#include "store/schema.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "reflect/sql.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace fractal::store {
namespace {

namespace fs = std::filesystem;
using reflect::sql_columns;
using reflect::sql_definitions;

void remove_file(const fs::path& file) {
    std::error_code error;
    fs::remove(file, error);
    if (error) throw IoError(fmt::format("{} cannot be removed: {}", file.string(), error.message()));
}

/// What SQLite puts beside a file, and removes where it can.
void remove_companions(const fs::path& file) {
    for (const char* suffix : {"-journal", "-wal", "-shm"}) remove_file(file.string() + suffix);
}

/// SQLite would play the log of a file that is gone onto a new one.
void check_no_log(const fs::path& file) {
    for (const char* suffix : {"-journal", "-wal"}) {
        if (const fs::path log = file.string() + suffix; fs::exists(fs::symlink_status(log))) {
            throw DataError(fmt::format(
                "{} is the log of a results file that is gone, and may have rows that it lacks: move "
                "it to where {} is now, or remove it, to begin anew",
                log.string(), file.filename().string()));
        }
    }
}

constexpr std::string_view tables = R"(
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
{run}    CHECK (created <> '')
) STRICT;
CREATE TABLE recipe (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,  -- the whole recipe as JSON
{recipe}    CHECK (json_valid(identity))
) STRICT;
CREATE TABLE trial (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run,  -- that began or continued it last
    recipe INTEGER NOT NULL REFERENCES recipe,
    seedless INTEGER NOT NULL REFERENCES recipe,  -- the same with seed 0: equal for repetitions
    recipe_label TEXT NOT NULL,  -- what the recipe was called
{subject}{conditions}{outcome}    -- which accuracy `score` is
    judged_by TEXT AS (iif(validation_images > 0, 'validation', 'test')),
    score REAL AS (iif(validation_images > 0, last_validation_accuracy, test_accuracy)),
    UNIQUE (fingerprint, recipe, data)
) STRICT;
CREATE INDEX trial_by_disposition ON trial (disposition);
CREATE INDEX trial_by_variant ON trial (variant);
CREATE INDEX trial_by_score ON trial (data, judged_by, fingerprint, seedless, score)
    WHERE disposition = 'finished' AND score IS NOT NULL;
CREATE TABLE epoch (
    trial INTEGER NOT NULL REFERENCES trial,
{epoch}    PRIMARY KEY (trial, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE plan (
    position INTEGER PRIMARY KEY,  -- in the order of training, from 0
    trial INTEGER NOT NULL UNIQUE REFERENCES trial
) STRICT;
CREATE TABLE progress (
    trial INTEGER PRIMARY KEY REFERENCES trial,
{progress}    CHECK (told <> '')
) STRICT;
)";

constexpr std::string_view views = R"(
CREATE VIEW trials AS
    SELECT trial.id AS id, {subject}, {conditions}, recipe_label, {recipe}, seedless, {outcome}, judged_by,
        score
    FROM trial JOIN recipe ON recipe.id = trial.recipe;
CREATE VIEW epochs AS
    SELECT trial.id AS trial, trial.variant, trial.data, trial.recipe_label, recipe.seed, {epoch}
    FROM epoch JOIN trial ON trial.id = epoch.trial JOIN recipe ON recipe.id = trial.recipe;
CREATE VIEW best AS
    {best};
)";

/// What a file says that it holds: the definition of each table, index, view and trigger, by its name.
std::map<std::string, std::string> definitions_of(Database& database) {
    Statement rows = database.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
    std::map<std::string, std::string> definitions;
    while (rows.step()) definitions[rows.text(0)] = rows.text(1);
    return definitions;
}

/// Under the names of our tables there may be views that never end, and triggers that change what is written:
/// only definitions that are ours to the letter are read from.
void check_definitions(Database& database, const std::string& name) {
    Database ours(":memory:", Database::Mode::create);
    ours.run(schema_sql());
    if (definitions_of(database) == definitions_of(ours)) return;
    throw DataError(fmt::format(
        "{} does not hold the tables that fractal makes, or holds others besides: restore it from a copy, "
        "or take another run folder (views of your own belong into a file that attaches this one)",
        name));
}
constexpr std::string_view best = R"(SELECT data, judged_by, variant, fingerprint, recipe_label, seedless,
        count(*) AS seeds, avg(score) AS mean_score, max(score) AS best_score,
        avg(test_accuracy) AS mean_test_accuracy, avg(seconds) AS mean_seconds, parameters, macs,
        activation_bytes, avg(nullif(images_per_second, 0)) AS mean_images_per_second,
        avg(latency) AS mean_latency
    FROM trial WHERE disposition = 'finished' AND score IS NOT NULL AND {}
    GROUP BY data, judged_by, fingerprint, seedless)";

/// Recipe's columns in view `trials`; how many images were held out is in the trial already, as it happened.
std::string recipe_columns_of_view() {
    std::string list;
    reflect::for_each_field<Recipe>([&](const auto& field) {
        if (field.name() != "validation_images") {
            list += fmt::format("{}recipe.{}", list.empty() ? "" : ", ", field.name());
        }
    });
    return list;
}

} // namespace

std::string schema_sql() {
    return fmt::format("PRAGMA application_id = {};\nPRAGMA user_version = {};\n", application_id,
                       schema_version) +
           fmt::format(
               tables, fmt::arg("run", sql_definitions<Run>()), fmt::arg("recipe", sql_definitions<Recipe>()),
               fmt::arg("subject", sql_definitions<Subject>()),
               fmt::arg("conditions", sql_definitions<Conditions>()),
               fmt::arg("outcome", sql_definitions<Outcome>()), fmt::arg("epoch", sql_definitions<Epoch>()),
               fmt::arg("progress", sql_definitions<Progress>())) +
           fmt::format(views, fmt::arg("recipe", recipe_columns_of_view()),
                       fmt::arg("subject", sql_columns<Subject>("trial.")),
                       fmt::arg("conditions", sql_columns<Conditions>("trial.")),
                       fmt::arg("outcome", sql_columns<Outcome>("trial.")),
                       fmt::arg("epoch", sql_columns<Epoch>("epoch.")), fmt::arg("best", best_sql("TRUE")));
}

std::string best_sql(std::string_view condition) { return fmt::format(best, condition); }

void create_results(const fs::path& file) {
    if (fs::exists(file)) {
        return;
    }
    check_no_log(file);
    // Made under another name and renamed: nobody ever sees half a schema, or one that is in the log only. In
    // WAL mode from the start: to change the mode later takes a rollback journal, and a kill then leaves a
    // file that cannot be read.
    const fs::path unfinished = file.string() + ".new";
    remove_file(unfinished);
    remove_companions(unfinished);
    {
        Database database(unfinished, Database::Mode::create);
        database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        Transaction transaction(database);
        database.run(schema_sql());
        transaction.commit();
        // Closing would do it too, and say nothing where it fails: the file would be renamed without its log.
        database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    remove_companions(unfinished);
    std::error_code error;
    fs::rename(unfinished, file, error);
    if (error) {
        throw IoError(fmt::format("{}: {}", file.string(), error.message()));
    }
    sync_folder(file.parent_path());
}

void check_results(const fs::path& file) {
    const std::string name = file.string();
    // Not opened here: closing a file drops the locks that SQLite in this process may hold on it.
    if (::access(name.c_str(), R_OK) != 0) {
        throw IoError(fmt::format("{}: {}: expected the results of a run; `fractal train` makes them", name,
                                  std::strerror(errno)));
    }
    // Frozen, so that a file that is not ours is neither locked nor given companions.
    Database database(file, Database::Mode::frozen);
    const std::int64_t application = database.integer("PRAGMA application_id");
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (application != application_id) {
        throw DataError(
            fmt::format("{} is no results file of fractal (application id {:#x}, expected {:#x}): take "
                        "another run folder, or move the file away",
                        name, application, application_id));
    }
    if (version != schema_version) {
        throw DataError(
            fmt::format("{} is a results file of version {}, expected {}: read it with the fractal that "
                        "wrote it (table run names its version), or take another run folder",
                        name, version, schema_version));
    }
    check_definitions(database, name);
}

} // namespace fractal::store
