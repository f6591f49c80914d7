// A run folder apart from its trials: its name, where it was, and what a resumed run takes up untold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "reflect/fields.hpp"
#include "store/rows.hpp"

namespace fractal::driver {

/// Kept in `RUN/settings.json`: what trains, apart from what the results say of each trial.
struct RunSettings {
    std::string data_dir = {};
    std::string device = "cpu";
    std::int32_t threads = 0;
    std::int64_t memory_budget = 0;
    bool cuda_graphs = false;
    bool weights = true;
    std::string tensorboard = {};
};

/// Settings of the run in `folder`, the defaults where it has none. Throws DataError for a damaged file,
/// and IoError for one that cannot be read.
RunSettings read_settings(const std::filesystem::path& folder);

/// Throws UsageError for settings that JSON cannot hold: names that are not UTF-8.
void check_settings(const RunSettings& settings);

/// Writes them so that a crash leaves the old file or the new one. Throws IoError.
void write_settings(const std::filesystem::path& folder, const RunSettings& settings);

/// `runs/20260131-235959`, of the time in UTC; with a number appended where there is such a folder.
std::filesystem::path new_run_folder();

/// Throws IoError unless `folder` holds results; the message names what looks like it nearby.
void require_results(const std::filesystem::path& folder);

/// Processor, cores and operating system of this machine, and the device that is used.
std::string machine_text(const std::string& device);

} // namespace fractal::driver

template <>
struct fractal::reflect::Fields<fractal::driver::RunSettings> {
    using R = driver::RunSettings;
    static constexpr auto list = hana::make_tuple(
        field<"data_dir", &R::data_dir>(
            "folder of the data set, as an absolute path; empty where it needs none"),
        field<"device", &R::device>("cpu or cuda"),
        field<"threads", &R::threads>("threads of LibTorch; 0 is one for each core", {}, between(0, 4096)),
        field<"memory_budget", &R::memory_budget>("what a trial's tensors may take; 0 is no limit of its own",
                                                  "bytes", at_least(0)),
        field<"cuda_graphs", &R::cuda_graphs>("whether steps are recorded in CUDA graphs"),
        field<"weights", &R::weights>("whether the weights of finished trials are kept"),
        field<"tensorboard", &R::tensorboard>(
            "folder for TensorBoard's event files, as an absolute path; empty: none are written"));
};
