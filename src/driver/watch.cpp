// `fractal watch`: a sweep in progress, from another terminal.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/command_line.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/search_file.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"
#include "driver/watch_text.hpp"
#include "store/lock.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

struct WatchOptions {
    std::string run;
    std::string interval = "2s";
    bool once = false;
    bool json = false;
};

constexpr int exit_of_died = 1;

Watched look(const Program& program, const std::string& folder, store::Reader& reader) {
    constexpr std::size_t best = 3;
    // The owner first: what it wrote before it let go is in what is read then.
    const std::optional<std::string> owner = store::lock_owner(folder);
    const bool search = has_search(folder);
    const auto failures = search ? store::Failures::left_as_they_are : store::Failures::tried_again;
    Watched watched{.program = program.name(),
                    .folder = folder,
                    .process = owner.value_or(""),
                    .search = search,
                    .state = reader.sweep(failures),
                    .best = reader.rank({.top = best})};
    watched.life = !watched.state.run.ended.empty() ? Life::ended : owner ? Life::running : Life::died;
    // One that began after the owner was asked for is alive.
    if (watched.life == Life::died && store::lock_owner(folder)) return look(program, folder, reader);
    return watched;
}

/// Shows one look after another: rewritten in place on a terminal, else a line for each change that matters.
class Screen {
public:
    Screen(const WatchOptions& options, const Terminal& terminal) : options_(options), terminal_(terminal) {}

    void show(const Watched& watched) {
        if (options_.json) {
            fmt::print("{}\n", reflect::json_text(watch_json(watched)));
        } else if (options_.once || terminal_.interactive) {
            const std::string report = watch_report(watched, terminal_.width, terminal_.colour);
            fmt::print("{}{}", lines_ > 0 ? fmt::format("\x1b[{}A\x1b[J", lines_) : "", report);
            lines_ = std::count(report.begin(), report.end(), '\n');
        } else if (const std::string key = key_of(watched); key != shown_) {
            fmt::print("{}\n", watch_line(watched));
            shown_ = key;
        }
        std::fflush(stdout);
    }

private:
    /// What a line off a terminal is worth: another trial, epoch, result, or the end.
    static std::string key_of(const Watched& watched) {
        const SweepFigures figures = figures_of(watched.state);
        return fmt::format("{} {} {} {}", reflect::enum_text(watched.life), figures.done,
                           figures.running == nullptr ? 0 : figures.running->id,
                           figures.running == nullptr ? 0 : figures.running->epochs_done);
    }

    const WatchOptions& options_;
    Terminal terminal_;
    std::ptrdiff_t lines_ = 0;
    std::string shown_;
};

} // namespace

int run_watch(const Program& program, const std::vector<std::string>& arguments) {
    WatchOptions options;
    CommandLine line("watch", "a sweep in progress, from another terminal", "RUN [OPTION...]",
                     "  fractal watch runs/first\n"
                     "  fractal watch runs/first --once\n"
                     "  fractal watch runs/first --interval 30s --json >> progress.jsonl\n");
    CommandLine::Group run = line.group("Run");
    run.argument("RUN", options.run, "folder of the run").required();
    CommandLine::Group output = line.group("Output");
    output.option("--interval", "TIME", options.interval, "look again after this time (2s)");
    output.flag("--once", options.once, "look once, and do not wait for the end");
    line.json_flag(options.json, "one JSON object a line for each look");
    if (!line.parse(arguments)) {
        return 0;
    }
    constexpr double shortest = 0.1; // what trains has better things to do than to share the disk
    const std::chrono::duration<double> interval(
        std::max(shortest, parse_duration("--interval", options.interval)));
    require_results(options.run);
    store::Reader reader(options.run);
    Screen screen(options, terminal_of(stdout));
    while (true) {
        const Watched watched = look(program, options.run, reader);
        screen.show(watched);
        if (watched.life != Life::running || options.once) {
            return watched.life == Life::died ? exit_of_died : 0;
        }
        std::this_thread::sleep_for(interval);
    }
}

} // namespace fractal::driver
