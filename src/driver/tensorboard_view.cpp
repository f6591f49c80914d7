// Each report is only the occasion to write what the results have.
#include "driver/tensorboard_view.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "store/reader.hpp"
#include "tensorboard/event_file.hpp"
#include "tensorboard/trial_events.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

class TensorboardView final : public SweepView {
public:
    TensorboardView(const fs::path& run, fs::path folder) : reader_(run), folder_(std::move(folder)) {
        for (const store::Trial& trial : reader_.trials()) {
            write(trial);
        }
    }

    void begin(std::size_t, const Planned& planned) override {
        trial_ = planned.trial.id;
        write_current();
    }
    void step(const StepReport&) override {}
    void epoch(const EpochReport&) override { write_current(); }
    void note(std::string_view) override {}
    void end(const store::Ending&, std::optional<double>, double) override { write_current(); }

private:
    void write_current() {
        if (const std::optional<store::Trial> trial = reader_.trial(trial_)) {
            write(*trial);
        }
    }
    void write(const store::Trial& trial) {
        if (trial.outcome.started.empty()) {
            return; // there is nothing to see yet
        }
        const std::vector<store::Epoch> epochs = reader_.epochs(trial.id);
        const fs::path name =
            fmt::format("{}-seed{}-trial{}", trial.subject.variant, trial.recipe.seed, trial.id);
        if (name.is_absolute() ||
            std::ranges::find(name, "..") != name.end()) { // of results from somebody else
            throw DataError(
                fmt::format("trial {} is of '{}', which is no name of a variant: its curves would lie "
                            "outside {}",
                            trial.id, trial.subject.variant, folder_.string()));
        }
        tensorboard::bring_up_to_date(folder_ / name / "events.out.tfevents.fractal",
                                      tensorboard::events_of(trial, epochs));
    }

    store::Reader reader_;
    fs::path folder_;
    std::int64_t trial_ = 0;
};

class Both final : public SweepView {
public:
    Both(std::unique_ptr<SweepView> first, std::unique_ptr<SweepView> second)
        : views_{std::move(first), std::move(second)} {}

    void begin(std::size_t index, const Planned& planned) override {
        for (const auto& view : views_) view->begin(index, planned);
    }
    void step(const StepReport& report) override {
        for (const auto& view : views_) view->step(report);
    }
    void epoch(const EpochReport& report) override {
        for (const auto& view : views_) view->epoch(report);
    }
    void note(std::string_view text) override {
        for (const auto& view : views_) view->note(text);
    }
    void end(const store::Ending& ending, std::optional<double> validation_accuracy,
             double seconds) override {
        for (const auto& view : views_) view->end(ending, validation_accuracy, seconds);
    }

private:
    std::array<std::unique_ptr<SweepView>, 2> views_;
};

} // namespace

std::unique_ptr<SweepView> tensorboard_view(const fs::path& run, const fs::path& folder) {
    return std::make_unique<TensorboardView>(run, folder);
}

std::unique_ptr<SweepView> both(std::unique_ptr<SweepView> first, std::unique_ptr<SweepView> second) {
    return std::make_unique<Both>(std::move(first), std::move(second));
}

} // namespace fractal::driver
