// The loop over trials, and the observer that turns a trainer's reports into rows.
#include "driver/sweep.hpp"

#include <chrono>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "driver/init_weights.hpp"
#include "driver/trial_files.hpp"
#include "driver/units.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;
using store::Disposition;

std::optional<double> if_finite(double x) { return std::isfinite(x) ? std::optional(x) : std::nullopt; }

/// One trial's reports on their way to the results and to the view.
class Recorder final : public TrialObserver {
public:
    Recorder(store::Writer& writer, const Planned& planned, std::int32_t epochs_kept,
             const SweepOptions& options, SweepView& view)
        : writer_(writer),
          trial_(planned.trial.id),
          epochs_(planned.trial.recipe.epochs),
          pause_(planned.pause),
          epochs_kept_(epochs_kept),
          options_(options),
          view_(view) {}

    Next on_step(const StepReport& report) override {
        // The first step tells where the trainer's state stands: what is recorded beyond it is done anew.
        if (!stepped_ && report.epoch < epochs_kept_) {
            writer_.start(trial_, report.epoch);
        }
        stepped_ = true;
        tell_now_and_then(report);
        view_.step(report);
        // Before anything else may stop it: a trial that has come to its pause is not interrupted.
        paused_ = pauses(report);
        if (paused_) return Next::stop;
        stopped_ = options_.stop ? options_.stop() : std::nullopt;
        if (stopped_) return Next::stop;
        const bool trained = report.epoch + 1 == epochs_ && report.step == report.steps;
        if (!trained && options_.trial_seconds && report.seconds >= *options_.trial_seconds) {
            out_of_time_ = fmt::format(
                "its time limit of {} was reached after epoch {}, step {}{}",
                duration_text(*options_.trial_seconds), report.epoch, report.step,
                options_.retries ? "; --retry-failed with a higher --trial-time-limit goes on from there"
                                 : "");
            return Next::stop;
        }
        return is_save_due() ? Next::save : Next::go_on;
    }
    void on_epoch(const EpochReport& report) override {
        writer_.add_epoch(trial_, epoch_row(report));
        validation_accuracy = if_finite(report.validation_accuracy);
        // Before the first step the trainer repeats what its state holds, for rows that a kill kept from the
        // results; and so where it begins anew because memory ran out.
        if (stepped_ && report.epoch > epoch_shown_) {
            view_.epoch(report);
            epoch_shown_ = report.epoch;
        }
    }
    void on_note(std::string_view text) override { view_.note(text); }
    void on_reason(std::string_view text) override { reason_ = text; }

    store::Ending ending(const TrialReport& report) const {
        store::Ending ending{.reason = reason_,
                             .peak_bytes = report.peak_bytes,
                             .predicted_peak_bytes = report.predicted_peak_bytes};
        switch (report.outcome) {
            case Outcome::finished:
                ending.disposition = Disposition::finished;
                ending.reason.clear();
                ending.test_accuracy = if_finite(report.test_accuracy);
                ending.test_loss = if_finite(report.test_loss);
                ending.latency = if_finite(report.latency);
                return ending;
            case Outcome::failed:
                ending.disposition = Disposition::failed;
                break;
            case Outcome::skipped:
                ending.disposition = Disposition::skipped;
                break;
            case Outcome::interrupted:
                ending.disposition = paused_        ? Disposition::paused
                                     : out_of_time_ ? Disposition::timed_out
                                                    : Disposition::interrupted;
                ending.reason = paused_        ? pause_->reason
                                : out_of_time_ ? *out_of_time_
                                : stopped_     ? stopped_->reason
                                               : reason_;
                break;
        }
        if (ending.reason.empty()) {
            ending.reason = "the backend gave no reason";
        }
        return ending;
    }
    const std::optional<Stop>& stopped() const { return stopped_; }

    std::optional<double> validation_accuracy;

private:
    using Clock = std::chrono::steady_clock;

    /// The step is the last one before the pause. One behind it is the first of a trial whose state was saved
    /// there, by a process that was killed before it could say so.
    bool pauses(const StepReport& report) const {
        return pause_ && (report.epoch >= pause_->epochs ||
                          (report.epoch + 1 == pause_->epochs && report.step == report.steps));
    }

    /// For those who watch from outside; seldom, since a row costs a tenth of a millisecond.
    void tell_now_and_then(const StepReport& report) {
        constexpr std::chrono::seconds every{2};
        const auto now = Clock::now();
        if (now - told_ < every) return;
        told_ = now;
        writer_.tell(trial_, {.epoch = report.epoch,
                              .step = report.step,
                              .steps = report.steps,
                              .loss = report.loss,
                              .images_per_second = report.images_per_second});
    }

    bool is_save_due() {
        ++steps_since_save_;
        const SaveEvery& every = options_.save_every;
        const std::chrono::duration<double> since = Clock::now() - saved_;
        if (!(every.steps && steps_since_save_ >= *every.steps) &&
            !(every.seconds && since.count() >= *every.seconds)) {
            return false;
        }
        steps_since_save_ = 0;
        saved_ = Clock::now();
        return true;
    }

    store::Writer& writer_;
    std::int64_t trial_;
    std::int32_t epochs_;
    std::optional<Pause> pause_;
    std::int32_t epochs_kept_;
    const SweepOptions& options_;
    SweepView& view_;
    bool stepped_ = false;
    std::int32_t epoch_shown_ = 0;
    std::int64_t steps_since_save_ = 0;
    Clock::time_point saved_ = Clock::now();
    Clock::time_point told_{};
    bool paused_ = false;
    std::optional<Stop> stopped_;
    std::optional<std::string> out_of_time_;
    std::string reason_;
};

/// Writes down what an error did; a second error does not take the first one's place.
template <class Note>
void note_despite_error(const Note& note) {
    try {
        note();
    } catch (const std::exception&) { // the first is on its way, and is the one to tell
    }
}

store::Ending train_one(Trainer& trainer, SweepData& data, const Planned& planned,
                        const SweepOptions& options, Recorder& recorder) {
    const store::Trial& trial = planned.trial;
    data.open_to_train(trial);
    const fs::path kept = weights_file(options.run, trial.id);
    const std::string state = state_file(options.run, trial.id).string();
    std::error_code ignored; // with a state, what it began from may have gone
    const bool goes_on = fs::exists(state, ignored);
    const std::string begin = goes_on ? "" : file_to_begin_from(trial, options.init_weights);
    // A state of a trial's end has left its weights to the file beside it.
    const bool holds = options.keep_weights || (goes_on && fs::exists(kept, ignored));
    const std::string weights = holds ? kept.string() : "";
    return recorder.ending(trainer.train(*planned.variant, trial.recipe,
                                         {.weights = weights, .state = state, .init_weights = begin},
                                         recorder));
}

/// What `next` names, trial by trial.
std::optional<Stop> train_all(Trainer& trainer, SweepData& data, store::Writer& writer, const NextTrial& next,
                              const SweepOptions& options, SweepView& view) {
    std::size_t index = 0;
    while (const Planned* const asked = next()) {
        if (options.stop) {
            if (std::optional<Stop> stopped = options.stop()) {
                return stopped;
            }
        }
        const Planned& planned = *asked;
        const std::int64_t id = planned.trial.id;
        std::error_code ignored;
        const bool goes_on = fs::exists(state_file(options.run, id), ignored);
        const std::int32_t epochs_kept = goes_on ? planned.trial.outcome.epochs_done : 0;
        const auto begin = std::chrono::steady_clock::now();
        writer.start(id, epochs_kept);
        view.begin(index++, planned);
        Recorder recorder(writer, planned, epochs_kept, options, view);
        store::Ending ending;
        try {
            ending = train_one(trainer, data, planned, options, recorder);
        } catch (const std::exception& error) {
            note_despite_error(
                [&] { writer.end(id, {.disposition = Disposition::interrupted, .reason = error.what()}); });
            throw;
        }
        writer.end(id, ending);
        if (ending.disposition == Disposition::finished) {
            fs::remove(state_file(options.run, id), ignored); // nothing goes on from it any more
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        view.end(ending, recorder.validation_accuracy, seconds.count());
        if (recorder.stopped()) {
            return recorder.stopped();
        }
    }
    return std::nullopt;
}

} // namespace

store::Epoch epoch_row(const EpochReport& report) {
    return {.epoch = report.epoch,
            .train_loss = report.train_loss,
            .train_accuracy = report.train_accuracy,
            .validation_loss = if_finite(report.validation_loss),
            .validation_accuracy = if_finite(report.validation_accuracy),
            .lr = report.lr,
            .images_per_second = report.images_per_second,
            .macs = report.macs,
            .seconds = report.seconds};
}

std::optional<Stop> sweep(Trainer& trainer, SweepData& data, store::Writer& writer,
                          std::span<const Planned> plan, const SweepOptions& options, SweepView& view) {
    std::vector<std::int64_t> ids;
    for (const Planned& planned : plan) {
        ids.push_back(planned.trial.id);
    }
    auto at = plan.begin();
    const auto next = [&]() -> const Planned* { return at == plan.end() ? nullptr : &*at++; };
    return sweep(trainer, data, writer, ids, next, options, view);
}

std::optional<Stop> sweep(Trainer& trainer, SweepData& data, store::Writer& writer,
                          std::span<const std::int64_t> plan, const NextTrial& next,
                          const SweepOptions& options, SweepView& view) {
    make_trial_folders(options.run);
    writer.plan(plan);
    try {
        std::optional<Stop> stopped = train_all(trainer, data, writer, next, options, view);
        writer.finish(stopped ? stopped->reason : "");
        return stopped;
    } catch (const std::exception& error) {
        note_despite_error([&] { writer.finish(error.what()); });
        throw;
    }
}

} // namespace fractal::driver
