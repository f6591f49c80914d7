// Sentences about a search.
#include "driver/search_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "driver/ranking_text.hpp"
#include "driver/units.hpp"

namespace fractal::driver {
namespace {

std::string resume_command(const SearchEnd& end, const Program& program, const std::filesystem::path& run) {
    std::string command = fmt::format("{} search --resume {}", program.name(), shell_word(run.string()));
    // What was stopped goes on within its budget; a budget that is used up must be raised.
    if (!end.stopped || end.stopped->cause == Stop::Cause::budget) {
        const Budget budget = parse_budget(end.settings.budget);
        command += budget.epochs    ? fmt::format(" --budget {}epochs", 2 * *budget.epochs)
                   : budget.seconds ? fmt::format(" --budget {}s", 2 * *budget.seconds)
                                    : "";
    }
    return command;
}

std::string part_text(const SearchEnd& end) {
    return percent_text(static_cast<double>(end.spent.epochs) / static_cast<double>(end.epochs_of_all));
}

/// A trial is not begun that the epochs left do not bring to its next rung.
std::string used_up_text(const SearchEnd& end) {
    const std::int64_t left = parse_budget(end.settings.budget).epochs.value_or(0) - end.spent.epochs;
    return fmt::format(
        "the budget of {} is used up{}", end.settings.budget,
        left > 0 ? fmt::format(" but for {}, too few for what comes next", epochs_text(left)) : "");
}

std::string way_text(const SearchSettings& settings, const search::Ladder& ladder) {
    switch (settings.method) {
        case Method::asha:
        case Method::halving:
            return fmt::format("{}, rungs at {} epochs, one of {} goes on",
                               reflect::enum_text(settings.method), fmt::join(ladder.rungs, ", "),
                               ladder.eta);
        case Method::random:
            return fmt::format("random, {} epochs each", ladder.rungs.back());
        case Method::all:
            break;
    }
    return fmt::format("all, {} epochs each, the cheapest first", ladder.rungs.back());
}

} // namespace

SearchEnd search_end(const SearchSweep& search, store::Reader& reader, std::optional<Stop> stopped) {
    const store::Conditions& conditions = search.candidate(0).trial.conditions;
    SearchEnd end{.settings = search.settings(),
                  .spent = search.spent(),
                  .epochs_of_all = search.epochs_of_all(),
                  .rungs = search.agenda().ladder().rungs,
                  .arrivals = search.agenda().arrivals(search.records()),
                  .counts = reader.counts(),
                  .faults = reader.faults(),
                  .has_more = search.has_more(),
                  .stopped = std::move(stopped)};
    // The mean of several draws does not compete with one draw, which may be the luckiest of many.
    if (const auto finals = search.comparable_finals(); !finals.empty()) reader.restrict_to(finals);
    end.ranking = reader.rank({.top = 5, .judged_by = judged_by(conditions), .data = conditions.data});
    if (const auto at = search.furthest(); at && end.ranking.rows.empty()) {
        const std::vector<double>& accuracy = search.records()[*at].accuracy;
        end.furthest = {.variant = search.candidate(*at).trial.subject.variant,
                        .epochs = std::ssize(accuracy),
                        .accuracy = accuracy.back()};
    }
    return end;
}

std::string beginning_text(const SearchSweep& search, const std::string& run) {
    const SearchSettings& settings = search.settings();
    const store::Conditions& conditions = search.candidate(0).trial.conditions;
    std::string text = fmt::format("{} candidates, {}; budget {}, results in {}\n", search.trials().size(),
                                   way_text(settings, search.agenda().ladder()),
                                   settings.budget.empty() ? "without limit" : settings.budget, run);
    if (conditions.validation_images == 0) {
        text += search.agenda().ladder().rungs.size() > 1
                    ? "no images are held out to choose by: rungs go by accuracy on the training images, and "
                      "what is found is the best on the test set; --validation-images holds some out\n"
                    : "no images are held out to choose by: what is found is the best on the test set; "
                      "--validation-images holds some out\n";
    }
    return text;
}

std::string search_text(const SearchEnd& end, const Program& program, const std::filesystem::path& run,
                        bool colour) {
    constexpr std::size_t most_failures = 5;
    std::string text = fmt::format("\n{}, in {}\n{}", counts_text(end.counts), run.string(),
                                   failures_text(end.faults, most_failures, colour));
    text += fmt::format("{} epochs, {} of those that all take in full, and {} of training\n",
                        end.spent.epochs, part_text(end), duration_text(end.spent.seconds));
    for (std::size_t rung = 0; rung < end.rungs.size() && end.rungs.size() > 1; ++rung) {
        text += fmt::format("  rung {}, after {}: {} came\n", rung + 1, epochs_text(end.rungs[rung]),
                            end.arrivals[rung]);
    }
    const std::string folder = shell_word(run.string());
    if (!end.ranking.rows.empty()) {
        const store::Ranked& best = end.ranking.rows.front();
        text += fmt::format("\n{}", ranking_text(end.ranking, colour));
        text += fmt::format("\nFound {}\n\nNext:\n  {} rank {}\n  {} eval {} --run {}\n", best.variant,
                            program.name(), folder, program.name(), best.variant, folder);
    } else if (end.furthest) {
        text += fmt::format("\nNone was trained in full. Furthest is {}: {} after {} of {} epochs\n",
                            end.furthest->variant, percent_text(end.furthest->accuracy), end.furthest->epochs,
                            end.rungs.back());
    }
    if (end.has_more) {
        text += fmt::format("\nIt ended before all was decided: {}. To go on:\n  {}\n",
                            end.stopped ? end.stopped->reason : used_up_text(end),
                            resume_command(end, program, run));
    }
    return text;
}

reflect::Json search_json(const SearchEnd& end, const Program& program, const std::filesystem::path& run) {
    using reflect::Json;
    Json line{{"event", "search_end"}, {"run", run.string()}};
    line.update(reflect::to_json(end.settings));
    line["epochs"] = end.spent.epochs;
    line["epochs_of_all"] = end.epochs_of_all;
    line["seconds"] = end.spent.seconds;
    line["rungs"] = Json::array();
    for (std::size_t rung = 0; rung < end.rungs.size(); ++rung) {
        line["rungs"].push_back({{"epochs", end.rungs[rung]}, {"came", end.arrivals[rung]}});
    }
    line["dispositions"] = counts_json(end.counts);
    line["best"] = end.ranking.rows.empty() ? Json(nullptr) : reflect::to_json(end.ranking.rows.front());
    line["stopped"] = end.stopped ? Json(end.stopped->reason) : Json(nullptr);
    line["resume"] = end.has_more ? Json(resume_command(end, program, run)) : Json(nullptr);
    return line;
}

} // namespace fractal::driver
