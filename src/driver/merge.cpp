// `fractal merge`: what several run folders hold, in one.
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "base/version.hpp"
#include "driver/command_line.hpp"
#include "driver/program.hpp"
#include "driver/ranking_text.hpp"
#include "driver/run_folder.hpp"
#include "driver/trial_files.hpp"
#include "driver/trial_plan.hpp"
#include "reflect/json.hpp"
#include "store/merge.hpp"
#include "store/reader.hpp"
#include "store/same_images.hpp"
#include "store/schema.hpp"
#include "store/writer.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;
using store::Disposition;

/// What a merge did, in trials.
struct Tally {
    std::int64_t taken = 0; ///< that came further elsewhere than here
    std::int64_t kept = 0;  ///< that are as far here
    std::int64_t open = 0;  ///< that nobody has trained to an end yet
};

/// Whether there is such a file. Throws DataError for a link, which may lead anywhere.
bool is_plain_file(const fs::path& file) {
    const fs::file_type type = fs::symlink_status(file).type();
    if (type != fs::file_type::not_found && type != fs::file_type::regular) {
        throw DataError(fmt::format("{} is no plain file: put the file itself there", file.string()));
    }
    return type == fs::file_type::regular;
}

/// Looks at all that there is to merge.
class Check {
public:
    explicit Check(const std::string& manifest) : manifest_(manifest) {}

    void run(const std::string& folder) {
        store::Reader results(folder); // closed again: a sweep may have thousands of parts
        store::check_manifest(results, manifest_, folder);
        for (const store::Trial& trial : results.trials()) {
            reflect::check_ranges<DataError>(trial.recipe); // the file may come from anybody
            is_plain_file(weights_file(folder, trial.id));
            is_plain_file(state_file(folder, trial.id));
            const auto [seen, is_new] = seen_.emplace(trial.conditions.data, Seen{folder, trial.conditions});
            store::check_same_images(trial.conditions, folder, seen->second.conditions,
                                     seen->second.folder + " has them",
                                     "merge what is of the same images into a folder of its own");
        }
    }

private:
    const std::string& manifest_;
    struct Seen {
        std::string folder;
        store::Conditions conditions;
    };
    std::map<std::string, Seen> seen_; ///< by the data set's name
};

/// What is refused is refused before anything is written.
void check_all(const std::string& run, const std::vector<std::string>& folders, const std::string& manifest) {
    for (const std::string& folder : folders) require_results(folder);
    Check check(manifest);
    check_no_strays(run);
    if (fs::exists(fs::path(run) / store::results_name)) check.run(run);
    for (const std::string& folder : folders) check.run(folder);
}

/// Makes `to` what `from` is: a copy, or no file where there is none.
void copy_or_remove(const fs::path& from, const fs::path& to) {
    if (is_plain_file(from)) {
        copy_durably(from, to);
    } else {
        fs::remove(to);
    }
}

/// A trial in a run folder, and the weights that it left there, if it did.
struct Record {
    const store::Outcome& outcome;
    fs::path weights;
};

/// Of two that finished the one with weights is worth more, so that none are lost in either order.
bool stands_before(const Record& theirs, const Record& ours) {
    const bool both_finished = theirs.outcome.disposition == Disposition::finished &&
                               ours.outcome.disposition == Disposition::finished;
    return store::is_further(theirs.outcome, ours.outcome) ||
           (both_finished && is_plain_file(theirs.weights) && !is_plain_file(ours.weights));
}

/// Takes over what in `folder` is further than what `writer` has, so that a kill leaves what the same command
/// mends. Files come before the row that speaks of them, as in a sweep.
void merge_from(const fs::path& folder, store::Writer& writer, const fs::path& run, Tally& tally) {
    store::Reader results(folder);
    const std::vector<store::Trial> trials = results.trials();
    std::vector<store::Request> requests;
    for (const store::Trial& trial : trials) {
        requests.push_back({.subject = trial.subject,
                            .conditions = trial.conditions,
                            .recipe_label = trial.recipe_label,
                            .recipe = trial.recipe});
    }
    const std::vector<store::Trial> here = writer.find_or_add(requests);
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const store::Trial& theirs = trials[i];
        const store::Trial& ours = here[i];
        if (store::standing_of(theirs.outcome.disposition) == store::Standing::open) {
            ++tally.open;
            continue;
        }
        const fs::path their_weights = weights_file(folder, theirs.id);
        const fs::path our_weights = weights_file(run, ours.id);
        if (!stands_before({theirs.outcome, their_weights}, {ours.outcome, our_weights})) {
            ++tally.kept;
            continue;
        }
        const auto take_files = [&] {
            copy_or_remove(their_weights, our_weights);
            copy_or_remove(state_file(folder, theirs.id), state_file(run, ours.id));
        };
        const auto take_row = [&] {
            writer.take_over(ours.id, theirs.outcome, results.epochs(theirs.id), results.run_of(theirs.id));
        };
        if (ours.outcome.disposition ==
            Disposition::finished) { // given again, a merge brings missing weights
            take_row();
            take_files();
        } else {
            take_files();
            take_row();
        }
        ++tally.taken;
    }
}

} // namespace

int run_merge(const Program& program, const std::vector<std::string>& arguments) {
    std::string run;
    std::vector<std::string> folders;
    bool json = false;
    CommandLine line("merge", "take the results of other run folders into one", "RUN FROM... [OPTION...]",
                     "  fractal merge runs/all runs/shard-*\n"
                     "  fractal merge runs/all runs/monday runs/tuesday --json\n");
    CommandLine::Group runs = line.group("Runs");
    runs.argument("RUN", run, "folder that takes them; made if there is none").required();
    runs.argument("FROM", folders,
                  "run folders of the same registry. A trial that both have stands as the one that came "
                  "further; one under way counts once it has ended. Given again, nothing changes")
        .required();
    line.json_flag(json, "a JSON object");
    if (!line.parse(arguments)) {
        return 0;
    }
    const std::string manifest = manifest_text(program.registry);
    check_all(run, folders, manifest);
    store::Writer writer(run, {.version = std::string(version),
                               .manifest = manifest,
                               .command_line = program.command_text(),
                               .machine = machine_text("cpu")});
    Tally tally;
    make_trial_folders(run);
    for (const std::string& folder : folders) merge_from(folder, writer, run, tally);
    writer.finish("");
    const auto counts = store::Reader(run).counts();
    if (json) {
        reflect::Json object{
            {"run", run}, {"taken", tally.taken}, {"kept", tally.kept}, {"open", tally.open}};
        object["dispositions"] = counts_json(counts);
        fmt::print("{}\n", reflect::json_text(object));
        return 0;
    }
    fmt::print("{} trials taken, {} as far here, {} not ended there\n{} in {}\n", tally.taken, tally.kept,
               tally.open, counts_text(counts), run);
    return 0;
}

} // namespace fractal::driver
