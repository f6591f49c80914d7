// `fractal score`: what can be known of variants without training them, and whether it is worth knowing.
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "data/dataset_names.hpp"
#include "driver/backend_loader.hpp"
#include "driver/command_line.hpp"
#include "driver/csv.hpp"
#include "driver/data_source.hpp"
#include "driver/machine_flags.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/say.hpp"
#include "driver/score_rows.hpp"
#include "driver/select.hpp"
#include "driver/sweep_data.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/trial_plan.hpp"
#include "driver/units.hpp"
#include "reflect/json.hpp"
#include "store/reader.hpp"
#include "train/recipe_fields.hpp"

namespace fractal::driver {
namespace {

struct ScoreOptions {
    Wanted wanted;
    std::string run;
    std::string of_run; ///< condition on its trials
    std::string data;
    MachineFlags machine;
    std::string recipe = "fast";
    std::optional<std::string> init;
    std::optional<std::uint64_t> seed;
    std::int64_t images = 64;
    std::vector<std::string> only;
    bool csv = false;
    bool json = false;
};

void add_options(CommandLine& line, ScoreOptions& options) {
    add_selection_options(line, options.wanted);
    CommandLine::Group run = line.group("Run");
    run.option("--run", "RUN", options.run,
               "score what this run has trained in full, on its data, with each trial's initial weights, "
               "and say how the scores go with the accuracies");
    run.option("--trials", "SQL", options.of_run,
               "with --run: only trials for which this condition in SQL holds, over the columns of the "
               "results' view trials");
    CommandLine::Group data = line.group("Data");
    data.option("--data", "NAME|FILE", options.data,
                "data set whose first training images are the batch (shapes); with --run, where its data "
                "file is now, if it was moved");
    add_machine_options(line, options.machine);
    CommandLine::Group scores = line.group("Scores");
    scores.option("--images", "N", options.images, "images of the batch (64)")
        .whole_number(reflect::between(2, 65'536));
    scores
        .option("--only", reflect::enum_list<InitialScore>("|"), options.only,
                "of the scores that take a pass, only this one; may be given again")
        .one_at_a_time();
    scores.option("--recipe", "NAME", options.recipe, "recipe whose initial weights are taken (fast)");
    scores.option("--init", reflect::enum_list<Init>("|"), options.init,
                  "how weights begin, in place of the recipe's way");
    scores.option("--seed", "INT", options.seed, "of the initial weights (0)")
        .whole_number(reflect::at_least(0));
    CommandLine::Group output = line.group("Output");
    output.flag("--csv", options.csv, "a row for each variant, as comma-separated values");
    line.json_flag(options.json, "a JSON object: the rows, and with --run the correlations");
}

void check_options(const ScoreOptions& options) {
    check_machine(options.machine);
    if (options.run.empty() && options.wanted.open()) {
        throw UsageError(
            "nothing says what to score: name variants, such as 'compact/d1-*', or a run (--run RUN)");
    }
    if (!options.run.empty() && (!options.wanted.open() || options.init || options.seed)) {
        throw UsageError(
            "--run scores the run's own trials with their own weights: leave out variants, "
            "--init and --seed, and narrow it by --trials");
    }
    if (options.run.empty() && !options.of_run.empty()) {
        throw UsageError("--trials narrows --run: give that too, or --where for variants");
    }
    if (!options.run.empty() && !options.data.empty() && !data::is_data_file(options.data)) {
        throw UsageError("--data goes without --run: the trials of a run are scored on their own data");
    }
    if (options.csv && options.json) {
        throw UsageError("--csv and --json were both given: choose one");
    }
}

/// What is scored: a variant with the recipe that says how its weights begin, and what it came to.
struct Subject {
    const Variant* variant = nullptr;
    Recipe recipe = {};
    std::optional<store::Trial> trial = {}; ///< of a run
    double accuracy = 0;                    ///< mean over the trials of the variant
    std::int64_t trials = 0;
};

struct Subjects {
    std::vector<Subject> all = {};
    std::int64_t left_out = 0; ///< trials of a run that did not finish
};

Subjects subjects_of_selection(const ScoreOptions& options, const Program& program) {
    Recipe recipe = recipe_preset(options.recipe);
    if (options.init) recipe.init = reflect::parse_member<UsageError, Init>("--init", *options.init, {});
    recipe.seed = options.seed.value_or(0);
    Subjects subjects;
    for (const Variant* variant : choose(program.registry, program.selections, options.wanted).variants) {
        subjects.all.push_back({.variant = variant, .recipe = recipe});
    }
    return subjects;
}

/// The variants of the run's finished trials, in the order of their first. All are judged alike.
Subjects subjects_of_run(const ScoreOptions& options, const Program& program) {
    require_results(options.run);
    store::Reader reader(options.run);
    Subjects subjects;
    std::map<std::string, std::size_t> places;
    for (const std::int64_t id : reader.trials_where(options.of_run)) {
        const store::Trial trial = reader.trial(id).value();
        const std::optional<double> accuracy = score_of(trial);
        if (trial.outcome.disposition != store::Disposition::finished || !accuracy) {
            ++subjects.left_out;
            continue;
        }
        if (trial.recipe.init_weights != 0) {
            throw UsageError(
                fmt::format("trial {} of {} began from a file of weights (--init-weights), which "
                            "are no initial ones to score: narrow it by --trials, such as "
                            "\"init_weights = 0\"",
                            trial.id, options.run));
        }
        const auto [place, is_new] = places.emplace(trial.subject.variant, subjects.all.size());
        if (is_new) {
            subjects.all.push_back({.variant = &variant_of_trial(program.registry, trial),
                                    .recipe = trial.recipe,
                                    .trial = trial});
        }
        const store::Trial& first = *subjects.all.front().trial;
        if (trial.conditions.data != first.conditions.data ||
            without_seed(trial.recipe) != without_seed(first.recipe)) {
            throw UsageError(
                fmt::format("{} has trials by several recipes or on several data sets, whose "
                            "accuracies cannot be compared: narrow it by --trials, such as "
                            "\"recipe_label = '{}' AND data = '{}'\"",
                            options.run, first.recipe_label, first.conditions.data));
        }
        Subject& subject = subjects.all[place->second];
        subject.accuracy += (*accuracy - subject.accuracy) / static_cast<double>(++subject.trials);
    }
    if (subjects.all.empty()) {
        throw UsageError(fmt::format("{} has no finished trials to score", options.run));
    }
    return subjects;
}

std::string number_text(double x) { return std::isnan(x) ? "-" : fmt::format("{:.4g}", x); }

std::string rows_text(const std::vector<ScoreRow>& rows, bool colour) {
    Table table({{"variant"},
                 {"parameters", Align::right},
                 {"MACs", Align::right},
                 {"longest", Align::right},
                 {"mean path", Align::right},
                 {"paths", Align::right},
                 {"gradient norm", Align::right},
                 {"synflow", Align::right},
                 {"NASWOT", Align::right},
                 {"head signal", Align::right}});
    for (const ScoreRow& row : rows) {
        table.add({row.variant, count_text(row.parameters), count_text(row.macs),
                   std::to_string(row.longest_path), number_text(row.path_length), number_text(row.paths),
                   number_text(row.gradient_norm), number_text(row.synflow), number_text(row.naswot),
                   number_text(row.head_signal)});
    }
    return table.text(colour);
}

std::vector<std::string> cells_of(const std::optional<scores::Correlation>& correlation) {
    if (!correlation) return {"-", "-"};
    return {fmt::format("{:+.2f}", correlation->value),
            fmt::format("{:+.2f} to {:+.2f}", correlation->low, correlation->high)};
}

std::string correlations_text(const std::vector<ScoreCorrelation>& all, const Subjects& subjects,
                              bool colour) {
    const store::Conditions& conditions = subjects.all.front().trial->conditions;
    std::string text = fmt::format(
        "Spearman's rank correlation with {} on {}, over {} variants, with 95 % confidence intervals; beside "
        "it what is left with parameters and MACs held constant{}\n\n",
        judged_by(conditions) == store::JudgedBy::validation ? "the last epoch's validation accuracy"
                                                             : "test accuracy",
        conditions.data, subjects.all.size(),
        subjects.left_out > 0
            ? fmt::format("; trials left out, as they did not finish: {}", subjects.left_out)
            : "");
    Table table({{"score"},
                 {"n", Align::right},
                 {"rho", Align::right},
                 {"interval", Align::right},
                 {"beyond size", Align::right},
                 {"interval", Align::right},
                 {"so it"}});
    for (const ScoreCorrelation& one : all) {
        std::vector<std::string> cells{one.score, one.plain ? std::to_string(one.plain->n) : "-"};
        for (const auto& correlation : {one.plain, one.beyond_size}) {
            for (std::string& cell : cells_of(correlation)) cells.push_back(std::move(cell));
        }
        cells.push_back(verdict(one));
        table.add(std::move(cells));
    }
    return text + table.text(colour);
}

reflect::Json json_of(const std::optional<scores::Correlation>& correlation) {
    if (!correlation) return nullptr;
    return {{"rho", correlation->value},
            {"low", correlation->low},
            {"high", correlation->high},
            {"n", correlation->n}};
}

std::string json_text(const std::vector<ScoreRow>& rows, const std::vector<ScoreCorrelation>& all,
                      const Subjects& subjects) {
    reflect::Json json;
    json["left_out"] = subjects.left_out;
    json["rows"] = reflect::Json::array();
    for (const ScoreRow& row : rows) json["rows"].push_back(reflect::to_json(row));
    json["correlations"] = reflect::Json::array();
    for (const ScoreCorrelation& one : all) {
        json["correlations"].push_back({{"score", one.score},
                                        {"plain", json_of(one.plain)},
                                        {"beyond_size", json_of(one.beyond_size)},
                                        {"verdict", verdict(one)}});
    }
    return reflect::json_text(json, 2) + "\n";
}

std::vector<ScoreRow> score_all(const ScoreOptions& options, const Subjects& subjects,
                                const Registry& registry) {
    const RunSettings settings = options.run.empty() ? RunSettings{} : read_settings(options.run);
    const std::unique_ptr<Trainer> trainer = load_trainer(hardware_of(options.machine, settings));
    const std::string source = options.data.empty() ? std::string() : data_source(options.data);
    SweepData data(
        *trainer,
        [&](const std::string& set) {
            return folder_if_needed(set, options.machine.data_dir, settings.data_dir);
        },
        source);
    std::vector<InitialScore> only;
    for (const std::string& name : options.only) {
        only.push_back(reflect::parse_member<UsageError, InitialScore>("--only", name, {}));
    }
    std::vector<ScoreRow> rows;
    for (const Subject& subject : subjects.all) {
        const DataSummary& summary =
            subject.trial ? data.open(*subject.trial) : data.open(source.empty() ? "shapes" : source, 0);
        check_shapes(registry, {subject.variant}, summary);
        rows.push_back(score_row(*subject.variant, summary.classes,
                                 trainer->score(*subject.variant, subject.recipe, options.images, only)));
        if (subject.trial) rows.back().accuracy = subject.accuracy;
        const Terminal terminal = terminal_of(stderr);
        if (terminal.interactive) {
            say("\r\x1b[K{}",
                rows.size() == subjects.all.size()
                    ? std::string()
                    : fmt::format("{}/{}  {}", rows.size(), subjects.all.size(), subject.variant->name));
        }
    }
    return rows;
}

} // namespace

int run_score(const Program& program, const std::vector<std::string>& arguments) {
    ScoreOptions options;
    CommandLine line("score", "what can be known of variants before training, and what it says of accuracy",
                     "{PATTERN... | --run RUN} [OPTION...]",
                     "  fractal score 'compact/d2-*'\n"
                     "  fractal score --select low-cost --data cifar10 --csv > scores.csv\n"
                     "  fractal score --run runs/all\n"
                     "  fractal score --run runs/all --trials \"depth > 1\" --json\n");
    add_options(line, options);
    if (!line.parse(arguments)) {
        return 0;
    }
    check_options(options);
    const Subjects subjects =
        options.run.empty() ? subjects_of_selection(options, program) : subjects_of_run(options, program);
    const std::vector<ScoreRow> rows = score_all(options, subjects, program.registry);
    std::vector<ScoreCorrelation> all;
    if (!options.run.empty()) all = correlations(rows);
    const bool colour = terminal_of(stdout).colour;
    fmt::print("{}", options.json          ? json_text(rows, all, subjects)
                     : options.csv         ? csv_of(rows)
                     : options.run.empty() ? rows_text(rows, colour)
                                           : correlations_text(all, subjects, colour));
    return 0;
}

} // namespace fractal::driver
