// Words for what store/sweep_state.hpp returns.
#include "driver/watch_text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "driver/program.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"

namespace fractal::driver {
namespace {

using reflect::Json;
using store::Disposition;
using store::PlannedTrial;
using store::Stage;

std::string name_of(const PlannedTrial& trial) {
    return trial.seed == 0 ? trial.variant : fmt::format("{} seed {}", trial.variant, trial.seed);
}

/// `epoch 2/8  step 30/120  loss 1.234  5,023 images/s`; without what has not been told yet.
std::string place_text(const store::SweepState& state, const PlannedTrial& trial) {
    const std::int32_t epoch = state.progress ? state.progress->epoch : trial.epochs_done;
    std::string text = fmt::format("epoch {}/{}", std::min(epoch + 1, trial.epochs), trial.epochs);
    if (state.progress) {
        text +=
            fmt::format("  step {}/{}  loss {:.3f}  {} images/s", state.progress->step, state.progress->steps,
                        state.progress->loss, grouped_text(std::llround(state.progress->images_per_second)));
    }
    return text;
}

/// Longer than a step of the slowest network should take: whoever watches would like to know.
constexpr double long_silence = 30;

std::string silence_text(const store::SweepState& state) {
    return state.progress && state.progress_age > long_silence
               ? fmt::format("  (told {} ago)", duration_text(state.progress_age))
               : "";
}

std::string best_text(const store::Ranking& best) {
    if (best.rows.empty()) {
        return {};
    }
    const store::Ranked& first = best.rows.front();
    return fmt::format("{} {}{}", first.variant, percent_text(first.mean_score),
                       first.seeds > 1 ? fmt::format(" (mean of {})", first.seeds) : "");
}

std::string bar(double part) {
    constexpr int length = 24;
    const auto full = static_cast<int>(std::floor(part * length));
    std::string text;
    for (int i = 0; i < length; ++i) {
        text += i < full ? "█" : "░";
    }
    return text;
}

std::string life_text(const Watched& watched) {
    const std::string time = duration_text(watched.state.seconds);
    switch (watched.life) {
        case Life::running:
            return fmt::format("running for {}, process {}", time, watched.process);
        case Life::ended:
            return watched.state.run.stopped.empty()
                       ? fmt::format("ended after {}", time)
                       : fmt::format("ended after {}: {}", time, watched.state.run.stopped);
        case Life::died:
            return fmt::format("its process has died; {} {} --resume {} goes on", watched.program,
                               watched.search ? "search" : "train", shell_word(watched.folder));
    }
    return {};
}

Ink ink_of(const Watched& watched) {
    if (watched.life == Life::died) {
        return Ink::red;
    }
    return watched.life == Life::ended && watched.state.run.stopped.empty() ? Ink::green : Ink::yellow;
}

std::string left_text(const Watched& watched, const SweepFigures& figures) {
    if (watched.life != Life::running || !figures.left.run) return {};
    return fmt::format("{}{} left", watched.search ? "at most " : "", duration_text(*figures.left.run));
}

std::string counts_of(const SweepFigures& figures) {
    std::string text = fmt::format("{}/{} trials", figures.done, figures.total);
    if (figures.failed > 0) {
        text += fmt::format(", {} not finished", figures.failed);
    }
    return text;
}

} // namespace

SweepFigures figures_of(const store::SweepState& state) {
    SweepFigures figures{.total = state.plan.size()};
    std::vector<Work> work;
    for (const auto& [trial, stage] : state.plan) {
        if (stage == Stage::over) {
            ++figures.done;
            if (store::is_fault(trial.disposition)) {
                figures.failures.push_back(&trial);
            }
            continue;
        }
        const Work left{.macs = static_cast<double>(trial.macs),
                        .epoch_images = static_cast<double>(trial.train_images),
                        .epochs = trial.epochs,
                        .epochs_done = trial.epochs_done};
        if (stage == Stage::running) {
            figures.running = &trial;
            work.insert(work.begin(), left);
        } else {
            work.push_back(left);
        }
    }
    figures.failed = figures.failures.size();
    if (work.empty()) {
        return figures;
    }
    RunEstimate estimate(std::move(work));
    for (const auto& [trial, stage] : state.plan) {
        estimate.measured(static_cast<double>(trial.macs),
                          static_cast<double>(trial.train_images) * trial.epochs_done, trial.seconds);
    }
    estimate.begin(0);
    const bool told = figures.running != nullptr && state.progress;
    figures.left = told ? estimate.left(StepReport{.epoch = state.progress->epoch,
                                                   .step = state.progress->step,
                                                   .steps = state.progress->steps,
                                                   .loss = state.progress->loss,
                                                   .images_per_second = state.progress->images_per_second})
                        : estimate.left();
    return figures;
}

std::string watch_report(const Watched& watched, std::size_t width, bool colour) {
    const SweepFigures figures = figures_of(watched.state);
    std::string text;
    const auto line = [&](std::string_view heading, const std::string& rest) {
        constexpr std::size_t indent = 10;
        text += paint(colour, Ink::dim, fmt::format("  {:<{}}", heading, indent - 2)) +
                cut_to(rest, std::max(width, indent + 20) - indent) + "\n";
    };
    const std::string state = life_text(watched);
    const std::size_t taken = display_width(watched.folder) + 2;
    text += paint(colour, Ink::bold, watched.folder) + "  " +
            paint(colour, ink_of(watched), cut_to(state, std::max(width, taken + 20) - taken)) + "\n";
    if (figures.total == 0) {
        line("", watched.life == Life::running ? "the trials are being planned"
                                               : "its last command planned no trials");
    } else {
        const double part = static_cast<double>(figures.done) / static_cast<double>(figures.total);
        std::string progress = bar(part) + "  " + counts_of(figures);
        if (const std::string left = left_text(watched, figures); !left.empty()) {
            progress += ", " + left;
        }
        line("done", progress);
    }
    if (figures.running != nullptr) {
        line(watched.life == Life::running ? "now" : "last", name_of(*figures.running) + "  " +
                                                                 place_text(watched.state, *figures.running) +
                                                                 silence_text(watched.state));
    }
    for (const store::Ranked& row : watched.best.rows) {
        line(row.place == 1 ? "best" : "",
             fmt::format(
                 "{}  {} {}{}", row.variant, reflect::enum_text(watched.best.pool.judged_by),
                 percent_text(row.mean_score),
                 row.sd_score ? fmt::format(" ± {:.2f} (n = {})", 100 * *row.sd_score, row.seeds) : ""));
    }
    constexpr std::size_t most_failures = 3;
    const std::size_t hidden = figures.failed - std::min(figures.failed, most_failures);
    for (std::size_t i = hidden; i < figures.failed; ++i) {
        const PlannedTrial& trial = *figures.failures[i];
        line(reflect::enum_text(trial.disposition).substr(0, 8), name_of(trial) + ": " + trial.reason);
    }
    if (hidden > 0) {
        line("", fmt::format("and {} more ({} rank {} tells of them)", hidden, watched.program,
                             shell_word(watched.folder)));
    }
    return text;
}

std::string watch_line(const Watched& watched) {
    const SweepFigures figures = figures_of(watched.state);
    std::string text = counts_of(figures);
    if (watched.life != Life::running) {
        text += "; " + life_text(watched);
    } else if (figures.running != nullptr) {
        text += "; now " + name_of(*figures.running) + "  " + place_text(watched.state, *figures.running) +
                silence_text(watched.state);
    }
    if (const std::string best = best_text(watched.best); !best.empty()) {
        text += "; best " + best;
    }
    if (const std::string left = left_text(watched, figures); !left.empty()) {
        text += "; " + left;
    }
    return text;
}

Json watch_json(const Watched& watched) {
    const SweepFigures figures = figures_of(watched.state);
    const store::SweepState& state = watched.state;
    Json json{{"run", watched.folder}, {"state", reflect::enum_text(watched.life)}};
    json["process"] = watched.process.empty() ? Json(nullptr) : Json(watched.process);
    json["seconds"] = state.seconds;
    json["stopped"] = state.run.stopped.empty() ? Json(nullptr) : Json(state.run.stopped);
    json["trials"] = figures.total;
    json["done"] = figures.done;
    json["search"] = watched.search;
    json["seconds_left"] =
        watched.life == Life::running && figures.left.run ? Json(*figures.left.run) : Json(nullptr);
    json["running"] = nullptr;
    if (figures.running != nullptr) {
        json["running"] = reflect::to_json(*figures.running);
        json["running"]["progress"] = state.progress ? reflect::to_json(*state.progress) : Json(nullptr);
    }
    json["best"] = Json::array();
    for (const store::Ranked& row : watched.best.rows) {
        json["best"].push_back(reflect::to_json(row));
    }
    json["not_finished"] = Json::array();
    for (const PlannedTrial* trial : figures.failures) {
        json["not_finished"].push_back({{"trial", trial->id},
                                        {"variant", trial->variant},
                                        {"seed", trial->seed},
                                        {"disposition", reflect::enum_text(trial->disposition)},
                                        {"reason", trial->reason}});
    }
    return json;
}

} // namespace fractal::driver
