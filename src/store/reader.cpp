// Queries over the schema's tables.
#include "store/reader.hpp"

#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"
#include "reflect/sql.hpp"
#include "store/schema.hpp"
#include "store/trial_rows.hpp"

namespace fractal::store {
namespace {

namespace fs = std::filesystem;

/// A file in WAL mode has companions that even a reader wants to make. Where it cannot, and no writer has
/// left a log, the file is all there is and is read as it lies.
Database opened(const fs::path& file) {
    check_results(file);
    Database database(file, Database::Mode::read);
    try {
        database.integer("PRAGMA schema_version");
    } catch (const IoError&) {
        std::error_code error;
        if (fs::exists(file.string() + "-wal", error) || error) {
            throw;
        }
        return {file, Database::Mode::frozen};
    }
    return database;
}

std::vector<Trial> all_trials(Statement& statement) {
    std::vector<Trial> trials;
    while (statement.step()) {
        trials.push_back(read_trial(statement));
    }
    return trials;
}

} // namespace

Reader::Reader(const fs::path& folder) : file_(folder / results_name), database_(opened(file_)) {}

ConditionedRows Reader::rows(ConditionedRows::Query query) { return {opened(file_), std::move(query)}; }

std::vector<std::int64_t> Reader::trials_where(std::string_view condition) {
    return ids_where(opened(file_), "trials", "id", std::string(condition));
}

void Reader::restrict_to(const std::vector<std::int64_t>& trials) {
    // In the connection's own database, which is in memory: the file is only read.
    database_.run(
        "PRAGMA temp_store = MEMORY; CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY); "
        "DELETE FROM chosen; BEGIN");
    Statement add = database_.prepare("INSERT INTO chosen VALUES (?)");
    for (const std::int64_t trial : trials) {
        add.bind(1, trial);
        add.run();
    }
    database_.run("COMMIT");
    condition_ = "trial.id IN (SELECT id FROM chosen)";
}

std::vector<Run> Reader::runs() { return runs_where("TRUE"); }

std::vector<Run> Reader::runs_that_trained() {
    return runs_where("id IN (SELECT run FROM trial WHERE epochs_done > 0)");
}

Run Reader::run_of(std::int64_t trial) {
    const std::vector<Run> runs =
        runs_where(fmt::format("id = (SELECT run FROM trial WHERE id = {})", trial));
    if (runs.empty()) {
        throw Error(fmt::format("there is no trial {} in {}", trial, file_.string()), 70);
    }
    return runs.front();
}

std::vector<Run> Reader::runs_where(std::string_view condition) {
    Statement statement = database_.prepare(
        fmt::format("SELECT {} FROM run WHERE {} ORDER BY id", reflect::sql_columns<Run>(), condition));
    std::vector<Run> runs;
    while (statement.step()) {
        int at = 0;
        runs.push_back(reflect::read_members<Run>(statement, at));
    }
    return runs;
}

std::vector<Trial> Reader::trials() {
    Statement statement = database_.prepare(select_trials_sql() + "ORDER BY trial.id");
    return all_trials(statement);
}

std::optional<Trial> Reader::trial(std::int64_t id) {
    Statement statement = database_.prepare(select_trials_sql() + "WHERE trial.id = ?");
    statement.bind(1, id);
    return statement.step() ? std::optional(read_trial(statement)) : std::nullopt;
}

std::vector<Trial> Reader::not_finished() {
    return trials_that(
        [](Disposition one) { return one != Disposition::finished && standing_of(one) != Standing::open; });
}

std::vector<Trial> Reader::faults() { return trials_that(is_fault); }

std::vector<Trial> Reader::trials_that(bool (*stand)(Disposition)) {
    std::vector<std::string> names;
    for (const auto& one : enum_names(Disposition{})) {
        if (stand(one.value)) names.push_back(fmt::format("'{}'", one.text));
    }
    Statement statement =
        database_.prepare(fmt::format("{} WHERE trial.disposition IN ({}) AND {} ORDER BY trial.id",
                                      select_trials_sql(), fmt::join(names, ", "), condition_));
    return all_trials(statement);
}

std::vector<Epoch> Reader::epochs(std::int64_t trial) {
    Statement statement = database_.prepare("SELECT " + reflect::sql_columns<Epoch>() +
                                            " FROM epoch WHERE trial = ? ORDER BY epoch");
    statement.bind(1, trial);
    std::vector<Epoch> epochs;
    while (statement.step()) {
        int at = 0;
        epochs.push_back(reflect::read_members<Epoch>(statement, at));
    }
    return epochs;
}

std::vector<Epoch> Reader::course(const Trial& trial) {
    std::vector<Epoch> all = epochs(trial.id);
    if (trial.outcome.disposition == Disposition::finished && std::ssize(all) != trial.recipe.epochs) {
        throw DataError(
            fmt::format("{} says that trial {} has finished, with {} of its {} epochs: expected all of them; "
                        "restore the file from a copy, or leave the trial out",
                        file_.string(), trial.id, all.size(), trial.recipe.epochs));
    }
    return all;
}

std::map<Disposition, std::int64_t> Reader::counts() {
    Statement statement = database_.prepare(
        fmt::format("SELECT disposition, count(*) FROM trial WHERE {} GROUP BY disposition", condition_));
    std::map<Disposition, std::int64_t> counts;
    while (statement.step()) {
        counts[reflect::read_value<Disposition>(statement, 0, "disposition")] = statement.integer(1);
    }
    return counts;
}

SweepState Reader::sweep(Failures failures) { return sweep_state(database_, failures); }

Ranking Reader::rank(const RankQuery& query) { return store::rank(database_, query, condition_); }

} // namespace fractal::store
