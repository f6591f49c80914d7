// `fractal data`: the commands that are about images.
#include <array>
#include <cstdio>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/commands.hpp"
#include "driver/data_command.hpp"
#include "driver/library.hpp"
#include "driver/say.hpp"

namespace fractal::driver {
namespace {

constexpr std::array commands{
    Command{"fetch", "download, check and unpack CIFAR-10 or CIFAR-100", run_data_fetch},
    Command{"show", "what a data set or a file of your own holds", run_data_show},
};

std::string help_text() {
    return "fractal data: get data sets, and see what they hold\n\nUsage: fractal data COMMAND "
           "[ARGUMENT...]\n"
           "\nCommands:\n" +
           command_lines(commands) +
           "\nOptions:\n"
           "  -h, --help   this text; fractal data COMMAND --help says all about a command\n"
           "\nExamples:\n"
           "  fractal data fetch cifar10\n"
           "  fractal data show cifar10\n"
           "  fractal data show pets.safetensors\n";
}

} // namespace

std::unique_ptr<DataTools> load_data_tools() {
    constexpr Library library{.what = "library of data tools",
                              .file = "libfractal_fetch.so",
                              .variable = "FRACTAL_FETCH",
                              .target = "fractal_fetch"};
    static const auto entry = reinterpret_cast<DataToolsEntry>(find_symbol(library, data_tools_entry_name));
    return std::unique_ptr<DataTools>(entry());
}

int run_data(const Program& program, const std::vector<std::string>& arguments) {
    if (arguments.empty()) {
        say("{}", help_text());
        return UsageError("").exit_code;
    }
    if (arguments[0] == "--help" || arguments[0] == "-h") {
        fmt::print("{}", help_text());
        return 0;
    }
    return find_command(commands, arguments[0], "fractal data")
        .run(program, {arguments.begin() + 1, arguments.end()});
}

} // namespace fractal::driver
