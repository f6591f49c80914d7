// `fractal replay`: what searches would have found, and for how much, on trials that were trained in full.
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "driver/command_line.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/search_file.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"
#include "reflect/json.hpp"
#include "search/replay.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

/// The curves of one run that can be searched together.
struct Sample {
    std::string data = {};
    Recipe recipe = {};                      ///< of all trials, without a seed
    std::vector<search::Record> curves = {}; ///< one for each variant
    std::size_t failed = 0;                  ///< how many of them did not finish
    std::size_t left_out = 0;                ///< trials still open, or that repeat a variant
};

/// What a method came to.
struct Replayed {
    Method method = Method::asha;
    std::vector<std::int32_t> rungs = {};
    std::int64_t budget = 0; ///< 0: none
    search::Evidence evidence = {};
};

/// Whether a search would have seen what came of it: where it took too long or too much memory, a failure.
bool has_come_to_an_end(const store::Trial& trial) {
    const store::Disposition disposition = trial.outcome.disposition;
    return disposition == store::Disposition::finished ||
           store::standing_of(disposition) == store::Standing::faulty;
}

Sample sample_of(store::Reader& reader, const std::vector<std::int64_t>& chosen, const std::string& folder) {
    Sample sample;
    std::map<std::string, store::Trial> first; // by variant, with its lowest seed
    for (const std::int64_t id : chosen) {
        const store::Trial trial = reader.trial(id).value();
        if (!has_come_to_an_end(trial)) {
            ++sample.left_out;
            continue;
        }
        if (trial.conditions.validation_images == 0) {
            throw UsageError(
                fmt::format("trial {} of {} held no images out, so nothing was measured at its "
                            "epochs to choose by: leave such trials out (--where "
                            "\"validation_images > 0\")",
                            trial.id, folder));
        }
        const Recipe recipe = without_seed(trial.recipe);
        if (first.empty()) {
            sample.data = trial.conditions.data;
            sample.recipe = recipe;
        }
        if (trial.conditions.data != sample.data || recipe.epochs != sample.recipe.epochs) {
            throw UsageError(
                fmt::format("{} has trials of {} epochs on {} and of {} on {}: expected those of "
                            "one search, so narrow it (--where \"epochs = {} AND data = '{}'\")",
                            folder, sample.recipe.epochs, sample.data, recipe.epochs, trial.conditions.data,
                            sample.recipe.epochs, sample.data));
        }
        if (recipe != sample.recipe) {
            throw UsageError(fmt::format(
                "{} has trials by several recipes, of which trial {} has another than those before "
                "it, and their accuracies cannot be compared: narrow it by what they differ in, "
                "such as --where \"lr = {}\"",
                folder, trial.id, sample.recipe.lr));
        }
        const auto [place, is_new] = first.emplace(trial.subject.variant, trial);
        if (is_new) continue;
        ++sample.left_out;
        if (trial.recipe.seed < place->second.recipe.seed) place->second = trial;
    }
    for (const auto& [variant, trial] : first) {
        const bool failed = trial.outcome.disposition != store::Disposition::finished;
        search::Record curve{.end = failed ? search::End::failed : search::End::finished};
        for (const store::Epoch& epoch : reader.course(trial)) {
            curve.accuracy.push_back(epoch.validation_accuracy.value_or(std::nan("")));
        }
        sample.failed += failed ? 1 : 0;
        sample.curves.push_back(std::move(curve));
    }
    if (sample.curves.size() == sample.failed) {
        throw UsageError(
            fmt::format("{} has no trial here that was trained in full: expected a sample of them, "
                        "such as fractal train or fractal search --method all leaves",
                        folder));
    }
    return sample;
}

std::vector<Replayed> replay_all(const Sample& sample, const SearchSettings& settings,
                                 const search::Orders& orders, std::size_t top) {
    std::vector<Replayed> all;
    const std::optional<std::int64_t> budget = parse_budget(settings.budget).epochs;
    std::int64_t total = 0;
    for (const search::Record& curve : sample.curves) total += std::ssize(curve.accuracy);
    for (const Method method : {Method::asha, Method::halving, Method::random}) {
        SearchSettings here = settings;
        here.method = method;
        const search::Ladder ladder = ladder_of(here, sample.recipe.epochs);
        std::optional<std::int64_t> limit = budget;
        if (method == Method::random && !budget) { // as much as halving took
            const double part = static_cast<double>(orders.sample.value_or(sample.curves.size())) /
                                static_cast<double>(sample.curves.size());
            limit = std::llround(all.back().evidence.mean_cost * static_cast<double>(total) * part);
        }
        all.push_back({.method = method,
                       .rungs = ladder.rungs,
                       .budget = limit.value_or(0),
                       .evidence = search::replay_orders(ladder, sample.curves, orders, top, limit)});
    }
    return all;
}

std::string share_text(std::int64_t part, std::int64_t whole) {
    return fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string text_of(const std::vector<Replayed>& all, const Sample& sample, const search::Orders& orders,
                    std::size_t top, bool colour) {
    std::string text = fmt::format(
        "{} variants of {} epochs on {}, {} of which failed; {} trials left out. By validation accuracy, "
        "over {} "
        "random orders{}:\n\n",
        sample.curves.size(), sample.recipe.epochs, sample.data, sample.failed, sample.left_out,
        orders.number, orders.sample ? fmt::format(" of {} of them", *orders.sample) : "");
    Table table({{"method"},
                 {"rungs"},
                 {"budget", Align::right},
                 {"mean cost", Align::right},
                 {"highest", Align::right},
                 {"found the best", Align::right},
                 {fmt::format("one of the best {}", top), Align::right},
                 {"behind the best", Align::right}});
    for (const Replayed& row : all) {
        const search::Evidence& evidence = row.evidence;
        table.add({std::string(reflect::enum_text(row.method)), fmt::format("{}", fmt::join(row.rungs, " ")),
                   row.budget > 0 ? fmt::format("{}", row.budget) : "-", percent_text(evidence.mean_cost),
                   percent_text(evidence.highest_cost), share_text(evidence.found_first, evidence.orders),
                   share_text(evidence.found_top, evidence.orders), percent_text(evidence.mean_regret)});
    }
    text += table.text(colour);
    text +=
        "\nCost is epochs, of those of all variants in full. Behind the best: the mean difference in "
        "accuracy of "
        "what was found. Random trains as many variants as its budget holds in full.\n";
    if (orders.sample.value_or(sample.curves.size()) == sample.curves.size() && all.front().budget == 0) {
        text +=
            "Halving takes all of them in every order, so that its orders differ in ties alone: --sample or "
            "--budget "
            "tell more.\n";
    }
    return text;
}

reflect::Json json_of(const std::vector<Replayed>& all, const Sample& sample, const search::Orders& orders,
                      std::size_t top) {
    reflect::Json json{
        {"variants", sample.curves.size()}, {"epochs", sample.recipe.epochs}, {"data", sample.data},
        {"failed", sample.failed},          {"left_out", sample.left_out},    {"top", top}};
    json["sample"] = orders.sample ? reflect::Json(*orders.sample) : reflect::Json(nullptr);
    json["methods"] = reflect::Json::array();
    for (const Replayed& row : all) {
        json["methods"].push_back(
            {{"method", reflect::enum_text(row.method)},
             {"rungs", row.rungs},
             {"budget", row.budget},
             {"orders", row.evidence.orders},
             {"found_first", row.evidence.found_first},
             {"found_top", row.evidence.found_top},
             {"mean_cost", row.evidence.mean_cost},
             {"highest_cost", row.evidence.highest_cost},
             {"mean_regret",
              row.evidence.mean_regret ? reflect::Json(*row.evidence.mean_regret) : reflect::Json(nullptr)}});
    }
    return json;
}

} // namespace

int run_replay(const Program&, const std::vector<std::string>& arguments) {
    std::string folder, condition;
    SearchSettings settings;
    search::Orders orders{.number = 200};
    std::size_t top = 3;
    bool json = false;
    CommandLine line("replay", "what a search would have found in a run that trained all, and for how much",
                     "RUN [OPTION...]",
                     "  fractal replay runs/all\n"
                     "  fractal replay runs/all --orders 1000 --sample 30\n"
                     "  fractal replay runs/all --eta 4 --json\n"
                     "  fractal replay runs/all --where \"depth > 1\" --budget 40epochs\n");
    CommandLine::Group run = line.group("Run");
    run.argument("RUN", folder, "folder of a run that trained its variants in full").required();
    run.option("--where", "SQL", condition,
               "only trials for which this condition in SQL holds, over the columns of the results' view "
               "trials");
    CommandLine::Group search = line.group("Search");
    search.option("--orders", "N", orders.number, "draw so many orders of the variants (200)")
        .whole_number(reflect::between(1, 1'000'000));
    search
        .option("--sample", "N", orders.sample,
                "search so many of the variants, drawn anew for each order (all)")
        .whole_number(reflect::at_least(1));
    search.option("--seed", "INT", orders.seed, "of the orders (0)").whole_number(reflect::at_least(0));
    search.option("--eta", "N", settings.eta, "as fractal search takes it (3)")
        .whole_number(reflect::at_least(2));
    search.option("--first-rung", "N", settings.first_rung, "as fractal search takes it (1)")
        .whole_number(reflect::at_least(1));
    search.option(
        "--budget", "EPOCHS", settings.budget,
        "epochs that a search may take, such as 40epochs (no limit; for random, what halving takes)");
    CommandLine::Group output = line.group("Output");
    output.option("--top", "N", top, "count how often one of so many best is found (3)")
        .whole_number(reflect::at_least(1));
    line.json_flag(json, "a JSON object");
    if (!line.parse(arguments)) {
        return 0;
    }
    reflect::check_ranges<UsageError>(settings);
    if (parse_budget(settings.budget).seconds) {
        throw UsageError(
            fmt::format("--budget is {}: expected epochs, such as 40epochs, as a replay takes no "
                        "time of training",
                        settings.budget));
    }
    require_results(folder);
    store::Reader reader(folder);
    const Sample sample = sample_of(reader, reader.trials_where(condition), folder);
    if (settings.first_rung > sample.recipe.epochs) {
        throw UsageError(fmt::format("--first-rung is {}: expected at most the {} epochs of a whole trial",
                                     settings.first_rung, sample.recipe.epochs));
    }
    if (orders.sample.value_or(1) > sample.curves.size()) {
        throw UsageError(
            fmt::format("--sample is {}: expected a number from 1 to the {} variants that were trained",
                        *orders.sample, sample.curves.size()));
    }
    const std::vector<Replayed> all = replay_all(sample, settings, orders, top);
    fmt::print("{}", json ? reflect::json_text(json_of(all, sample, orders, top), 2) + "\n"
                          : text_of(all, sample, orders, top, terminal_of(stdout).colour));
    return 0;
}

} // namespace fractal::driver
