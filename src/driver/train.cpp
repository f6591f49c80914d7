// `fractal train`: from what was asked for to a plan of trials, and through it.
#include <cstdio>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/command_line.hpp"
#include "driver/interrupts.hpp"
#include "driver/planned_rows.hpp"
#include "driver/program.hpp"
#include "driver/progress.hpp"
#include "driver/ranking_text.hpp"
#include "driver/say.hpp"
#include "driver/search_file.hpp"
#include "driver/shard.hpp"
#include "driver/training_options.hpp"
#include "driver/training_session.hpp"
#include "driver/trial_files.hpp"
#include "driver/trial_plan.hpp"
#include "driver/units.hpp"
#include "reflect/json.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

struct TrainOptions : TrainingOptions {
    bool plan_only = false;
    bool retry_failed = false;
};

constexpr const char* examples =
    "  fractal train --select tiny-deep --epochs 1\n"
    "  fractal train 'compact/d2-*' --exclude '*conv1*' --seeds 3 --run runs/compact-d2\n"
    "  fractal train 'paper/d[12]-c1-conv3' --data cifar10 --data-dir cifar-10-batches-bin --recipe "
    "published\n"
    "  fractal train 'compact/d[23]-c2-*' --data pets.safetensors --run runs/pets\n"
    "  fractal train --resume runs/compact-d2\n";

void add_options(CommandLine& line, TrainOptions& options) {
    add_training_options(line, options);
    CommandLine::Group run = line.group("Run");
    run.option("--seeds", "N", options.seeds,
               "train each variant so many times, with seeds from --seed on (1)")
        .whole_number(reflect::between(1, 10'000));
    run.option("--shard", "I/N", options.shard,
               "of the trials asked for, train this part alone, such as 3/8: one of eight machines, each "
               "with a run folder of its own; fractal merge makes one of them");
    run.flag("--plan-only", options.plan_only,
             "record the trials, say what each needs, and train nothing yet");
    run.flag("--retry-failed", options.retry_failed,
             "train again what failed, was skipped or ran out of time");
}

/// Throws UsageError for a part of nothing.
void check_shard(const TrainOptions& options) {
    if (options.shard.empty()) return;
    parse_shard(options.shard);
    if (!options.asks()) {
        throw UsageError(
            "--shard is a part of the trials that are asked for: name the variants again, as for the whole");
    }
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

/// What is to be trained, and with what.
void print_plan(std::span<const PlannedRow> rows, const RunSettings& settings, bool json) {
    if (!json) {
        fmt::print("{}", planned_table(rows, terminal_of(stdout).colour));
        return;
    }
    for (const PlannedRow& row : rows) {
        reflect::Json line{{"event", "planned"}};
        line.update(reflect::to_json(row));
        fmt::print("{}\n", reflect::json_text(line));
    }
    const reflect::Json end{{"event", "plan_end"},
                            {"trials", rows.size()},
                            {"threads", settings.threads},
                            {"device", settings.device}};
    fmt::print("{}\n", reflect::json_text(end));
}

/// What a run came to, and what to type next.
void print_end(const Program& program, const fs::path& run, std::span<const Planned> plan,
               const std::optional<Stop>& stopped, bool json, double seconds) {
    store::Reader reader(run);
    const auto counts = reader.counts();
    const std::string folder = shell_word(run.string());
    const std::string go_on = fmt::format("{} train --resume {}", program.name(), folder);
    if (json) {
        reflect::Json line{{"event", "run_end"}, {"run", run.string()}, {"seconds", seconds}};
        line["stopped"] = stopped ? reflect::Json(stopped->reason) : reflect::Json(nullptr);
        line["dispositions"] = counts_json(counts);
        line["resume"] = stopped ? reflect::Json(go_on) : reflect::Json(nullptr);
        fmt::print("{}\n", reflect::json_text(line));
        return;
    }
    const bool colour = terminal_of(stdout).colour;
    constexpr std::size_t most_failures = 5;
    fmt::print("\n{}, {} in {}\n{}", counts_text(counts), duration_text(seconds), run.string(),
               failures_text(reader.faults(), most_failures, colour));
    store::RankQuery query;
    query.top = 5;
    if (!plan.empty()) {
        query.data = plan.front().trial.conditions.data;
        query.judged_by = judged_by(plan.front().trial.conditions);
    }
    if (const store::Ranking ranking = reader.rank(query); !ranking.rows.empty()) {
        fmt::print("\n{}", ranking_text(ranking, colour));
        fmt::print("\nNext:\n  {} rank {}\n  {} eval {} --run {}\n", program.name(), folder, program.name(),
                   ranking.rows.front().variant, folder);
    }
    if (stopped) {
        fmt::print("\nIt was {}. To go on:\n  {}\n",
                   stopped->cause == Stop::Cause::signal ? stopped->reason : "ended: " + stopped->reason,
                   go_on);
    }
}

/// All trials of a search in full are what it was to spare.
void check_no_search(const Program& program, const std::string& folder) {
    if (folder.empty() || !has_search(folder)) return;
    throw UsageError(
        fmt::format("{0} is a search, of whose candidates few are to be trained in full: go on with it "
                    "({1} search --resume {2}), or name the variants to train ({1} train VARIANT --run {2})",
                    folder, program.name(), shell_word(folder)));
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
    check_training_options(program, options);
    if (!options.asks()) check_no_search(program, options.resume);
    check_shard(options);
    TrainingSession session(program, options);
    const std::vector<store::Trial> trials =
        trials_of(options, session.requests(), session.writer(), session.run());
    remove_leftovers(session.run(), trials);
    const std::vector<Planned> plan = plan_of(program.registry, trials, options.retry_failed);
    if (!options.json) {
        say("{} of {} trials to train, results in {}\n", plan.size(), trials.size(), session.run().string());
    }
    if (options.plan_only) {
        const std::vector<store::Trial> asked = session.writer().find_or_add(session.requests());
        print_plan(planned_rows(plan, asked, session.data(), session.settings().memory_budget),
                   session.settings(), options.json);
        session.writer().finish("planned only");
        return 0;
    }
    std::optional<Stop> stopped;
    {
        const std::unique_ptr<SweepView> view =
            session.with_curves(options.json ? json_view(plan) : text_view(plan, terminal_of(stderr)));
        stopped =
            sweep(session.trainer(), session.data(), session.writer(), plan, session.sweep_options(), *view);
    }
    print_end(program, session.run(), plan, stopped, options.json, session.seconds());
    return Interrupts::signal() == 0 ? 0 : exit_status_of_signal(Interrupts::signal());
}

} // namespace fractal::driver
