// A file of records that grows, and is mended when it goes on.
#pragma once

#include <filesystem>

#include "tensorboard/trial_events.hpp"

namespace fractal::tensorboard {

/// Makes `file` hold the records of `events`, and makes its folder. What it has of them already stays where
/// it is, so that a TensorBoard that reads it meanwhile goes on; what follows (half a record of a process
/// that was killed, epochs that are trained anew) is cut off, and the rest appended. Throws IoError, and
/// DataError if the file is of another trial, by the heading; it is then left as it is.
void bring_up_to_date(const std::filesystem::path& file, const TrialEvents& events);

} // namespace fractal::tensorboard
