// Flag, environment, run: the first that says something.
#include "driver/data_source.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "data/dataset_names.hpp"

namespace fractal::driver {

namespace fs = std::filesystem;

std::string data_folder(const std::string& name, const std::string& given, const std::string& remembered) {
    if (std::ranges::find(data::dataset_names, name) == data::dataset_names.end()) {
        throw UsageError(fmt::format("there is no data set {}: expected one of {}{}", name,
                                     fmt::join(data::dataset_names, ", "),
                                     did_you_mean(name, data::dataset_names)));
    }
    if (!data::needs_folder(name)) {
        if (!given.empty()) {
            throw UsageError(
                fmt::format("--data-dir {} with --data {}, which reads no files: give --data cifar10, or "
                            "no folder",
                            given, name));
        }
        return {};
    }
    const char* environment = std::getenv("FRACTAL_DATA");
    const std::string folder = !given.empty()        ? given
                               : !remembered.empty() ? remembered
                                                     : std::string(environment == nullptr ? "" : environment);
    if (folder.empty()) {
        throw UsageError(
            fmt::format("{} is read from files: name their folder by --data-dir or in $FRACTAL_DATA", name));
    }
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        throw IoError(
            fmt::format("{} is no folder: expected the one that holds the files of {}", folder, name));
    }
    return fs::absolute(folder).lexically_normal().string();
}

void add_machine_options(CLI::App& app, MachineFlags& flags) {
    app.add_option("--data-dir", flags.data_dir, "folder of the data set's files (or $FRACTAL_DATA)")
        ->type_name("DIR")
        ->group("Data");
    app.add_option("--device", flags.device, "what computes (cpu)")->type_name("cpu|cuda")->group("Machine");
    app.add_option("--threads", flags.threads, "threads of the processor (0, one for each core)")
        ->type_name("N")
        ->group("Machine");
}

void check_machine(const MachineFlags& flags) {
    static constexpr std::array<std::string_view, 2> devices{"cpu", "cuda"};
    if (!flags.device.empty() && std::ranges::find(devices, flags.device) == devices.end()) {
        throw UsageError(fmt::format("--device is {}: expected one of {}{}", flags.device,
                                     fmt::join(devices, ", "), did_you_mean(flags.device, devices)));
    }
    constexpr int most_threads = 4096;
    if (flags.threads < -1 || flags.threads > most_threads) {
        throw UsageError(fmt::format("--threads is {}: expected a whole number from 0 to {}", flags.threads,
                                     most_threads));
    }
}

} // namespace fractal::driver
