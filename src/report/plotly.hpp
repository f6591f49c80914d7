// Plotly's JavaScript, which draws a report's charts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fractal::report {

/// Where plotly.min.js is looked for: the file in $FRACTAL_PLOTLY alone where that is set; else beside this
/// program as it is installed (../share/fractal), then where the build found it.
std::vector<std::filesystem::path> plotly_candidates();

/// The text of plotly.min.js. Throws IoError, with where it was looked for and the remedy, where there is
/// none or it cannot be read, and DataError for a file that is not it.
std::string plotly_javascript();

} // namespace fractal::report
