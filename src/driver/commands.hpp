// Choosing one of several commands by its name.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "driver/program.hpp"

namespace fractal::driver {

/// The lines of a help text that list the commands.
std::string command_lines(std::span<const Command> commands);

/// The command called `name`. Throws UsageError with near misses; `caller`, such as `fractal data`, lists
/// them.
const Command& find_command(std::span<const Command> commands, std::string_view name,
                            std::string_view caller);

} // namespace fractal::driver
