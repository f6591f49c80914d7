// The one that writes a run's results: which trials are wanted, how they go, and how they end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/lock.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace fractal::store {

/// How a trial ends: what the trainer knows of it. The rest of Outcome follows from the recorded epochs.
struct Ending {
    Disposition disposition = Disposition::finished; ///< any but pending and running
    std::string reason = {};                         ///< not empty, unless finished
    std::optional<double> test_accuracy = {};
    std::optional<double> test_loss = {};
    std::optional<double> latency = {};    ///< seconds
    std::int64_t peak_bytes = 0;           ///< 0: not measured
    std::int64_t predicted_peak_bytes = 0; ///< 0: not predicted
};

/// Writes `folder`/results.sqlite, and holds the folder's lock as long as it lives. Each change is one
/// transaction that is on the disk when the call returns (WAL, synchronous=FULL), but for `start`,
/// `add_epoch` and `tell`: a power failure may undo what they wrote since the last other call, which a sweep
/// that goes on writes again. One thread at a time. All members throw BusyError, DataError and IoError as
/// `Database` does, and Error (exit 70) for a trial that does not exist.
class Writer {
public:
    /// Makes folder and file if there are none. Trials that a process left `running` when it was killed
    /// become `interrupted`. Throws BusyError if another process holds the folder, IoError if the folder
    /// cannot be written, DataError for a results file that is damaged, not ours, or of another version; it
    /// is then left as it is. `run.created` is set to now.
    Writer(const std::filesystem::path& folder, const Run& run);
    /// A use that was not said to be over has ended with an error.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// The trials that were asked for, in the order of `requests`: those already there with what came of
    /// them, the others new and `pending`. One transaction for all. Throws DataError, and adds none, where
    /// one is asked for on other images than the trials here on a data set of that name.
    std::vector<Trial> find_or_add(std::span<const Request> requests);
    Trial find_or_add(const Request& request);

    /// What this use of the folder is to train, in this order; for those who watch.
    void plan(std::span<const std::int64_t> trials);

    /// The trial is `running` from now, as part of this run. What is recorded of its epochs stays, unless
    /// only the first `epochs_kept` of them are in the state from which it goes on.
    void start(std::int64_t trial, std::int32_t epochs_kept = std::numeric_limits<std::int32_t>::max());

    /// Records an epoch in place of one of the same number and of all later ones, which a trial that went on
    /// from an earlier state has left behind. The trial's state, from which it goes on, holds the epoch
    /// already and repeats it.
    void add_epoch(std::int64_t trial, const Epoch& epoch);

    /// Says where the running trial stands, in place of what was said before; for those who watch.
    void tell(std::int64_t trial, Progress progress);

    /// The trial has ended. Throws Error (exit 70) for a disposition that is no end, and for one without a
    /// reason.
    void end(std::int64_t trial, const Ending& ending);

    /// What came of a trial in another run folder, in place of what is recorded of it here; `epochs` in
    /// order, `run` the use of that folder that trained it, which becomes a use of this one, once for all its
    /// trials.
    void take_over(std::int64_t trial, const Outcome& outcome, std::span<const Epoch> epochs, const Run& run);

    /// This use of the folder is over; `stopped` says why before its plan was done, and is empty otherwise.
    void finish(std::string_view stopped);

private:
    /// Removes the epochs behind `last`; for within a transaction.
    void forget_epochs(std::int64_t trial, std::int32_t last);
    /// Adds or replaces an epoch; for within a transaction.
    void put_epoch(std::int64_t trial, const Epoch& epoch);
    /// Brings what follows from the epochs up to date; for within a transaction.
    void summarise(std::int64_t trial);
    std::int64_t recipe_id(const Recipe& recipe);
    /// The number of another folder's use; below those of this folder, whose last use has the highest.
    std::int64_t foreign_run_id(const Run& run);
    /// Throws DataError where trials here saw other images of a data set of this name.
    void check_images(const Conditions& conditions);
    Trial find_or_add_one(const Request& request);

    std::filesystem::path folder_;
    Lock lock_;
    Database database_;
    std::int64_t run_ = 0;
    std::map<std::string, Conditions> data_; ///< of a trial on each data set that was asked for
    bool finished_ = false;
    Statement add_recipe_, find_recipe_, add_trial_, find_trial_, find_data_;
    Statement start_, forget_epochs_, add_epoch_, summarise_, end_;
    Statement tell_, forget_progress_;
};

} // namespace fractal::store
