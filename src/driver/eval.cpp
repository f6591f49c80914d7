// `fractal eval`: saved weights against the test set.
#include <cmath>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/backend_loader.hpp"
#include "driver/command_line.hpp"
#include "driver/data_source.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/saved_weights.hpp"
#include "driver/select.hpp"
#include "driver/sweep.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"
#include "driver/variant_row.hpp"
#include "reflect/json.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

/// What to evaluate: the whole network, or columns of it alone, each once.
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

} // namespace

int run_eval(const Program& program, const std::vector<std::string>& arguments) {
    Wanted wanted;
    std::string run;
    MachineFlags machine;
    std::vector<std::int32_t> asked_columns;
    bool json = false;
    CommandLine line(
        "eval", "evaluate the saved weights of a variant on the test set", "VARIANT --run RUN [OPTION...]",
        "  fractal eval compact/d2-c2-conv3.bn.relu --run runs/first\n"
        "  fractal eval compact/d2-c2-conv3.bn.relu --run runs/first --column 0,1\n"
        "  fractal eval compact/d2-c2-conv3.bn.relu --run runs/first --data-dir data/cifar10 --json\n");
    add_selection_options(line.app(), wanted);
    line.app()
        .add_option("--run", run, "folder of the run that trained it")
        ->type_name("RUN")
        ->required()
        ->group("Run");
    line.app()
        .add_option(
            "--column", asked_columns,
            "evaluate a column alone, 0 being the deepest: what the network answers in less time, best after "
            "training with drop-path; several with commas")
        ->delimiter(',')
        ->type_name("N")
        ->group("Run");
    add_machine_options(line.app(), machine);
    add_json_flag(line.app(), json, "a JSON array, one object for each trial");
    if (!line.parse(arguments)) {
        return 0;
    }
    check_machine(machine);
    const Variant& variant = choose_one(program.registry, program.selections, wanted);
    const std::vector<std::optional<std::int32_t>> columns = columns_of(variant, asked_columns);
    require_results(run);
    store::Reader reader(run);
    const std::vector<store::Trial> trials = trials_with_weights(reader, variant, run);
    const RunSettings settings = read_settings(run);

    const std::string device = machine.device.empty() ? settings.device : machine.device;
    const std::unique_ptr<Trainer> trainer =
        load_trainer({.device = device, .threads = machine.threads < 0 ? settings.threads : machine.threads});
    SweepData data(*trainer, [&](const std::string& set) {
        return data_folder(set, machine.data_dir, settings.data_dir);
    });
    Table table({{"trial", Align::right},
                 {"data"},
                 {"seed", Align::right},
                 {"recipe"},
                 {"column", Align::right},
                 {"MACs", Align::right},
                 {"images/s", Align::right},
                 {"test", Align::right},
                 {"loss", Align::right},
                 {"recorded", Align::right}});
    reflect::Json rows = reflect::Json::array();
    for (const store::Trial& trial : trials) {
        data.open(trial.conditions.data, trial.recipe.validation_images);
        const std::string weights = weights_file(run, trial.id).string();
        for (const std::optional<std::int32_t> column : columns) {
            const EvalReport report = trainer->evaluate(variant, trial.recipe, weights, column);
            const double images_per_second = static_cast<double>(report.images) / report.seconds;
            table.add({std::to_string(trial.id), trial.conditions.data, std::to_string(trial.recipe.seed),
                       trial.recipe_label, column ? std::to_string(*column) : "all", count_text(report.macs),
                       fmt::format("{:.0f}", images_per_second), percent_text(report.accuracy),
                       fmt::format("{:.4f}", report.loss), percent_text(trial.outcome.test_accuracy)});
            const auto number = [](std::optional<double> x) {
                return x && std::isfinite(*x) ? reflect::Json(*x) : reflect::Json(nullptr);
            };
            rows.push_back({{"trial", trial.id},
                            {"variant", variant.name},
                            {"data", trial.conditions.data},
                            {"seed", trial.recipe.seed},
                            {"recipe_label", trial.recipe_label},
                            {"weights", weights},
                            {"column", column ? reflect::Json(*column) : reflect::Json(nullptr)},
                            {"macs", report.macs},
                            {"images_per_second", number(images_per_second)},
                            {"test_accuracy", number(report.accuracy)},
                            {"test_loss", number(report.loss)},
                            {"recorded_test_accuracy", number(trial.outcome.test_accuracy)}});
        }
    }
    if (json) {
        fmt::print("{}\n", rows.dump(2));
    } else {
        fmt::print("{}\n\n{}", variant.name, table.text(terminal_of(stdout).colour));
    }
    return 0;
}

} // namespace fractal::driver
