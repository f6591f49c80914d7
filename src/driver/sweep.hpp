// Trains one trial after another and writes down what comes of each.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "driver/sweep_data.hpp"
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

/// How often a trial's state is saved within an epoch; it always is at the end of one. Both may be set.
struct SaveEvery {
    std::optional<std::int64_t> steps{};
    std::optional<double> seconds{};
};

/// Why a sweep stops before its plan is done.
struct Stop {
    enum class Cause : std::uint8_t { signal, time_limit, budget };
    Cause cause;
    std::string reason;
};

struct InitWeights;

struct SweepOptions {
    std::filesystem::path run;
    bool keep_weights = true;
    /// Asked after each step and between trials: the reason to stop now, if there is one.
    std::function<std::optional<Stop>()> stop;
    SaveEvery save_every{};
    std::optional<double> trial_seconds{};     ///< the most that a trial may train for
    const InitWeights* init_weights = nullptr; ///< that the command names, if it does
    bool retries = true; ///< whether the command can be told to train again what ran out of time
};

/// Trains `plan` in its order. Returns the reason why it stopped early, if it did: the trial under way is
/// then interrupted, with its state saved, and those after it stay as they are. Faults of a trial are its
/// own: the next goes on. Throws for faults of the run (a full disk, data that are not those the run began
/// with); the trial under way is then interrupted too.
std::optional<Stop> sweep(Trainer& trainer, SweepData& data, store::Writer& writer,
                          std::span<const Planned> plan, const SweepOptions& options, SweepView& view);

/// The same, where what is trained next hangs on what was measured: it is asked for after each trial, until
/// there is nothing. What it points to lives until the next is asked for. `plan` are the trials that may
/// come, for those who watch.
using NextTrial = std::function<const Planned*()>;
std::optional<Stop> sweep(Trainer& trainer, SweepData& data, store::Writer& writer,
                          std::span<const std::int64_t> plan, const NextTrial& next,
                          const SweepOptions& options, SweepView& view);

} // namespace fractal::driver
