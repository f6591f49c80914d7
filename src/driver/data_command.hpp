// What the commands of `fractal data` share.
#pragma once

#include <memory>

#include "driver/program.hpp"
#include "fetch/data_tools.hpp"

namespace fractal::driver {

/// The tools of libfractal_fetch, or of the file that $FRACTAL_FETCH names. Throws IoError if they cannot be
/// loaded.
std::unique_ptr<DataTools> load_data_tools();

int run_data_fetch(const Program& program, const std::vector<std::string>& arguments);
int run_data_show(const Program& program, const std::vector<std::string>& arguments);

} // namespace fractal::driver
