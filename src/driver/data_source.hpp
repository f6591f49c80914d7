// Which data set was asked for, and where it lies.
#pragma once

#include <string>

namespace fractal::driver {

class CommandLine;

/// Where `fractal data fetch` puts data sets if nothing else is said, and where they are looked for last.
inline constexpr const char* default_data_dir = "data";

/// The folder that $FRACTAL_DATA names, or nothing.
std::string environment_folder();

/// The folder that `given` (a flag), `remembered` (of the run) or $FRACTAL_DATA names for data set `name`, or
/// else the default one if it is there, as an absolute path; empty for a data set that needs none and for a
/// data file. Throws UsageError for a data set that there is not, with near misses, and for one whose folder
/// nobody named; IoError for what is no folder, and for a data file that is not there.
std::string data_folder(const std::string& name, const std::string& given,
                        const std::string& remembered = {});

/// `name` of a data set as it is, and of a data file as an absolute path: what a run remembers.
std::string data_source(const std::string& name);

/// Flags of the commands that compute. Members that are empty or negative were not given.
struct MachineFlags {
    std::string data_dir;
    std::string device;
    int threads = -1;
};
void add_machine_options(CommandLine& line, MachineFlags& flags);

/// Throws UsageError for a device other than cpu and cuda, and for a number of threads out of range.
void check_machine(const MachineFlags& flags);

} // namespace fractal::driver
