// Two views of a sweep.
#include "driver/progress.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>

#include <fmt/format.h>

#include "driver/estimate.hpp"
#include "driver/say.hpp"
#include "driver/units.hpp"
#include "reflect/json.hpp"

namespace fractal::driver {
namespace {

using reflect::Json;
using store::Disposition;

std::vector<Work> work_of(std::span<const Planned> plan) {
    std::vector<Work> work;
    for (const Planned& planned : plan) {
        work.push_back({.macs = static_cast<double>(planned.variant->cost.macs),
                        .epoch_images = static_cast<double>(planned.trial.conditions.train_images),
                        .epochs = planned.pause ? planned.pause->epochs : planned.trial.recipe.epochs,
                        .epochs_done = planned.trial.outcome.epochs_done});
    }
    return work;
}

std::string speed_text(double images_per_second) {
    return images_per_second >= 100 ? grouped_text(std::llround(images_per_second))
                                    : fmt::format("{:.1f}", images_per_second);
}

class TextView final : public SweepView {
public:
    TextView(std::span<const Planned> plan, const Terminal& terminal)
        : plan_(plan),
          terminal_(terminal),
          estimate_(work_of(plan)) {}
    ~TextView() override { clear(); }

    void begin(std::size_t index, const Planned& planned) override {
        estimate_.begin(index);
        planned_ = &planned;
        const std::string seed =
            planned.trial.recipe.seed == 0 ? "" : fmt::format(" seed {}", planned.trial.recipe.seed);
        const std::string number =
            fmt::format("{:>{}}/{}", index + 1, std::to_string(plan_.size()).size(), plan_.size());
        heading_ = fmt::format("{}  {}{}", planned.label.empty() ? number : planned.label,
                               planned.variant->name, seed);
        if (terminal_.interactive) {
            draw(heading_);
        }
    }
    void step(const StepReport& report) override {
        const auto now = std::chrono::steady_clock::now();
        if (!terminal_.interactive || now - drawn_ < redraw_after) {
            return;
        }
        drawn_ = now;
        const TimeLeft left = estimate_.left(report);
        std::string line = fmt::format("  epoch {}/{}  step {}/{}  loss {:.3f}  {} images/s",
                                       report.epoch + 1, planned_->trial.recipe.epochs, report.step,
                                       report.steps, report.loss, speed_text(report.images_per_second));
        // With one trial the two are the same.
        if (left.trial && plan_.size() > 1) {
            line += fmt::format("  {} left,", duration_text(*left.trial));
        }
        if (left.run) {
            line += plan_.size() > 1 ? fmt::format(" run {}", duration_text(*left.run))
                                     : fmt::format("  {} left", duration_text(*left.run));
        }
        // Of a line that is too long the name is cut, not the figures.
        const std::size_t length = display_width(line) + 1;
        constexpr std::size_t least_name = 12;
        draw(cut_to(heading_, std::max(least_name, terminal_.width - std::min(terminal_.width, length))) +
             line);
    }
    void epoch(const EpochReport& report) override {
        estimate_.epoch_done(report);
        if (terminal_.interactive) {
            return;
        }
        std::string line = fmt::format("{}  epoch {}/{}  loss {:.3f}  train {}", heading_, report.epoch,
                                       planned_->trial.recipe.epochs, report.train_loss,
                                       percent_text(report.train_accuracy));
        if (std::isfinite(report.validation_accuracy)) {
            line += fmt::format("  validation {}", percent_text(report.validation_accuracy));
        }
        line += fmt::format("  {} images/s", speed_text(report.images_per_second));
        if (const TimeLeft left = estimate_.left(); left.run) {
            line += fmt::format("  run {} left", duration_text(*left.run));
        }
        say("{}\n", line);
    }
    void note(std::string_view text) override {
        if (!noted_.emplace(text).second) {
            return; // the same for each trial: once is enough
        }
        clear();
        say("{}\n", paint(terminal_.colour, Ink::dim, text));
    }
    void end(const store::Ending& ending, std::optional<double> validation_accuracy,
             double seconds) override {
        clear();
        std::string line = heading_ + "  ";
        const bool finished = ending.disposition == Disposition::finished;
        if (validation_accuracy && (finished || ending.disposition == Disposition::paused)) {
            line += fmt::format("validation {}  ", percent_text(validation_accuracy));
        }
        if (finished) {
            line += paint(terminal_.colour, Ink::green,
                          fmt::format("test {}", percent_text(ending.test_accuracy)));
        } else if (ending.disposition == Disposition::paused) {
            line += paint(terminal_.colour, Ink::dim, "paused");
        } else {
            const Ink ink = ending.disposition == Disposition::failed ? Ink::red : Ink::yellow;
            line +=
                paint(terminal_.colour, ink, reflect::enum_text(ending.disposition)) + ": " + ending.reason;
        }
        say("{}  {}\n", line, duration_text(seconds));
    }

private:
    static constexpr std::chrono::milliseconds redraw_after{100};

    void draw(const std::string& line) {
        say("\r\x1b[K{}", cut_to(line, terminal_.width - 1));
        dirty_ = true;
    }
    void clear() {
        if (dirty_) {
            say("\r\x1b[K");
            dirty_ = false;
        }
    }

    std::span<const Planned> plan_;
    Terminal terminal_;
    RunEstimate estimate_;
    const Planned* planned_ = nullptr;
    std::string heading_;
    std::set<std::string, std::less<>> noted_;
    std::chrono::steady_clock::time_point drawn_{};
    bool dirty_ = false;
};

class JsonView final : public SweepView {
public:
    explicit JsonView(std::span<const Planned> plan) : plan_(plan), estimate_(work_of(plan)) {}

    void begin(std::size_t index, const Planned& planned) override {
        estimate_.begin(index);
        planned_ = &planned;
        Json line = event("trial_begin");
        line["index"] = index + 1;
        line["trials"] = plan_.size();
        line["pause_after"] = planned.pause ? Json(planned.pause->epochs) : Json(nullptr);
        line["seed"] = planned.trial.recipe.seed;
        line["recipe_label"] = planned.trial.recipe_label;
        print(line);
    }
    void step(const StepReport&) override {}
    void epoch(const EpochReport& report) override {
        estimate_.epoch_done(report);
        Json line = event("epoch");
        line.update(reflect::to_json(epoch_row(report)));
        const TimeLeft left = estimate_.left();
        line["run_seconds_left"] = left.run ? Json(*left.run) : Json(nullptr);
        print(line);
    }
    void note(std::string_view text) override {
        Json line = event("note");
        line["text"] = text;
        print(line);
    }
    void end(const store::Ending& ending, std::optional<double> validation_accuracy,
             double seconds) override {
        Json line = event("trial_end");
        line["disposition"] = reflect::enum_text(ending.disposition);
        line["reason"] = ending.reason;
        line["validation_accuracy"] = validation_accuracy ? Json(*validation_accuracy) : Json(nullptr);
        line["test_accuracy"] = ending.test_accuracy ? Json(*ending.test_accuracy) : Json(nullptr);
        line["test_loss"] = ending.test_loss ? Json(*ending.test_loss) : Json(nullptr);
        line["latency"] = ending.latency ? Json(*ending.latency) : Json(nullptr);
        line["peak_bytes"] = ending.peak_bytes;
        line["predicted_peak_bytes"] = ending.predicted_peak_bytes;
        line["seconds"] = seconds;
        print(line);
    }

private:
    Json event(std::string_view name) const {
        Json line = {{"event", name}};
        if (planned_ != nullptr) {
            line["trial"] = planned_->trial.id;
            line["variant"] = planned_->variant->name;
        }
        return line;
    }
    static void print(const Json& line) {
        fmt::print("{}\n", reflect::json_text(line));
        std::fflush(stdout); // whoever reads it wants it now
    }

    std::span<const Planned> plan_;
    RunEstimate estimate_;
    const Planned* planned_ = nullptr;
};

} // namespace

std::unique_ptr<SweepView> text_view(std::span<const Planned> plan, const Terminal& terminal) {
    return std::make_unique<TextView>(plan, terminal);
}

std::unique_ptr<SweepView> json_view(std::span<const Planned> plan) {
    return std::make_unique<JsonView>(plan);
}

} // namespace fractal::driver
