// One member after the other.
#include "driver/training_session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/version.hpp"
#include "data/dataset_names.hpp"
#include "driver/backend_loader.hpp"
#include "driver/data_source.hpp"
#include "driver/shard.hpp"
#include "driver/tensorboard_view.hpp"
#include "driver/trial_files.hpp"
#include "driver/trial_plan.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

/// What is asked for, on the data that are open: a validation split of theirs stands in the recipe as it is.
Order order_of(const TrainingOptions& options, const RunSettings& settings,
               const std::optional<InitWeights>& init_weights, SweepData& data) {
    Order order{.data = options.source(),
                .preset = options.preset(),
                .recipe = recipe_of(options, settings.memory_budget),
                .seeds = options.seeds};
    if (init_weights) {
        order.init_weights = init_weights->stored.file.string();
        order.recipe.init_weights = init_weights->hash;
    }
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

/// Those that trials begin from, where the options name a file.
std::optional<InitWeights> init_weights_of(const TrainingOptions& options) {
    if (options.init_weights.empty()) return std::nullopt;
    return read_init_weights(options.init_weights);
}

/// A file that no trial of the run begins from is named by mistake.
void check_that_one_begins_from(const InitWeights& weights, const std::filesystem::path& run) {
    const auto begins = [&](const store::Trial& trial) { return trial.recipe.init_weights == weights.hash; };
    if (std::ranges::any_of(store::Reader(run).trials(), begins)) return;
    throw UsageError(fmt::format(
        "--init-weights {}: no trial of {} begins from these weights; leave it out, or name variants "
        "to add",
        weights.stored.file.string(), run.string()));
}

/// Opens the data of a trial to go on with, if there is one, before a folder that lacks them is remembered.
void open_to_go_on(SweepData& data, const std::string& data_dir, const std::filesystem::path& run) {
    std::vector<store::Trial> trials = store::Reader(run).trials();
    std::erase_if(trials, [](const store::Trial& one) { return !data::needs_folder(one.conditions.data); });
    if (trials.empty()) {
        throw UsageError(fmt::format("--data-dir {}: no trial of {} reads a folder of data; leave it out",
                                     data_dir, run.string()));
    }
    for (const bool retry_failed : {false, true}) {
        const auto trial = std::ranges::find_if(
            trials, [&](const store::Trial& one) { return is_to_train(one, retry_failed); });
        if (trial == trials.end()) continue;
        data.open_to_train(*trial);
        return;
    }
}

/// The run's folder, whose trials are the files' that lie in it.
std::filesystem::path sound_run_folder(const TrainingOptions& options) {
    std::filesystem::path run = run_folder_of(options);
    check_no_strays(run);
    return run;
}

} // namespace

TrainingSession::TrainingSession(const Program& program, const TrainingOptions& options)
    : run_(sound_run_folder(options)),
      settings_(settings_of(options, run_)),
      sweep_options_(sweep_options_of(options, settings_, run_)),
      init_weights_(init_weights_of(options)),
      trainer_(load_trainer({.device = settings_.device,
                             .threads = settings_.threads,
                             .memory_budget = settings_.memory_budget,
                             .cuda_graphs = settings_.cuda_graphs})),
      data_(
          *trainer_, [this](const std::string& name) { return folder_if_needed(name, settings_.data_dir); },
          options.data.empty() ? std::string() : options.source()),
      requests_(asked_for(program, options)),
      writer_(run_, {.version = std::string(version),
                     .manifest = manifest_text(program.registry),
                     .command_line = program.command_text(),
                     .machine = machine_text(settings_.device)}) {
    if (init_weights_) sweep_options_.init_weights = &*init_weights_;
    write_settings(run_, settings_);
}

std::vector<store::Request> TrainingSession::asked_for(const Program& program,
                                                       const TrainingOptions& options) {
    if (!options.asks()) {
        if (init_weights_) check_that_one_begins_from(*init_weights_, run_);
        if (!options.machine.data_dir.empty()) open_to_go_on(data_, options.machine.data_dir, run_);
        return {};
    }
    const Order order = order_of(options, settings_, init_weights_, data_);
    const std::vector<const Variant*> variants =
        choose(program.registry, program.selections, options.wanted).variants;
    const DataSummary& summary = data_.open(order.data, order.recipe.validation_images);
    check_shapes(program.registry, variants, summary);
    check_distinct(variants);
    trainer_->check(order.recipe);
    if (init_weights_) check_init_weights(*init_weights_, variants, summary.classes);
    std::vector<store::Request> requests = requests_of(order, variants, summary);
    return options.shard.empty() ? requests : part_of(requests, parse_shard(options.shard));
}

double TrainingSession::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::unique_ptr<SweepView> TrainingSession::with_curves(std::unique_ptr<SweepView> view) const {
    if (settings_.tensorboard.empty()) return view;
    return both(tensorboard_view(run_, settings_.tensorboard), std::move(view));
}

} // namespace fractal::driver
