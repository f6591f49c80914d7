// A table of commands, read.
#include "driver/commands.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"

namespace fractal::driver {

std::string command_lines(std::span<const Command> commands) {
    const auto longest =
        std::ranges::max_element(commands, {}, [](const Command& c) { return c.name.size(); });
    const std::size_t width = longest == commands.end() ? 0 : longest->name.size();
    std::string lines;
    for (const Command& command : commands)
        lines += fmt::format("  {:<{}}  {}\n", command.name, width, command.summary);
    return lines;
}

const Command& find_command(std::span<const Command> commands, std::string_view name,
                            std::string_view caller) {
    const auto found = std::ranges::find(commands, name, &Command::name);
    if (found != commands.end()) return *found;
    std::vector<std::string_view> names;
    for (const Command& command : commands) names.push_back(command.name);
    throw UsageError(
        fmt::format("{} is no command ({} --help lists them){}", name, caller, did_you_mean(name, names)));
}

} // namespace fractal::driver
