// The arguments of one command: CLI11 with this project's help text and messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace fractal::driver {

/// The flags and arguments of a command. Options added to `app()` are keys of its configuration file too.
class CommandLine {
public:
    /// `usage` is what follows the command's name in `Usage:`; `examples` are lines of a shell.
    CommandLine(std::string_view command, std::string_view summary, std::string_view usage,
                std::string_view examples);

    CLI::App& app() { return app_; }

    /// Reads the arguments into what the options are bound to. False if help was asked for, and printed.
    /// Throws UsageError, for an unknown flag or key with near misses, and IoError for a configuration file
    /// that cannot be read.
    bool parse(const std::vector<std::string>& arguments);

private:
    std::string help() const;
    std::string option_lines(const CLI::Option& option, std::size_t width) const;
    [[noreturn]] void refuse_extras() const;
    std::vector<std::string> flags() const;

    CLI::App app_;
    std::string command_, summary_, usage_, examples_;
};

/// Adds `--json`.
void add_json_flag(CLI::App& app, bool& json, const std::string& what);

/// `text` in lines of at most `width` characters, broken at blanks; lines but the first begin with `indent`
/// blanks.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

} // namespace fractal::driver
