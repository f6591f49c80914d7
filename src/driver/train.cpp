// `fractal train`: from what was asked for to a plan of trials, and through it.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/version.hpp"
#include "data/dataset_names.hpp"
#include "driver/backend_loader.hpp"
#include "driver/command_line.hpp"
#include "driver/data_source.hpp"
#include "driver/interrupts.hpp"
#include "driver/planned_rows.hpp"
#include "driver/program.hpp"
#include "driver/progress.hpp"
#include "driver/ranking_text.hpp"
#include "driver/run_folder.hpp"
#include "driver/select.hpp"
#include "driver/shard.hpp"
#include "driver/sweep.hpp"
#include "driver/tensorboard_view.hpp"
#include "driver/trial_plan.hpp"
#include "driver/units.hpp"
#include "reflect/flags.hpp"
#include "reflect/json.hpp"
#include "store/reader.hpp"
#include "train/recipe_fields.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

struct TrainOptions {
    Wanted wanted;
    std::string data; ///< empty: not given
    MachineFlags machine;
    std::string recipe = "fast";
    reflect::Overlay<Recipe> overlay;
    int seeds = 1;
    std::string run;
    std::string resume;
    std::string time_limit;
    std::string trial_time_limit;
    std::string save_every;
    std::string memory_budget;
    std::string tensorboard;
    std::string shard;
    bool plan_only = false;
    bool cuda_graphs = false;
    bool retry_failed = false;
    bool no_weights = false;
    bool json = false;

    /// Variants are named, so trials are asked for beyond those that a resumed run has.
    bool asks() const { return !wanted.open(); }
    /// The data set that is asked for, by its name or the absolute path of its file.
    std::string source() const { return data.empty() ? "shapes" : data_source(data); }
};

constexpr const char* examples =
    "  fractal train --select tiny-deep --epochs 1\n"
    "  fractal train 'compact/d2-*' --exclude '*conv1*' --seeds 3 --run runs/compact-d2\n"
    "  fractal train 'paper/d[12]-c1-conv3' --data cifar10 --data-dir cifar-10-batches-bin --recipe "
    "published\n"
    "  fractal train 'compact/d[23]-c2-*' --data pets.safetensors --run runs/pets\n"
    "  fractal train --resume runs/compact-d2\n";

void add_options(CommandLine& line, TrainOptions& options) {
    CLI::App& app = line.app();
    add_selection_options(app, options.wanted);
    app.add_option("--data", options.data,
                   "data set: cifar10, cifar100 or cifar100-coarse, read from a folder; shapes, which needs "
                   "none; or a "
                   "file of your own that ends in .safetensors (shapes)")
        ->type_name("NAME|FILE")
        ->group("Data");
    add_machine_options(app, options.machine);
    app.add_flag("--cuda-graphs", options.cuda_graphs,
                 "with --device cuda: record the step of each trial once and replay it, for networks of many "
                 "small layers; not with local or mixed drop-path, or checkpointing")
        ->group("Machine");
    app.add_option("--run", options.run,
                   "folder for the results (runs/<time>); trials that it has finished are kept")
        ->type_name("DIR")
        ->group("Run");
    app.add_option(
           "--resume", options.resume,
           "go on with this run: all of its trials that are not finished, and those asked for besides")
        ->type_name("DIR")
        ->group("Run");
    app.add_option("--seeds", options.seeds,
                   "train each variant so many times, with seeds from --seed on (1)")
        ->type_name("N")
        ->group("Run");
    app.add_option("--shard", options.shard,
                   "of the trials asked for, train this part alone, such as 3/8: one of eight machines, each "
                   "with a run folder of its own; fractal merge makes one of them")
        ->type_name("I/N")
        ->group("Run");
    app.add_flag("--plan-only", options.plan_only,
                 "record the trials, say what each needs, and train nothing yet")
        ->group("Run");
    app.add_option("--time-limit", options.time_limit,
                   "stop after this time, such as 30m or 2h, as Ctrl-C does")
        ->type_name("TIME")
        ->group("Run");
    app.add_option("--trial-time-limit", options.trial_time_limit,
                   "end a trial that has trained for this time, and go on with the next")
        ->type_name("TIME")
        ->group("Run");
    app.add_option("--save-every", options.save_every,
                   "save a trial's state after so many steps (500) or so much time (30s), not at the end of "
                   "epochs only")
        ->type_name("STEPS|TIME")
        ->group("Run");
    app.add_option("--memory-budget", options.memory_budget,
                   "memory that a trial's tensors may take, such as 2GiB; --checkpoint is then auto unless "
                   "it is given, and a trial that fits in no way is skipped")
        ->type_name("SIZE")
        ->group("Run");
    app.add_option(
           "--tensorboard", options.tensorboard,
           "write each trial's curves for TensorBoard into a folder of its own in this one; kept up for as "
           "long as the run is gone on with")
        ->type_name("DIR")
        ->group("Run");
    app.add_flag("--retry-failed", options.retry_failed,
                 "train again what failed, was skipped or ran out of time")
        ->group("Run");
    app.add_flag("--no-weights", options.no_weights, "do not keep the weights of finished trials")
        ->group("Run");
    add_json_flag(app, options.json, "one JSON object a line: each epoch, each trial, the end");
    app.add_option(
           "--recipe", options.recipe,
           "how to train: published (arXiv 2511.07329, no validation split), larsson (arXiv 1605.07648) or "
           "fast, the best after few epochs (fast); the flags below override it")
        ->type_name("NAME")
        ->group("Recipe");
    app.set_config("--config", "",
                   "TOML file whose keys are these flags without dashes; a flag overrides a key");
    app.get_config_ptr()->type_name("FILE")->group("Recipe");
    reflect::add_flags(app, options.overlay, "Recipe");
}

/// The preset, with what flags and configuration file say.
Recipe recipe_of(const TrainOptions& options) {
    Recipe recipe = recipe_preset(options.recipe);
    if (!options.memory_budget.empty()) {
        recipe.checkpoint = Checkpoint::automatic;
    }
    options.overlay.apply_to(recipe);
    return recipe;
}

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

void check_options(const TrainOptions& options) {
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
    if (!options.shard.empty()) {
        parse_shard(options.shard);
        if (!options.asks()) {
            throw UsageError(
                "--shard is a part of the trials that are asked for: name the variants again, as for the "
                "whole");
        }
    }
    if (!options.asks() && (!options.overlay.empty() || options.seeds != 1)) {
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
    constexpr int most_seeds = 10'000;
    save_every_of(options.save_every);
    if (options.seeds < 1 || options.seeds > most_seeds) {
        throw UsageError(
            fmt::format("--seeds is {}: expected a whole number from 1 to {}", options.seeds, most_seeds));
    }
}

/// The settings of the run, with what the flags say.
RunSettings settings_of(const TrainOptions& options, const fs::path& run) {
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
    settings.weights = settings.weights && !options.no_weights;
    if (!options.tensorboard.empty()) {
        settings.tensorboard = fs::absolute(options.tensorboard).lexically_normal().string();
    }
    if (options.cuda_graphs && settings.device != "cuda") {
        throw UsageError(
            fmt::format("--cuda-graphs needs --device cuda, and the device is {}", settings.device));
    }
    settings.cuda_graphs = settings.device == "cuda" && (settings.cuda_graphs || options.cuda_graphs);
    return settings;
}

/// What is asked for, on the data that are open: a validation split of theirs stands in the recipe as it is.
Order order_of(const TrainOptions& options, SweepData& data) {
    Order order{.data = options.source(),
                .preset = options.recipe,
                .recipe = recipe_of(options),
                .seeds = options.seeds};
    const DataSummary& summary = data.open(order.data, order.recipe.validation_images);
    if (!summary.own_split || order.recipe.validation_images == summary.validation_images) return order;
    options.overlay.for_each([&](const auto& field, const auto& value) {
        if (field.name() == "validation_images" && value) {
            throw UsageError(
                fmt::format("--validation-images {}: {} has a validation split of its own, of {} images; "
                            "leave the flag out",
                            order.recipe.validation_images, summary.name, summary.validation_images));
        }
    });
    order.recipe.validation_images = static_cast<std::int32_t>(summary.validation_images);
    return order;
}

/// The trials of the run that are wanted: those asked for, and with --resume all that it has.
std::vector<store::Trial> trials_of(const TrainOptions& options, std::span<const store::Request> requests,
                                    store::Writer& writer, const fs::path& run) {
    std::vector<store::Trial> trials;
    if (!options.resume.empty()) {
        trials = store::Reader(run).trials();
    }
    std::set<std::int64_t> there;
    for (const store::Trial& trial : trials) {
        there.insert(trial.id);
    }
    for (store::Trial& trial : writer.find_or_add(requests)) {
        if (there.insert(trial.id).second) {
            trials.push_back(std::move(trial));
        }
    }
    if (trials.empty()) {
        throw UsageError(fmt::format("{} has no trials to go on with: name variants to add", run.string()));
    }
    return trials;
}

/// Why to stop now: a signal, or the time.
std::function<std::optional<std::string>()> stop_condition(const std::string& time_limit) {
    using Clock = std::chrono::steady_clock;
    std::optional<Clock::time_point> deadline;
    if (!time_limit.empty()) {
        const std::chrono::duration<double> limit(parse_duration("--time-limit", time_limit));
        deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
    }
    return [deadline, time_limit]() -> std::optional<std::string> {
        if (const int signal = Interrupts::signal(); signal != 0) {
            return fmt::format("stopped by {}", signal == SIGINT ? "Ctrl-C" : "a signal to terminate");
        }
        if (deadline && Clock::now() >= *deadline) {
            return fmt::format("the time limit of {} was reached", time_limit);
        }
        return std::nullopt;
    };
}

/// What is to be trained, and with what.
void print_plan(std::span<const PlannedRow> rows, const RunSettings& settings, bool json) {
    if (!json) {
        fmt::print("{}", planned_table(rows, terminal_of(stdout).colour));
        return;
    }
    for (const PlannedRow& row : rows) {
        reflect::Json line{{"event", "planned"}};
        line.update(reflect::to_json(row));
        fmt::print("{}\n", line.dump());
    }
    const reflect::Json end{{"event", "plan_end"},
                            {"trials", rows.size()},
                            {"threads", settings.threads},
                            {"device", settings.device}};
    fmt::print("{}\n", end.dump());
}

/// What a run came to, and what to type next.
void print_end(const Program& program, const fs::path& run, std::span<const Planned> plan,
               const std::optional<std::string>& stopped, bool json, double seconds) {
    store::Reader reader(run);
    const auto counts = reader.counts();
    const std::string folder = shell_word(run.string());
    const std::string go_on = fmt::format("{} train --resume {}", program.name(), folder);
    if (json) {
        reflect::Json line{{"event", "run_end"}, {"run", run.string()}, {"seconds", seconds}};
        line["stopped"] = stopped ? reflect::Json(*stopped) : reflect::Json(nullptr);
        line["dispositions"] = reflect::Json::object();
        for (const auto& [disposition, count] : counts) {
            line["dispositions"][std::string(reflect::enum_text(disposition))] = count;
        }
        line["resume"] = stopped ? reflect::Json(go_on) : reflect::Json(nullptr);
        fmt::print("{}\n", line.dump());
        return;
    }
    const bool colour = terminal_of(stdout).colour;
    constexpr std::size_t most_failures = 5;
    fmt::print("\n{}, {} in {}\n{}", counts_text(counts), duration_text(seconds), run.string(),
               failures_text(reader.not_finished(), most_failures, colour));
    store::RankQuery query;
    query.top = 5;
    if (!plan.empty()) {
        query.data = plan.front().trial.conditions.data;
        query.judged_by = plan.front().trial.conditions.validation_images > 0 ? store::JudgedBy::validation
                                                                              : store::JudgedBy::test;
    }
    if (const store::Ranking ranking = reader.rank(query); !ranking.rows.empty()) {
        fmt::print("\n{}", ranking_text(ranking, colour));
        fmt::print("\nNext:\n  {} rank {}\n  {} eval {} --run {}\n", program.name(), folder, program.name(),
                   ranking.rows.front().variant, folder);
    }
    if (stopped) {
        fmt::print("\nIt was {}. To go on:\n  {}\n",
                   stopped->starts_with("stopped") ? *stopped : "ended: " + *stopped, go_on);
    }
}

} // namespace

int run_train(const Program& program, const std::vector<std::string>& arguments) {
    TrainOptions options;
    CommandLine line("train", "train variants, one after another in one process, and record the results",
                     "[PATTERN...] [OPTION...]", examples);
    add_options(line, options);
    if (!line.parse(arguments)) {
        return 0;
    }
    // What can be refused is refused before a folder is made, and what needs no data before LibTorch is
    // loaded.
    check_options(options);
    if (options.asks()) {
        check_recipe(recipe_of(options));
        choose(program.registry, program.selections, options.wanted);
    }
    if (!options.resume.empty()) {
        require_results(options.resume);
    }
    const fs::path run = !options.resume.empty() ? fs::path(options.resume)
                         : !options.run.empty()  ? fs::path(options.run)
                                                 : new_run_folder();
    const RunSettings settings = settings_of(options, run);
    const auto stop = stop_condition(options.time_limit);
    std::optional<double> trial_seconds;
    if (!options.trial_time_limit.empty()) {
        trial_seconds = parse_duration("--trial-time-limit", options.trial_time_limit);
    }
    const auto begin = std::chrono::steady_clock::now();

    const Interrupts interrupts;
    const std::unique_ptr<Trainer> trainer = load_trainer({.device = settings.device,
                                                           .threads = settings.threads,
                                                           .memory_budget = settings.memory_budget,
                                                           .cuda_graphs = settings.cuda_graphs});
    SweepData data(
        *trainer,
        [&](const std::string& name) {
            return data_folder(name, data::needs_folder(name) ? settings.data_dir : std::string());
        },
        options.data.empty() ? std::string() : options.source());
    std::vector<store::Request> requests;
    if (options.asks()) {
        const Order order = order_of(options, data);
        const std::vector<const Variant*> variants =
            choose(program.registry, program.selections, options.wanted).variants;
        const DataSummary& summary = data.open(order.data, order.recipe.validation_images);
        check_shapes(program.registry, variants, summary);
        requests = requests_of(order, variants, summary);
        if (!options.shard.empty()) requests = part_of(requests, parse_shard(options.shard));
    }
    store::Writer writer(run, {.version = std::string(version),
                               .manifest = manifest_text(program.registry),
                               .command_line = program.command_text(),
                               .machine = machine_text(settings.device)});
    write_settings(run, settings);
    const std::vector<store::Trial> trials = trials_of(options, requests, writer, run);
    remove_leftovers(run, trials);
    const std::vector<Planned> plan = plan_of(program.registry, trials, options.retry_failed);
    if (!options.json) {
        fmt::print(stderr, "{} of {} trials to train, results in {}\n", plan.size(), trials.size(),
                   run.string());
    }
    if (options.plan_only) {
        const std::vector<store::Trial> asked = writer.find_or_add(requests);
        print_plan(planned_rows(plan, asked, data, settings.memory_budget), settings, options.json);
        writer.finish("planned only");
        return 0;
    }
    std::optional<std::string> stopped;
    {
        std::unique_ptr<SweepView> view =
            options.json ? json_view(plan) : text_view(plan, terminal_of(stderr));
        if (!settings.tensorboard.empty()) {
            view = both(tensorboard_view(run, settings.tensorboard), std::move(view));
        }
        stopped = sweep(*trainer, data, writer, plan,
                        {.run = run,
                         .keep_weights = settings.weights,
                         .stop = stop,
                         .save_every = save_every_of(options.save_every),
                         .trial_seconds = trial_seconds},
                        *view);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    print_end(program, run, plan, stopped, options.json, seconds.count());
    return Interrupts::signal() == 0 ? 0 : exit_status_of_signal(Interrupts::signal());
}

} // namespace fractal::driver
