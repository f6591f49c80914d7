// The files of trials in a run folder: their weights, and the states that they go on from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "store/rows.hpp"

namespace fractal::driver {

/// Where a trial that has finished has its weights, and one that has not its state.
std::filesystem::path weights_file(const std::filesystem::path& run, std::int64_t trial);
std::filesystem::path state_file(const std::filesystem::path& run, std::int64_t trial);

/// Makes the folders of `run` that these files lie in. Throws IoError.
void make_trial_folders(const std::filesystem::path& run);

/// Throws DataError for files of trials in a folder without results: trials are numbered anew in it, and
/// would go on from the files of others.
void check_no_strays(const std::filesystem::path& run);

/// Removes from `run` what an end without warning left behind: states of trials that have finished or were
/// pruned, and files that were being written. For the one that holds the run's lock.
void remove_leftovers(const std::filesystem::path& run, std::span<const store::Trial> trials);

} // namespace fractal::driver
