// Trains one trial after another and writes down what comes of each.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/writer.hpp"
#include "train/trainer.hpp"

namespace fractal::driver {

/// Where a trial is to pause, with its state kept, to go on later or never.
struct Pause {
    std::int32_t epochs = 0; ///< after so many in all, fewer than its recipe's
    std::string reason;      ///< what the results say of it while it pauses
};

/// A trial of the results and the variant that it trains.
struct Planned {
    store::Trial trial;
    const Variant* variant = nullptr;
    std::optional<Pause> pause{}; ///< nothing: it is trained to its end
    std::string label{};          ///< what a view calls it by; empty: its number
};

/// Hears how a sweep goes; shows it to somebody.
class SweepView {
public:
    SweepView() = default;
    SweepView(const SweepView&) = delete;
    SweepView& operator=(const SweepView&) = delete;
    virtual ~SweepView() = default;

    /// A trial begins, or goes on, as number `index` of the sweep from 0.
    virtual void begin(std::size_t index, const Planned& planned) = 0;
    virtual void step(const StepReport& report) = 0;
    virtual void epoch(const EpochReport& report) = 0;
    /// Something to know about the current trial or the run.
    virtual void note(std::string_view text) = 0;
    /// The current trial ended; `validation_accuracy` is that of its last epoch.
    virtual void end(const store::Ending& ending, std::optional<double> validation_accuracy,
                     double seconds) = 0;
};

/// What the results keep of an epoch.
store::Epoch epoch_row(const EpochReport& report);

/// Files of a run folder.
std::filesystem::path weights_file(const std::filesystem::path& run, std::int64_t trial);
std::filesystem::path state_file(const std::filesystem::path& run, std::int64_t trial);

/// Makes the folders of `run` that these files lie in. Throws IoError.
void make_trial_folders(const std::filesystem::path& run);

/// Throws DataError for files of trials in a folder without results: trials are numbered anew in it, and
/// would go on from the files of others.
void check_no_strays(const std::filesystem::path& run);

/// Removes from `run` what an end without warning left behind: states of trials that have finished or were
/// pruned, and files that were being written. For the one that holds the run's lock.
void remove_leftovers(const std::filesystem::path& run, std::span<const store::Trial> trials);

/// The data a sweep runs on, opened when a trial first needs it.
class SweepData {
public:
    /// `folder_of` says where the files of a data set lie; empty for one that needs none. `moved` is a data
    /// file for trials whose own is no longer where it was.
    using FolderOf = std::function<std::string(const std::string& name)>;
    SweepData(Trainer& trainer, FolderOf folder_of, std::string moved = {})
        : trainer_(trainer),
          folder_of_(std::move(folder_of)),
          moved_(std::move(moved)) {}

    /// Opens the data set `source`, a name or the path of a data file, with so many images held out, unless
    /// it is open already. Those held out are the same for every trial and run, so that all are judged alike.
    const DataSummary& open(const std::string& source, std::int64_t validation_images);

    /// Opens the data set that a trial was asked for. DataError when its file is another one now.
    const DataSummary& open(const store::Trial& trial);

    /// The same for a trial to go on with. DataError also when its folder holds another number of images.
    const DataSummary& open_to_train(const store::Trial& trial);

private:
    std::string source_of(const store::Conditions& conditions) const;

    Trainer& trainer_;
    FolderOf folder_of_;
    std::string moved_;
    std::map<std::string, std::string, std::less<>> files_; ///< by the names of what was read from them
    std::string source_;
    std::int64_t validation_images_ = -1;
    DataSummary summary_;
};

/// How often a trial's state is saved within an epoch; it always is at the end of one. Both may be set.
struct SaveEvery {
    std::optional<std::int64_t> steps{};
    std::optional<double> seconds{};
};

struct InitWeights;

struct SweepOptions {
    std::filesystem::path run;
    bool keep_weights = true;
    /// Asked after each step and between trials: the reason to stop now, if there is one.
    std::function<std::optional<std::string>()> stop;
    SaveEvery save_every{};
    std::optional<double> trial_seconds{};     ///< the most that a trial may train for
    const InitWeights* init_weights = nullptr; ///< that the command names, if it does
    bool retries = true; ///< whether the command can be told to train again what ran out of time
};

/// Trains `plan` in its order. Returns the reason why it stopped early, if it did: the trial under way is
/// then interrupted, with its state saved, and those after it stay as they are. Faults of a trial are its
/// own: the next goes on. Throws for faults of the run (a full disk, data that are not those the run began
/// with); the trial under way is then interrupted too.
std::optional<std::string> sweep(Trainer& trainer, SweepData& data, store::Writer& writer,
                                 std::span<const Planned> plan, const SweepOptions& options, SweepView& view);

/// The same, where what is trained next hangs on what was measured: it is asked for after each trial, until
/// there is nothing. What it points to lives until the next is asked for. `plan` are the trials that may
/// come, for those who watch.
using NextTrial = std::function<const Planned*()>;
std::optional<std::string> sweep(Trainer& trainer, SweepData& data, store::Writer& writer,
                                 std::span<const std::int64_t> plan, const NextTrial& next,
                                 const SweepOptions& options, SweepView& view);

} // namespace fractal::driver
