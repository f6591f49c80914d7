// `fractal eval`: weights against the test set.
#include <cmath>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/error.hpp"
#include "data/dataset_names.hpp"
#include "driver/backend_loader.hpp"
#include "driver/command_line.hpp"
#include "driver/data_source.hpp"
#include "driver/machine_flags.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/saved_weights.hpp"
#include "driver/select.hpp"
#include "driver/sweep_data.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/trial_files.hpp"
#include "driver/units.hpp"
#include "driver/variant_row.hpp"
#include "reflect/json.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

/// What to evaluate: the whole network, or each of the columns that were asked for alone.
std::vector<std::optional<std::int32_t>> columns_of(const Variant& variant,
                                                    const std::vector<std::int32_t>& asked) {
    std::vector<std::optional<std::int32_t>> columns;
    for (const std::int32_t column : asked) {
        if (column < 0 || column >= variant.spec->columns) {
            throw UsageError(fmt::format("--column {}: {} has the columns 0, the deepest, to {}", column,
                                         variant.name, variant.spec->columns - 1));
        }
        columns.emplace_back(column);
    }
    if (columns.empty()) columns.emplace_back();
    return columns;
}

struct EvalOptions {
    Wanted wanted;
    std::string run;
    std::string weights;
    std::string data;
    MachineFlags machine;
    std::vector<std::int32_t> columns;
    bool json = false;
};

void add_options(CommandLine& line, EvalOptions& options) {
    add_selection_options(line, options.wanted);
    CommandLine::Group weights = line.group("Weights");
    weights.option("--run", "RUN", options.run,
                   "folder of the run that trained it: the weights of all its trials");
    weights.option("--weights", "FILE", options.weights,
                   "safetensors file with weights that fit the variant, in place of a run's: such as the "
                   "exported module's, trained in PyTorch");
    weights
        .option("--column", "N", options.columns,
                "evaluate a column alone, 0 being the deepest: what the network answers in less time, best "
                "after training with drop-path; several with commas")
        .separated_by_commas();
    CommandLine::Group data = line.group("Data");
    data.option(
        "--data", "NAME|FILE", options.data,
        "with --weights, the data set whose test set is read (shapes); a run's trials have theirs, and "
        "this is where their data file is now, if it was moved");
    add_machine_options(line, options.machine);
    line.json_flag(options.json, "a JSON array, one object for each file of weights and column");
}

void check_options(const EvalOptions& options) {
    check_machine(options.machine);
    if (options.run.empty() == options.weights.empty()) {
        throw UsageError("eval takes the weights of a run (--run RUN) or of a file (--weights FILE)");
    }
    if (options.weights.empty() && !options.data.empty() && !data::is_data_file(options.data)) {
        throw UsageError("--data goes with --weights: the trials of a run are evaluated on their own data");
    }
}

/// Weights, and what is known of them.
struct Candidate {
    fs::path weights;
    std::string data;
    Recipe recipe{};                   ///< of the trial; of a file alone the defaults
    std::optional<store::Trial> trial; ///< none for a file that somebody named
};

std::vector<Candidate> candidates_of(const EvalOptions& options, const Variant& variant) {
    if (!options.weights.empty()) {
        fitting_weights(variant, options.weights);
        return {{options.weights, options.data.empty() ? "shapes" : data_source(options.data), {}, {}}};
    }
    require_results(options.run);
    store::Reader reader(options.run);
    std::vector<Candidate> candidates;
    for (const store::Trial& trial : trials_with_weights(reader, variant, options.run)) {
        candidates.push_back(
            {weights_file(options.run, trial.id), trial.conditions.data, trial.recipe, trial});
    }
    return candidates;
}

/// The rows of the command's answer, for a person and for a program.
class Answer {
public:
    void add(const Variant& variant, const Candidate& candidate, std::optional<std::int32_t> column,
             const EvalReport& report) {
        const double images_per_second = static_cast<double>(report.images) / report.seconds;
        const auto& trial = candidate.trial;
        table_.add({trial ? std::to_string(trial->id) : "-", candidate.data,
                    trial ? std::to_string(trial->recipe.seed) : "-", trial ? trial->recipe_label : "-",
                    column ? std::to_string(*column) : "all", count_text(report.macs),
                    fmt::format("{:.0f}", images_per_second), percent_text(report.accuracy),
                    fmt::format("{:.4f}", report.loss),
                    percent_text(trial ? trial->outcome.test_accuracy : std::nullopt)});
        const auto number = [](std::optional<double> x) {
            return x && std::isfinite(*x) ? reflect::Json(*x) : reflect::Json(nullptr);
        };
        const auto of_trial = [&](auto value) {
            return trial ? reflect::Json(value(*trial)) : reflect::Json(nullptr);
        };
        rows_.push_back(
            {{"trial", of_trial([](auto& t) { return t.id; })},
             {"variant", variant.name},
             {"data", candidate.data},
             {"seed", of_trial([](auto& t) { return t.recipe.seed; })},
             {"recipe_label", of_trial([](auto& t) { return t.recipe_label; })},
             {"weights", candidate.weights.string()},
             {"column", column ? reflect::Json(*column) : reflect::Json(nullptr)},
             {"macs", report.macs},
             {"images_per_second", number(images_per_second)},
             {"test_accuracy", number(report.accuracy)},
             {"test_loss", number(report.loss)},
             {"recorded_test_accuracy", number(trial ? trial->outcome.test_accuracy : std::nullopt)}});
    }
    std::string table(bool colour) const { return table_.text(colour); }
    std::string json() const { return reflect::json_text(rows_, 2); }

private:
    Table table_{{{"trial", Align::right},
                  {"data"},
                  {"seed", Align::right},
                  {"recipe"},
                  {"column", Align::right},
                  {"MACs", Align::right},
                  {"images/s", Align::right},
                  {"test", Align::right},
                  {"loss", Align::right},
                  {"recorded", Align::right}}};
    reflect::Json rows_ = reflect::Json::array();
};

} // namespace

int run_eval(const Program& program, const std::vector<std::string>& arguments) {
    EvalOptions options;
    CommandLine line(
        "eval", "evaluate weights of a variant on the test set",
        "VARIANT {--run RUN | --weights FILE} [OPTION...]",
        "  fractal eval compact/d4-c2-conv3.bn.relu --run runs/first\n"
        "  fractal eval compact/d4-c2-conv3.bn.relu --run runs/first --column 0,1\n"
        "  fractal eval compact/d2-c2-conv3.bn.relu --run runs/cifar --data-dir data/cifar10 --json\n"
        "  fractal eval compact/d4-c2-conv3.bn.relu --weights tuned.safetensors --data shapes\n");
    add_options(line, options);
    if (!line.parse(arguments)) {
        return 0;
    }
    check_options(options);
    const Variant& variant = choose_one(program.registry, program.selections, options.wanted);
    const std::vector<std::optional<std::int32_t>> columns = columns_of(variant, options.columns);
    const std::vector<Candidate> candidates = candidates_of(options, variant);
    const RunSettings settings = options.run.empty() ? RunSettings{} : read_settings(options.run);

    const std::unique_ptr<Trainer> trainer = load_trainer(hardware_of(options.machine, settings));
    SweepData data(
        *trainer,
        [&](const std::string& set) {
            return folder_if_needed(set, options.machine.data_dir, settings.data_dir);
        },
        options.data.empty() ? std::string() : data_source(options.data));
    Answer answer;
    for (const Candidate& candidate : candidates) {
        if (candidate.trial) {
            data.open(*candidate.trial);
        } else {
            data.open(candidate.data, candidate.recipe.validation_images);
        }
        for (const std::optional<std::int32_t> column : columns) {
            answer.add(variant, candidate, column,
                       trainer->evaluate(variant, candidate.recipe, candidate.weights.string(), column));
        }
    }
    if (options.json) {
        fmt::print("{}\n", answer.json());
    } else {
        fmt::print("{}\n\n{}", variant.name, answer.table(terminal_of(stdout).colour));
    }
    return 0;
}

} // namespace fractal::driver
