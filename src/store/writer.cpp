// Prepared statements over the schema's tables.
#include "store/writer.hpp"

#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/folder.hpp"
#include "reflect/sql.hpp"
#include "store/same_images.hpp"
#include "store/schema.hpp"
#include "store/trial_rows.hpp"

namespace fractal::store {
namespace {

namespace fs = std::filesystem;
using reflect::sql_columns;
using reflect::sql_parameters;

/// Now as ISO 8601 in UTC, to the second.
std::string now() {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// A folder from somebody else may hold links: through them its files would be written elsewhere.
void check_entries(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        const fs::file_type type = entry->symlink_status(ignored).type();
        // What is gone again was another process's, which has the lock.
        if (type == fs::file_type::regular || type == fs::file_type::directory ||
            type == fs::file_type::not_found)
            continue;
        throw DataError(
            fmt::format("{} is {}: expected files and folders alone in a run folder, which is written to; "
                        "put the thing itself there, or take another folder",
                        entry->path().string(), type == fs::file_type::symlink ? "a link" : "no plain file"));
    }
    if (error) {
        throw IoError(fmt::format("{}: {}: expected a folder whose files can be listed", folder.string(),
                                  error.message()));
    }
}

/// `folder`, made if it is not there.
const fs::path& made(const fs::path& folder) {
    make_folder(folder);
    check_entries(folder);
    return folder;
}

/// The results file of `folder`, ours and sound; the folder's lock is held already.
Database opened(const fs::path& folder) {
    const fs::path file = folder / results_name;
    create_results(file);
    check_results(file);
    {
        Database database(file, Database::Mode::read);
        if (const std::string damage = database.text("PRAGMA quick_check(1)"); damage != "ok") {
            throw DataError(
                fmt::format("{} is damaged ({}): restore it from a copy, or move it away, with weights and "
                            "state, to begin anew",
                            file.string(), damage));
        }
    }
    Database database(file, Database::Mode::write);
    database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    return database;
}

std::string insert_sql(std::string_view table, std::string_view columns, std::string_view parameters,
                       std::string_view on_conflict = "ABORT") {
    return fmt::format("INSERT OR {} INTO {} ({}) VALUES ({})", on_conflict, table, columns, parameters);
}

/// While it lives, what is committed is written and not waited for (in WAL mode). A kill loses none of it; a
/// power failure may lose the last of it, up to the next commit that is waited for, and never a part of one
/// commit. For rows that a sweep writes again when it goes on.
class Unwaited {
public:
    explicit Unwaited(Database& database) : database_(database) {
        database_.run("PRAGMA synchronous = NORMAL");
    }
    Unwaited(const Unwaited&) = delete;
    Unwaited& operator=(const Unwaited&) = delete;
    ~Unwaited() {
        try {
            database_.run("PRAGMA synchronous = FULL");
        } catch (const std::exception&) { // the next commit is then not waited for either
        }
    }

private:
    Database& database_;
};

/// Runs an UPDATE … RETURNING that must meet its trial.
void require_row(Statement& update, std::int64_t trial) {
    bool found = false;
    while (update.step()) {
        found = true;
    }
    if (!found) {
        throw Error(fmt::format("there is no trial {} in the results", trial), 70);
    }
}

} // namespace

Writer::Writer(const fs::path& folder, const Run& run)
    : folder_(folder),
      lock_(made(folder)),
      database_(opened(folder)) {
    add_recipe_ = database_.prepare(
        insert_sql("recipe", "identity, " + sql_columns<Recipe>(), "?, " + sql_parameters<Recipe>()) +
        " ON CONFLICT (identity) DO NOTHING");
    find_recipe_ = database_.prepare("SELECT id FROM recipe WHERE identity = ?");
    add_trial_ = database_.prepare(
        insert_sql("trial",
                   fmt::format("run, recipe, seedless, recipe_label, {}, {}, {}", sql_columns<Subject>(),
                               sql_columns<Conditions>(), sql_columns<Outcome>()),
                   fmt::format("?, ?, ?, ?, {}, {}, {}", sql_parameters<Subject>(),
                               sql_parameters<Conditions>(), sql_parameters<Outcome>())) +
        " ON CONFLICT (fingerprint, recipe, data) DO NOTHING");
    find_trial_ = database_.prepare(select_trials_sql() +
                                    "WHERE trial.fingerprint = ? AND trial.recipe = ? AND trial.data = ?");
    find_data_ = database_.prepare(select_trials_sql() + "WHERE trial.data = ? LIMIT 1");
    start_ = database_.prepare(
        "UPDATE trial SET disposition = 'running', reason = '', run = ?2, ended = '', "
        "test_accuracy = NULL, test_loss = NULL, latency = NULL, "
        "started = CASE started WHEN '' THEN ?3 ELSE started END WHERE id = ?1 "
        "RETURNING id");
    forget_epochs_ = database_.prepare("DELETE FROM epoch WHERE trial = ? AND epoch > ?");
    add_epoch_ = database_.prepare(
        insert_sql("epoch", "trial, " + sql_columns<Epoch>(), "?, " + sql_parameters<Epoch>(), "REPLACE"));
    summarise_ = database_.prepare(
        "UPDATE trial SET (epochs_done, seconds, images_per_second, best_validation_accuracy, "
        "last_validation_accuracy) = (SELECT coalesce(max(epoch), 0), coalesce(sum(seconds), 0), "
        "coalesce(avg(images_per_second), 0), max(validation_accuracy), "
        "(SELECT validation_accuracy FROM epoch WHERE trial = ?1 ORDER BY epoch DESC LIMIT 1) "
        "FROM epoch WHERE trial = ?1) WHERE id = ?1");
    end_ = database_.prepare(
        "UPDATE trial SET disposition = ?2, reason = ?3, test_accuracy = ?4, test_loss = ?5, "
        "peak_bytes = max(peak_bytes, ?6), predicted_peak_bytes = ?7, ended = ?8, latency = ?9 WHERE id = ?1 "
        "RETURNING id");
    tell_ = database_.prepare(insert_sql("progress", "trial, " + sql_columns<Progress>(),
                                         "?, " + sql_parameters<Progress>(), "REPLACE"));
    forget_progress_ = database_.prepare("DELETE FROM progress");

    Run created = run;
    created.created = now();
    Transaction transaction(database_);
    Statement add_run = database_.prepare(insert_sql("run", sql_columns<Run>(), sql_parameters<Run>()));
    int at = 1;
    reflect::bind_members(add_run, at, created);
    add_run.run();
    run_ = database_.last_insert_id();
    database_.run("DELETE FROM plan");
    forget_progress_.run();
    // The lock is ours, so nobody runs them any more.
    Statement recover = database_.prepare(
        "UPDATE trial SET disposition = 'interrupted', ended = ?, "
        "reason = 'the process was ended in the midst of it' "
        "WHERE disposition = 'running'");
    recover.bind(1, created.created);
    recover.run();
    transaction.commit();
}

Writer::~Writer() {
    if (!finished_) {
        try {
            finish("an error ended it");
        } catch (const std::exception&) { // the error itself is on its way, and is the one to tell
        }
    }
}

std::int64_t Writer::recipe_id(const Recipe& recipe) {
    const std::string identity = recipe_text(recipe);
    add_recipe_.bind(1, identity);
    int at = 2;
    reflect::bind_members(add_recipe_, at, recipe);
    add_recipe_.run();
    find_recipe_.bind(1, identity);
    find_recipe_.step();
    const std::int64_t id = find_recipe_.integer(0);
    find_recipe_.reset();
    return id;
}

void Writer::check_images(const Conditions& conditions) {
    auto known = data_.find(conditions.data);
    if (known == data_.end()) {
        find_data_.bind(1, conditions.data);
        known =
            data_.emplace(conditions.data, find_data_.step() ? read_trial(find_data_).conditions : conditions)
                .first;
        find_data_.reset();
    }
    check_same_images(known->second, folder_.string(), conditions, "those given now are",
                      "give the folder of data that it was begun with (--data-dir), or begin another run");
}

Trial Writer::find_or_add_one(const Request& request) {
    check_images(request.conditions);
    const std::int64_t recipe = recipe_id(request.recipe);
    add_trial_.bind(1, run_);
    add_trial_.bind(2, recipe);
    add_trial_.bind(3, recipe_id(without_seed(request.recipe)));
    add_trial_.bind(4, request.recipe_label);
    int at = 5;
    reflect::bind_members(add_trial_, at, request.subject);
    reflect::bind_members(add_trial_, at, request.conditions);
    reflect::bind_members(add_trial_, at, Outcome{});
    add_trial_.run();
    find_trial_.bind(1, request.subject.fingerprint);
    find_trial_.bind(2, recipe);
    find_trial_.bind(3, request.conditions.data);
    find_trial_.step();
    const Trial trial = read_trial(find_trial_);
    find_trial_.reset();
    return trial;
}

std::vector<Trial> Writer::find_or_add(std::span<const Request> requests) {
    std::vector<Trial> trials;
    trials.reserve(requests.size());
    Transaction transaction(database_);
    for (const Request& request : requests) {
        trials.push_back(find_or_add_one(request));
    }
    transaction.commit();
    return trials;
}

Trial Writer::find_or_add(const Request& request) { return find_or_add(std::span(&request, 1)).front(); }

void Writer::plan(std::span<const std::int64_t> trials) {
    Transaction transaction(database_);
    database_.run("DELETE FROM plan");
    Statement add = database_.prepare("INSERT INTO plan (position, trial) VALUES (?, ?)");
    std::int64_t position = 0;
    for (const std::int64_t trial : trials) {
        add.bind(1, position++);
        add.bind(2, trial);
        add.run();
    }
    transaction.commit();
}

void Writer::start(std::int64_t trial, std::int32_t epochs_kept) {
    const Unwaited unwaited(database_); // it says what is going on, and nothing of what has been reached
    Transaction transaction(database_);
    start_.bind(1, trial);
    start_.bind(2, run_);
    start_.bind(3, now());
    require_row(start_, trial);
    forget_epochs(trial, epochs_kept);
    forget_progress_.run();
    summarise(trial);
    transaction.commit();
}

void Writer::forget_epochs(std::int64_t trial, std::int32_t last) {
    forget_epochs_.bind(1, trial);
    forget_epochs_.bind(2, std::int64_t{last});
    forget_epochs_.run();
}

void Writer::add_epoch(std::int64_t trial, const Epoch& epoch) {
    const Unwaited unwaited(database_); // the trial's state, saved before, repeats its epochs
    Transaction transaction(database_);
    put_epoch(trial, epoch);
    forget_epochs(trial, epoch.epoch);
    summarise(trial);
    transaction.commit();
}

void Writer::put_epoch(std::int64_t trial, const Epoch& epoch) {
    add_epoch_.bind(1, trial);
    int at = 2;
    reflect::bind_members(add_epoch_, at, epoch);
    add_epoch_.run();
}

void Writer::summarise(std::int64_t trial) {
    summarise_.bind(1, trial);
    summarise_.run();
}

void Writer::end(std::int64_t trial, const Ending& ending) {
    const std::string_view disposition = reflect::enum_text(ending.disposition);
    if (ending.disposition == Disposition::pending || ending.disposition == Disposition::running) {
        throw Error(fmt::format("trial {} cannot end as {}", trial, disposition), 70);
    }
    if (ending.disposition != Disposition::finished && ending.reason.empty()) {
        throw Error(fmt::format("trial {} ends as {} without a reason", trial, disposition), 70);
    }
    Transaction transaction(database_);
    end_.bind(1, trial);
    end_.bind(2, disposition);
    end_.bind(3, ending.reason);
    reflect::bind_value(end_, 4, ending.test_accuracy);
    reflect::bind_value(end_, 5, ending.test_loss);
    end_.bind(6, ending.peak_bytes);
    end_.bind(7, ending.predicted_peak_bytes);
    end_.bind(8, now());
    reflect::bind_value(end_, 9, ending.latency);
    require_row(end_, trial);
    forget_progress_.run();
    transaction.commit();
}

void Writer::tell(std::int64_t trial, Progress progress) {
    progress.told = now();
    tell_.bind(1, trial);
    int at = 2;
    reflect::bind_members(tell_, at, progress);
    const Unwaited unwaited(database_);
    tell_.run();
}

std::int64_t Writer::foreign_run_id(const Run& run) {
    // It may have been under way when it was taken over before.
    Statement find =
        database_.prepare("SELECT id FROM run WHERE (created, command_line, machine) = (?, ?, ?)");
    find.bind(1, run.created);
    find.bind(2, run.command_line);
    find.bind(3, run.machine);
    if (find.step()) {
        const std::int64_t id = find.integer(0);
        Statement finish =
            database_.prepare("UPDATE run SET (ended, stopped) = (?, ?) WHERE id = ? AND ended = ''");
        finish.bind(1, run.ended);
        finish.bind(2, run.stopped);
        finish.bind(3, id);
        finish.run();
        return id;
    }
    Statement add = database_.prepare(fmt::format(
        "INSERT INTO run (id, {}) VALUES ((SELECT min(id, 1) - 1 FROM run ORDER BY id LIMIT 1), {})",
        sql_columns<Run>(), sql_parameters<Run>()));
    int at = 1;
    reflect::bind_members(add, at, run);
    add.run();
    return database_.last_insert_id();
}

void Writer::take_over(std::int64_t trial, const Outcome& outcome, std::span<const Epoch> epochs,
                       const Run& run) {
    Transaction transaction(database_);
    const std::int64_t trained_by = foreign_run_id(run);
    Statement update =
        database_.prepare(fmt::format("UPDATE trial SET (run, {}) = (?, {}) WHERE id = ? RETURNING id",
                                      sql_columns<Outcome>(), sql_parameters<Outcome>()));
    int at = 1;
    update.bind(at++, trained_by);
    reflect::bind_members(update, at, outcome);
    update.bind(at, trial);
    require_row(update, trial);
    forget_epochs(trial, 0);
    for (const Epoch& epoch : epochs) put_epoch(trial, epoch);
    summarise(trial);
    transaction.commit();
}

void Writer::finish(std::string_view stopped) {
    Statement finish = database_.prepare("UPDATE run SET ended = ?, stopped = ? WHERE id = ?");
    finish.bind(1, now());
    finish.bind(2, stopped);
    finish.bind(3, run_);
    finish.run();
    finished_ = true;
}

} // namespace fractal::store
