// Finds the command, runs it, and turns errors into a line and an exit status.
#include <fractal/driver/driver.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/version.hpp"
#include "driver/commands.hpp"
#include "driver/program.hpp"
#include "driver/say.hpp"
#include "driver/terminal.hpp"

namespace fractal {
namespace driver {
namespace {

constexpr std::array commands{
    Command{"list", "the variants that were compiled in, and what each costs", run_list},
    Command{"show", "one variant: layers, shapes, costs and a drawing of its columns", run_show},
    Command{"score", "what can be known of variants before training, and what it says of accuracy",
            run_score},
    Command{"train", "train variants, one after another in one process, and record the results", run_train},
    Command{"search", "find the best of many variants for less than training all of them costs", run_search},
    Command{"replay", "what a search would have found in a run that trained all, and for how much",
            run_replay},
    Command{"watch", "a sweep in progress, from another terminal", run_watch},
    Command{"rank", "the best variants of a run, and what became of the others", run_rank},
    Command{"results", "the rows of a run for other programs, as CSV or JSON lines", run_results},
    Command{"merge", "take the results of other run folders into one", run_merge},
    Command{"report", "a run as one HTML page, to read in a browser, offline", run_report},
    Command{"eval", "evaluate weights of a variant on the test set", run_eval},
    Command{"export", "take a network and its weights to other programs", run_export},
    Command{"data", "get data sets, and see what they hold", run_data},
};

std::string help_text() {
    return "fractal: every variant of a fractal network, compiled\n\nUsage: fractal COMMAND [ARGUMENT...]\n"
           "\nCommands:\n" +
           command_lines(commands) +
           "\nOptions:\n"
           "  -h, --help   this text; fractal COMMAND --help says all about a command\n"
           "  --version    the version of this program\n"
           "\nExamples:\n"
           "  fractal list 'paper/d3-c2-*' --sort parameters\n"
           "  fractal show paper/d3-c2-conv3.bn.relu\n"
           "  fractal train --select tiny-deep --epochs 1 --run runs/first\n"
           "  fractal rank runs/first\n";
}

int run(const Program& program) {
    const std::span<const std::string> words = std::span(program.command_line).subspan(1);
    if (words.empty()) {
        say("{}", help_text());
        return UsageError("").exit_code;
    }
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        if (words.size() > 1 && words[0] == "help") {
            return find_command(commands, words[1], "fractal").run(program, {"--help"});
        }
        fmt::print("{}", help_text());
        return 0;
    }
    if (words[0] == "--version") {
        fmt::print("fractal {}, {} variants\n", version, program.registry.all().size());
        return 0;
    }
    return find_command(commands, words[0], "fractal").run(program, {words.begin() + 1, words.end()});
}

int report(std::string_view message, int status) {
    say("{} {}\n", paint(terminal_of(stderr).colour, Ink::red, "fractal:"), message);
    return status;
}

} // namespace
} // namespace driver

int driver_main(int argc, char** argv, const Registry& registry, std::span<const NamedSelection> selections) {
    constexpr int software = 70; // EX_SOFTWARE
    try {
        driver::Program program{
            .registry = registry, .selections = selections, .command_line = {argv, argv + argc}};
        if (program.command_line.empty()) {
            program.command_line.emplace_back("fractal");
        }
        const int status = driver::run(program);
        if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && status == 0) {
            throw IoError("the output could not be written: expected a disk or pipe that takes it");
        }
        return status;
    } catch (const Error& error) {
        return driver::report(error.what(), error.exit_code);
    } catch (const std::system_error& error) { // of a file, or of the standard output
        return driver::report(error.what(), IoError("").exit_code);
    } catch (const std::exception& error) {
        return driver::report(fmt::format("unexpected: {}", error.what()), software);
    }
}

} // namespace fractal
