// One data set at a time, and what a trial expects of it.
#include "driver/sweep_data.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"
#include "data/dataset_names.hpp"

namespace fractal::driver {

namespace fs = std::filesystem;

const DataSummary& SweepData::open(const std::string& source, std::int64_t validation_images) {
    constexpr std::uint64_t split_seed = 0;
    const bool same_split = validation_images == validation_images_ || summary_.own_split;
    if (source != source_ || !same_split) {
        source_.clear();
        const std::string folder = folder_of_(source);
        summary_ = trainer_.open({.name = source, .folder = folder}, validation_images, split_seed);
        source_ = source;
        validation_images_ = validation_images;
        if (data::is_data_file(source)) files_.insert_or_assign(std::string(summary_.name), source);
    }
    return summary_;
}

std::string SweepData::source_of(const store::Conditions& conditions) const {
    if (conditions.data_file.empty()) return conditions.data;
    if (const auto known = files_.find(conditions.data); known != files_.end()) return known->second;
    std::error_code ignored;
    return moved_.empty() || fs::exists(conditions.data_file, ignored) ? conditions.data_file : moved_;
}

const DataSummary& SweepData::open(const store::Trial& trial) {
    const std::string source = source_of(trial.conditions);
    const DataSummary& summary = open(source, trial.recipe.validation_images);
    if (trial.conditions.data != summary.name) {
        throw DataError(fmt::format(
            "trial {} was asked for on {}, but {} now holds {}: put the file back that it was begun "
            "with, or name its place (--data FILE); to train on this one, name variants to add",
            trial.id, trial.conditions.data, source, summary.name));
    }
    return summary;
}

const DataSummary& SweepData::open_to_train(const store::Trial& trial) {
    const DataSummary& summary = open(trial);
    if (trial.conditions.train_images != summary.train_images ||
        trial.conditions.validation_images != summary.validation_images) {
        throw DataError(
            fmt::format("trial {} was asked for on {} + {} images of {} (training + held out), but the "
                        "folder now given has {} + {}: give the folder it was begun with (--data-dir)",
                        trial.id, trial.conditions.train_images, trial.conditions.validation_images,
                        trial.conditions.data, summary.train_images, summary.validation_images));
    }
    return summary;
}

} // namespace fractal::driver
