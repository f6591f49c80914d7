// The tables of a results file, and whether a file is one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fractal::store {

/// The name of the results file in a run folder.
inline constexpr const char* results_name = "results.sqlite";

/// `PRAGMA user_version`: to be raised with every change of the tables or views, a member of Recipe included.
inline constexpr int schema_version = 10;
/// `PRAGMA application_id`: "Frac".
inline constexpr int application_id = 0x46726163;

/// The statements that make an empty database a results file. Tables:
///   run      one use of the run folder by the driver
///   recipe   each recipe once: its identity as JSON, and its columns
///   trial    one training of one variant by one recipe on one data set, and what came of it; `judged_by`
///            ('validation' or 'test') and `score`, the accuracy of that kind; trials equal in fingerprint,
///            data and `seedless` are repetitions
///   epoch    one finished epoch of one trial
///   plan     what the last use of the folder is to train, in its order
///   progress where the trial stands that is being trained, a few seconds old
/// Views for people and tools:
///   trials   trial and recipe in one row
///   epochs   epoch with its trial's variant, data, recipe label and seed
///   best     the finished trials of one variant, data set and recipe over their seeds: count, mean and best
///   score
std::string schema_sql();

/// The query that view `best` is, over those trials for which `condition` holds besides.
std::string best_sql(std::string_view condition);

/// Makes the results file `file` if there is none; complete or not at all, even if the machine stops
/// meanwhile. Throws IoError.
void create_results(const std::filesystem::path& file);

/// Throws for a file that is not a results file of this schema version, and leaves it as it is: IoError if it
/// does not exist or cannot be read; DataError, with what was found, what was expected and the remedy, if it
/// is damaged, no SQLite file, another application's, of another version or with other tables.
void check_results(const std::filesystem::path& file);

} // namespace fractal::store
