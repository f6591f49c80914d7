// On what a command computes.
#pragma once

#include <string>

#include "driver/run_folder.hpp"
#include "train/trainer.hpp"

namespace fractal::driver {

class CommandLine;

/// Flags of the commands that compute. Members that are empty or negative were not given.
struct MachineFlags {
    std::string data_dir;
    std::string device;
    int threads = -1;
};
void add_machine_options(CommandLine& line, MachineFlags& flags);

/// Throws UsageError for a device other than cpu and cuda, and for a number of threads out of range.
void check_machine(const MachineFlags& flags);

/// What the flags say, and where they say nothing a run's settings; it refers to both.
Hardware hardware_of(const MachineFlags& flags, const RunSettings& settings);

} // namespace fractal::driver
