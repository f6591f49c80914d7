// Flags to settings, recipe and conditions, the same for every command that trains.
#include "driver/training_options.hpp"

#include <charconv>
#include <chrono>
#include <csignal>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/quantities.hpp"
#include "data/dataset_names.hpp"
#include "driver/command_line.hpp"
#include "driver/interrupts.hpp"
#include "driver/member_flags.hpp"
#include "driver/units.hpp"

namespace fractal::driver {

namespace fs = std::filesystem;

namespace {

/// A number alone is steps, one with a unit time.
SaveEvery save_every_of(const std::string& text) {
    if (text.empty()) return {};
    if (text.find_first_not_of("0123456789") != std::string::npos) {
        return {.seconds = parse_duration("--save-every", text)};
    }
    std::int64_t steps = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), steps);
    if (fault != std::errc() || steps < 1) {
        throw UsageError(
            fmt::format("--save-every is {}: expected at least 1 step, or a time such as 30s", text));
    }
    return {.steps = steps};
}

/// Why to stop now: a signal, or the time.
std::function<std::optional<Stop>()> stop_condition(const std::string& time_limit) {
    using Clock = std::chrono::steady_clock;
    std::optional<Clock::time_point> deadline;
    if (!time_limit.empty()) {
        const std::chrono::duration<double> limit(parse_duration("--time-limit", time_limit));
        deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
    }
    return [deadline, time_limit]() -> std::optional<Stop> {
        if (const int signal = Interrupts::signal(); signal != 0) {
            return Stop{Stop::Cause::signal,
                        fmt::format("stopped by {}", signal == SIGINT ? "Ctrl-C" : "a signal to terminate")};
        }
        if (deadline && Clock::now() >= *deadline) {
            return Stop{Stop::Cause::time_limit, fmt::format("the time limit of {} was reached", time_limit)};
        }
        return std::nullopt;
    };
}

} // namespace

void add_training_options(CommandLine& line, TrainingOptions& options) {
    add_selection_options(line, options.wanted);
    CommandLine::Group data = line.group("Data");
    data.option("--data", "NAME|FILE", options.data,
                "data set: cifar10, cifar100 or cifar100-coarse, read from a folder; shapes, which needs "
                "none; or a "
                "file of your own that ends in .safetensors (shapes)");
    add_machine_options(line, options.machine);
    CommandLine::Group machine = line.group("Machine");
    machine.flag("--cuda-graphs", options.cuda_graphs,
                 "with --device cuda: record the step of each trial once and replay it, for networks of many "
                 "small layers; not with local or mixed drop-path, layers of one's own, checkpointing, or "
                 "batches that run in parts");
    CommandLine::Group run = line.group("Run");
    run.option("--run", "DIR", options.run,
               "folder for the results (runs/<time>); trials that it has finished are kept");
    run.option("--resume", "DIR", options.resume,
               "go on with this run: all of its trials that are not finished, and those asked for besides");
    run.option("--time-limit", "TIME", options.time_limit,
               "stop after this time, such as 30m or 2h, as Ctrl-C does");
    run.option("--trial-time-limit", "TIME", options.trial_time_limit,
               "end a trial that has trained for this time, and go on with the next");
    run.option("--save-every", "STEPS|TIME", options.save_every,
               "save a trial's state after so many steps, such as 500, or so much time, such as 30s, too (at "
               "the end of epochs only)");
    run.option("--memory-budget", "SIZE", options.memory_budget,
               "memory that a trial's tensors may take, such as 2GiB; --checkpoint is then auto unless "
               "it is given, and a trial that fits in no way is skipped");
    run.option(
        "--tensorboard", "DIR", options.tensorboard,
        "write each trial's curves for TensorBoard into a folder of its own in this one; kept up for as "
        "long as the run is gone on with");
    run.negatable_flag(
        "--weights", [&](bool keep) { options.weights = keep; }, "keep the weights of finished trials (yes)");
    line.json_flag(options.json, "one JSON object a line: each epoch, each trial, the end");
    CommandLine::Group recipe = line.group("Recipe");
    recipe.option(
        "--init-weights", "FILE", options.init_weights,
        "safetensors file with weights that fit the variants, to begin from in the place of --init: "
        "such as those of another run, or the exported module's, trained in PyTorch; to go on without "
        "variants, where the file of the run's trials is now, if it was moved");
    recipe.option(
        "--recipe", "NAME", options.recipe,
        "how to train: published (arXiv 2511.07329, no validation split), larsson (arXiv 1605.07648) or "
        "fast, the best after few epochs (fast); the flags below override it");
    recipe.config();
    add_member_flags(recipe, options.overlay);
}

Recipe recipe_of(const TrainingOptions& options, std::int64_t memory_budget) {
    Recipe recipe = recipe_preset(options.preset());
    if (memory_budget > 0) {
        recipe.checkpoint = Checkpoint::automatic;
    }
    options.overlay.apply_to(recipe);
    return recipe;
}

void check_training_options(const Program& program, const TrainingOptions& options) {
    check_machine(options.machine);
    if (!options.memory_budget.empty()) {
        parse_bytes("--memory-budget", options.memory_budget);
    }
    if (!options.run.empty() && !options.resume.empty()) {
        throw UsageError(
            "--run and --resume were both given: --resume DIR goes on with a run, --run DIR begins one");
    }
    if (options.resume.empty() && !options.asks()) {
        throw UsageError(
            "nothing says what to train: name variants, such as 'compact/d1-*', or a selection "
            "(--select NAME); '*' is everything");
    }
    if (!options.asks() && !options.wanted.exclusions.empty()) {
        throw UsageError(
            "--resume without variants goes on with all trials of the run: leave out --exclude, or name the "
            "variants to add");
    }
    if (!options.asks() && (!options.recipe.empty() || !options.overlay.empty() || options.seeds != 1)) {
        throw UsageError(
            "--resume without variants goes on with trials whose recipes are fixed: leave out the flags "
            "of the recipe, or name the variants to add");
    }
    if (!options.asks() && !options.data.empty() && !data::is_data_file(options.data)) {
        throw UsageError(
            fmt::format("--resume without variants goes on with the data sets of its trials, not with "
                        "--data {}: leave it out, or name the variants to add",
                        options.data));
    }
    save_every_of(options.save_every);
    if (options.asks()) {
        check_recipe(recipe_of(options, 0));
        choose(program.registry, program.selections, options.wanted);
    }
    if (!options.resume.empty()) {
        require_results(options.resume);
    }
}

fs::path run_folder_of(const TrainingOptions& options) {
    return !options.resume.empty() ? fs::path(options.resume)
           : !options.run.empty()  ? fs::path(options.run)
                                   : new_run_folder();
}

RunSettings settings_of(const TrainingOptions& options, const fs::path& run) {
    RunSettings settings = read_settings(run);
    if (options.asks()) {
        if (std::string folder = data_folder(options.source(), options.machine.data_dir, settings.data_dir);
            !folder.empty()) {
            settings.data_dir = std::move(folder);
        }
    } else if (!options.machine.data_dir.empty()) {
        settings.data_dir = fs::absolute(options.machine.data_dir).lexically_normal().string();
    }
    if (!options.machine.device.empty()) {
        settings.device = options.machine.device;
    }
    if (options.machine.threads >= 0) {
        settings.threads = options.machine.threads;
    }
    if (!options.memory_budget.empty()) {
        settings.memory_budget = parse_bytes("--memory-budget", options.memory_budget);
    }
    settings.weights = options.weights.value_or(settings.weights);
    if (!options.tensorboard.empty()) {
        settings.tensorboard = fs::absolute(options.tensorboard).lexically_normal().string();
    }
    if (options.cuda_graphs && settings.device != "cuda") {
        throw UsageError(
            fmt::format("--cuda-graphs needs --device cuda, and the device is {}", settings.device));
    }
    settings.cuda_graphs = settings.device == "cuda" && (settings.cuda_graphs || options.cuda_graphs);
    check_settings(settings);
    return settings;
}

SweepOptions sweep_options_of(const TrainingOptions& options, const RunSettings& settings,
                              const fs::path& run) {
    std::optional<double> trial_seconds;
    if (!options.trial_time_limit.empty()) {
        trial_seconds = parse_duration("--trial-time-limit", options.trial_time_limit);
    }
    return {.run = run,
            .keep_weights = settings.weights,
            .stop = stop_condition(options.time_limit),
            .save_every = save_every_of(options.save_every),
            .trial_seconds = trial_seconds};
}

} // namespace fractal::driver
