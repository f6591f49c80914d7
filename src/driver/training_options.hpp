// What every command that trains can be told: variants, data, machine, run folder and recipe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "driver/data_source.hpp"
#include "driver/machine_flags.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/select.hpp"
#include "driver/sweep.hpp"
#include "reflect/overlay.hpp"
#include "train/recipe_fields.hpp"

namespace fractal::driver {

class CommandLine;

/// As it was typed. Texts that are empty were not given.
struct TrainingOptions {
    Wanted wanted;
    std::string data;
    MachineFlags machine;
    std::string recipe; ///< empty: fast
    reflect::Overlay<Recipe> overlay;
    int seeds = 1;
    std::string shard; ///< of the trials that are asked for; empty: all
    std::string run;
    std::string resume;
    std::string time_limit;
    std::string trial_time_limit;
    std::string save_every;
    std::string memory_budget;
    std::string tensorboard;
    std::string init_weights;
    bool cuda_graphs = false;
    std::optional<bool> weights;
    bool json = false;

    /// Variants are named, so trials are asked for beyond those that a resumed run has.
    bool asks() const { return !wanted.open(); }
    /// The name of the recipe that flags override.
    std::string preset() const { return recipe.empty() ? "fast" : recipe; }
    /// The data set that is asked for, by its name or the absolute path of its file.
    std::string source() const { return data.empty() ? "shapes" : data_source(data); }
};

/// Adds all of them to a command but `--seeds` and `--shard`.
void add_training_options(CommandLine& line, TrainingOptions& options);

/// Throws for what can be refused before a folder is made and before LibTorch is loaded: UsageError for flags
/// that are no such values or contradict each other, for a recipe that cannot be and for variants that there
/// are not, IoError for a run to go on with that is none.
void check_training_options(const Program& program, const TrainingOptions& options);

/// The preset, with what flags and configuration file say; by default `--checkpoint auto` where a trial's
/// memory is bounded, by so many bytes, and not by 0.
Recipe recipe_of(const TrainingOptions& options, std::int64_t memory_budget);

/// The folder that is gone on with, begun, or named by the time.
std::filesystem::path run_folder_of(const TrainingOptions& options);

/// The settings of the run, with what the flags say. Throws UsageError where they contradict each other.
RunSettings settings_of(const TrainingOptions& options, const std::filesystem::path& run);

/// How a sweep of the run goes, by the flags and the run's settings. `--time-limit` counts from this call.
SweepOptions sweep_options_of(const TrainingOptions& options, const RunSettings& settings,
                              const std::filesystem::path& run);

} // namespace fractal::driver
