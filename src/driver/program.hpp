// What every command of the driver is given, and what a command is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fractal/registry/registry.hpp>
#include <fractal/registry/selection.hpp>

namespace fractal::driver {

/// The program that runs: its variants, and how it was called.
struct Program {
    const Registry& registry;
    std::span<const NamedSelection> selections;
    std::vector<std::string> command_line; ///< as it was given, the program's name first

    /// The command as a person would type it again, quoted for a shell.
    std::string command_text() const;
    /// What to type to call this program: its name as it was given, quoted for a shell.
    std::string name() const;
};

/// `text` as one word of a POSIX shell.
std::string shell_word(std::string_view text);

/// A command: `fractal NAME ARGUMENT...`. `run` returns the exit status and throws Error.
struct Command {
    std::string_view name;
    std::string_view summary; ///< one line for the list of commands
    int (*run)(const Program& program, const std::vector<std::string>& arguments);
};

int run_list(const Program& program, const std::vector<std::string>& arguments);
int run_score(const Program& program, const std::vector<std::string>& arguments);
int run_show(const Program& program, const std::vector<std::string>& arguments);
int run_train(const Program& program, const std::vector<std::string>& arguments);
int run_search(const Program& program, const std::vector<std::string>& arguments);
int run_replay(const Program& program, const std::vector<std::string>& arguments);
int run_watch(const Program& program, const std::vector<std::string>& arguments);
int run_eval(const Program& program, const std::vector<std::string>& arguments);
int run_report(const Program& program, const std::vector<std::string>& arguments);
int run_export(const Program& program, const std::vector<std::string>& arguments);
int run_results(const Program& program, const std::vector<std::string>& arguments);
int run_data(const Program& program, const std::vector<std::string>& arguments);
int run_merge(const Program& program, const std::vector<std::string>& arguments);
int run_rank(const Program& program, const std::vector<std::string>& arguments);

} // namespace fractal::driver
