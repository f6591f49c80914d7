// `fractal search`: finds the best of many variants for less than all of them cost.
#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/error.hpp"
#include "data/dataset_names.hpp"
#include "driver/command_line.hpp"
#include "driver/interrupts.hpp"
#include "driver/program.hpp"
#include "driver/progress.hpp"
#include "driver/say.hpp"
#include "driver/search_file.hpp"
#include "driver/search_sweep.hpp"
#include "driver/search_text.hpp"
#include "driver/search_view.hpp"
#include "driver/training_options.hpp"
#include "driver/training_session.hpp"
#include "driver/trial_files.hpp"
#include "driver/trial_plan.hpp"
#include "reflect/value_text.hpp"
#include "search/draw.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

struct SearchOptions : TrainingOptions {
    std::string method;
    std::optional<int> eta;
    std::optional<int> first_rung;
    std::optional<std::size_t> sample;
    std::optional<int> more_seeds;
    std::string budget;

    /// Whether anything is said that a search has from its beginning.
    bool settles() const { return !method.empty() || eta || first_rung || sample || more_seeds; }
};

constexpr const char* examples =
    "  fractal search 'compact/*' --budget 40epochs --run runs/search\n"
    "  fractal search 'compact/d[23]-*' --data cifar10 --method halving --sample 60 --epochs 9\n"
    "  fractal search --select low-cost --budget 2h --run runs/night\n"
    "  fractal search --resume runs/night --budget 4h\n";

void add_options(CommandLine& line, SearchOptions& options) {
    CommandLine::Group search = line.group("Search");
    search.option("--method", reflect::enum_list<Method>("|"), options.method,
                  "asha: variants pause at rungs, and the best go on as soon as they are seen to be "
                  "(arXiv 1810.05934); halving: when all of a rung are measured (arXiv 1502.07943); random: "
                  "variants drawn at random are trained in full; all: all are, the cheapest first (asha)");
    search.option("--budget", "EPOCHS|TIME", options.budget,
                  "what the search may take in all, with what --resume goes on from: epochs of training, "
                  "such as 40epochs, or time of training, such as 2h (no limit)");
    search
        .option("--sample", "N", options.sample,
                "search so many of the variants, drawn by --seed evenly from each family, depth and "
                "number of columns (all)")
        .whole_number(reflect::at_least(1));
    search
        .option("--eta", "N", options.eta,
                "one of so many goes on from a rung, and the rungs are at epochs/eta, epochs/eta^2, ... (3)")
        .whole_number(reflect::at_least(2));
    search.option("--first-rung", "N", options.first_rung, "epochs at the first rung (1)")
        .whole_number(reflect::at_least(1));
    search
        .option("--seeds", "N", options.more_seeds,
                "when all is decided, train those whose accuracies are within noise of the best with so many "
                "seeds in all (1)")
        .whole_number(reflect::at_least(1));
    add_training_options(line, options);
}

SearchSettings settings_of(const SearchOptions& options, std::int32_t epochs) {
    SearchSettings settings{.budget = options.budget};
    if (!options.method.empty()) {
        settings.method = reflect::parse_member<UsageError, Method>("--method", options.method, {});
    }
    settings.eta = options.eta.value_or(settings.eta);
    settings.first_rung = options.first_rung.value_or(settings.first_rung);
    settings.seeds = options.more_seeds.value_or(settings.seeds);
    reflect::check_ranges<UsageError>(settings);
    if (settings.first_rung > epochs) {
        throw UsageError(fmt::format("--first-rung is {}: expected at most the {} epochs of a whole trial",
                                     settings.first_rung, epochs));
    }
    return settings;
}

void check_seeds(const SearchOptions& options, std::int64_t held_out) {
    if (options.more_seeds.value_or(1) > 1 && held_out == 0) {
        throw UsageError(
            fmt::format("--seeds is {}, and no images are held out, whose number says what is "
                        "within noise: hold some out (--validation-images), or leave it out",
                        *options.more_seeds));
    }
}

void check_options(const Program& program, const SearchOptions& options) {
    parse_budget(options.budget);
    if (!options.resume.empty() && (options.asks() || options.settles())) {
        throw UsageError(
            "--resume goes on with a search as it was begun: leave out variants, --method, --eta, "
            "--first-rung, --sample and --seeds; --budget alone may change");
    }
    check_training_options(program, options);
    if (options.asks()) {
        const Recipe recipe = recipe_of(options, 0);
        settings_of(options, recipe.epochs);
        if (!data::is_data_file(options.data)) check_seeds(options, recipe.validation_images);
        const std::size_t variants =
            choose(program.registry, program.selections, options.wanted).variants.size();
        if (options.sample && *options.sample > variants) {
            throw UsageError(
                fmt::format("--sample is {}: expected a number from 1 to the {} variants that are "
                            "meant",
                            *options.sample, variants));
        }
    }
    if (!options.run.empty() && has_search(options.run)) {
        throw UsageError(
            fmt::format("{} holds a search already: go on with it (--resume {}), or take another "
                        "folder",
                        options.run, shell_word(options.run)));
    }
    if (!options.resume.empty()) read_search(options.resume); // before the run is touched
}

/// The candidates in the order in which they are begun. `requests` are in the order of their costs.
std::vector<store::Request> drawn(const std::vector<store::Request>& requests, const SearchOptions& options,
                                  Method method) {
    std::map<std::tuple<std::string, std::int32_t, std::int32_t>, std::uint64_t> shapes;
    std::vector<std::uint64_t> groups;
    for (const store::Request& request : requests) {
        const std::tuple shape(request.subject.family, request.subject.depth, request.subject.columns);
        groups.push_back(shapes.emplace(shape, shapes.size()).first->second);
    }
    std::vector<std::uint32_t> order = search::draw_order(groups, requests.front().recipe.seed);
    if (options.sample) order.resize(*options.sample);
    if (method == Method::all) std::ranges::sort(order);
    std::vector<store::Request> drawn;
    for (const std::uint32_t place : order) drawn.push_back(requests[place]);
    return drawn;
}

/// The search that is begun or gone on with, written down.
Search search_of(const SearchOptions& options, TrainingSession& session) {
    Search search;
    if (!options.resume.empty()) {
        search = read_search(session.run());
        if (!options.budget.empty()) search.settings.budget = options.budget;
    } else {
        const store::Request& first = session.requests().front();
        check_seeds(options, first.conditions.validation_images); // a file may have a split of its own
        search.settings = settings_of(options, first.recipe.epochs);
        for (const store::Trial& trial :
             session.writer().find_or_add(drawn(session.requests(), options, search.settings.method))) {
            search.trials.push_back(trial.id);
        }
    }
    write_search(session.run(), search);
    return search;
}

} // namespace

int run_search(const Program& program, const std::vector<std::string>& arguments) {
    SearchOptions options;
    CommandLine line("search", "find the best of many variants for less than training all of them costs",
                     "[PATTERN...] [OPTION...]", examples);
    add_options(line, options);
    if (!line.parse(arguments)) {
        return 0;
    }
    check_options(program, options);
    TrainingSession session(program, options);
    SearchSweep search(program.registry, session.run(), session.writer(), search_of(options, session));
    remove_leftovers(session.run(), store::Reader(session.run()).trials());
    if (!options.json) {
        say("{}", beginning_text(search, session.run().string()));
    }
    SweepOptions sweep_options = session.sweep_options();
    sweep_options.retries = false;
    sweep_options.stop = [&, stop = sweep_options.stop] {
        const auto reason = stop();
        return reason ? reason : search.stop();
    };
    std::optional<Stop> stopped;
    {
        const std::unique_ptr<SweepView> view = session.with_curves(search_view(options.json));
        stopped = sweep(
            session.trainer(), session.data(), session.writer(), search.all_trials(),
            [&] { return search.next(); }, sweep_options, *view);
    }
    search.update();
    store::Reader reader(session.run());
    reader.restrict_to(search.all_trials());
    const SearchEnd end = search_end(search, reader, stopped);
    fmt::print("{}", options.json ? reflect::json_text(search_json(end, program, session.run())) + "\n"
                                  : search_text(end, program, session.run(), terminal_of(stdout).colour));
    return Interrupts::signal() == 0 ? 0 : exit_status_of_signal(Interrupts::signal());
}

} // namespace fractal::driver
