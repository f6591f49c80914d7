// The arguments of one command, with this project's help text and messages. What reads them is CLI11, which
// no other unit sees: it is large, and compiled anew in each that does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reflect/fields.hpp"

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace fractal::driver {

/// The flags and arguments of a command. Options are keys of its configuration file too.
class CommandLine {
public:
    /// What an option is read into; it must outlive the command line. What is given again overrides what was
    /// given before, or is added to a vector.
    using Target =
        std::variant<std::reference_wrapper<std::string>, std::reference_wrapper<std::optional<std::string>>,
                     std::reference_wrapper<std::vector<std::string>>, std::reference_wrapper<std::int32_t>,
                     std::reference_wrapper<std::optional<std::int32_t>>,
                     std::reference_wrapper<std::vector<std::int32_t>>, std::reference_wrapper<std::int64_t>,
                     std::reference_wrapper<std::uint64_t>,
                     std::reference_wrapper<std::optional<std::uint64_t>>>;

    /// An option that was added, to say more of it.
    class Option {
    public:
        Option& required();
        /// Each time it is given it takes one value.
        Option& one_at_a_time();
        /// One value, or several with commas between them.
        Option& separated_by_commas();
        /// Parsing throws UsageError for what is no whole number in this range.
        Option& whole_number(const reflect::Range& range);
        /// Not to be given with `other`.
        Option& excludes(const Option& other);

    private:
        friend CommandLine;
        explicit Option(CLI::Option& option) : option_(&option) {}
        CLI::Option* option_;
    };

    /// The options under one heading of the help text.
    class Group {
    public:
        /// What stands on the line without a flag before it: `PATTERN`.
        Option argument(const std::string& name, Target, const std::string& meaning);
        /// `--run DIR`.
        Option option(const std::string& flag, const std::string& value_name, Target,
                      const std::string& meaning);
        /// `--lr NUMBER`, with `read` called with what was given.
        Option option(const std::string& flag, const std::string& value_name,
                      std::function<void(const std::string&)> read, const std::string& meaning);
        /// `--json`.
        Option flag(const std::string& flag, bool& given, const std::string& meaning);
        /// `--nesterov, --no-nesterov`, with `set` called with what was given last. Parsing throws UsageError
        /// for `--nesterov=maybe`.
        Option negatable_flag(const std::string& flag, std::function<void(bool)> set,
                              const std::string& meaning);
        /// `--config FILE`, a TOML file whose keys are the options without dashes; an option beats a key.
        void config();

    private:
        friend CommandLine;
        Group(CLI::App& app, std::string heading) : app_(&app), heading_(std::move(heading)) {}
        Option added(CLI::Option& option) const;

        CLI::App* app_;
        std::string heading_;
    };

    /// `usage` is what follows the command's name in `Usage:`; `examples` are lines of a shell.
    CommandLine(std::string_view command, std::string_view summary, std::string_view usage,
                std::string_view examples);
    ~CommandLine();

    /// A heading; headings stand in the order of their first options.
    Group group(std::string heading) { return {*app_, std::move(heading)}; }
    /// Adds `--json`.
    void json_flag(bool& json, const std::string& what) { group("Output").flag("--json", json, what); }

    /// Reads the arguments into what the options are bound to. False if help was asked for, and printed.
    /// Throws UsageError, for an unknown flag or key with near misses, and IoError for a configuration file
    /// that cannot be read.
    bool parse(const std::vector<std::string>& arguments);

    /// What `--help` prints, as wide as the terminal.
    std::string help() const;

private:
    [[noreturn]] void refuse_extras() const;
    std::vector<std::string> flags() const;

    std::unique_ptr<CLI::App> app_;
    std::string command_, summary_, usage_, examples_;
};

/// `text` in lines of at most `width` characters, broken at blanks; lines but the first begin with `indent`
/// blanks.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

} // namespace fractal::driver
