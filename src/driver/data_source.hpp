// Which data set was asked for, and where it lies.
#pragma once

#include <string>

namespace fractal::driver {

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

/// The same, where `given` is for whichever of the data sets reads files.
std::string folder_if_needed(const std::string& name, const std::string& given,
                             const std::string& remembered = {});

/// `name` of a data set as it is, and of a data file as an absolute path: what a run remembers.
std::string data_source(const std::string& name);

} // namespace fractal::driver
