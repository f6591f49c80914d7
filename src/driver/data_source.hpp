// Which data set was asked for, and where it lies.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace fractal::driver {

/// The folder that `given` (a flag) or $FRACTAL_DATA or `remembered` (of the run) names for data set `name`,
/// as an absolute path; empty for a data set that needs none. Throws UsageError for a data set that there is
/// not, with near misses, and for one whose folder nobody named; IoError for what is no folder.
std::string data_folder(const std::string& name, const std::string& given,
                        const std::string& remembered = {});

/// Flags of the commands that compute. Members that are empty or negative were not given.
struct MachineFlags {
    std::string data_dir;
    std::string device;
    int threads = -1;
};
void add_machine_options(CLI::App& app, MachineFlags& flags);

/// Throws UsageError for a device other than cpu and cuda, and for a number of threads out of range.
void check_machine(const MachineFlags& flags);

} // namespace fractal::driver
