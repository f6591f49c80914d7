// Reads a run's results, also while another process is writing them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/condition.hpp"
#include "store/rank.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"
#include "store/sweep_state.hpp"

namespace fractal::store {

/// Opens `folder`/results.sqlite for reading only; changes nothing, and works on a read-only disk.
/// One thread at a time.
class Reader {
public:
    /// Throws IoError if there are no results or they cannot be read, and DataError for a file that is
    /// damaged, not ours, or of another version.
    explicit Reader(const std::filesystem::path& folder);

    /// The numbers of the trials for which a person's condition over view `trials` holds. Throws UsageError
    /// as `ConditionedRows` does.
    std::vector<std::int64_t> trials_where(std::string_view condition);
    /// The rows of a view, in its order of columns, by such a condition; empty holds for all.
    ConditionedRows rows(ConditionedRows::Query query);
    /// From now on `counts`, `not_finished`, `faults` and `rank` see these trials only.
    void restrict_to(const std::vector<std::int64_t>& trials);

    /// Every use of the run folder, the first one first, and before them those of other folders whose results
    /// were taken over.
    std::vector<Run> runs();
    /// Those of them that began or continued a trial last which has come to an epoch.
    std::vector<Run> runs_that_trained();
    /// The use that began or continued this trial last, or asked for it. Throws Error (exit 70) for none.
    Run run_of(std::int64_t trial);
    /// Every trial, in the order in which they were asked for.
    std::vector<Trial> trials();
    /// The trial of this number, if there is one.
    std::optional<Trial> trial(std::int64_t id);
    /// Those that ended in another way than finished, in the same order.
    std::vector<Trial> not_finished();
    /// Of these, those that nobody wanted to end so (`is_fault`): a search leaves many others behind.
    std::vector<Trial> faults();
    /// The recorded epochs of a trial, in order.
    std::vector<Epoch> epochs(std::int64_t trial);
    /// The same of a trial whose course is to be judged: DataError where it has finished without all of them.
    std::vector<Epoch> course(const Trial& trial);
    /// How many trials stand where; a disposition that none has is not in it.
    std::map<Disposition, std::int64_t> counts();
    /// How the sweep stands that is going on, or was the last.
    SweepState sweep(Failures failures = Failures::tried_again);
    /// The best variants among the finished trials.
    Ranking rank(const RankQuery& query);

private:
    std::vector<Run> runs_where(std::string_view condition);
    std::vector<Trial> trials_that(bool (*stand)(Disposition));

    std::filesystem::path file_;
    Database database_;
    std::string condition_ = "TRUE"; ///< on the rows of table trial
};

} // namespace fractal::store
