// Help in two columns, and CLI11's errors in this project's words.
#include "driver/command_line.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "driver/terminal.hpp"
#include "reflect/value_text.hpp"

namespace fractal::driver {
namespace {

constexpr std::size_t left_column = 30;
constexpr std::size_t widest = 100;

/// `-h, --help`, `--nesterov, --no-nesterov`, `--lr NUMBER`, `PATTERN...`.
std::string names_of(const CLI::Option& option) {
    const bool positional = option.get_positional();
    std::string names = option.get_name(positional, !positional);
    // A negated flag is `--no-nesterov{false}`; names are separated by a bare comma.
    for (std::size_t open = names.find('{'); open != std::string::npos; open = names.find('{')) {
        names.erase(open, names.find('}', open) - open + 1);
    }
    for (std::size_t at = names.find(','); at != std::string::npos; at = names.find(',', at + 2)) {
        names.insert(at + 1, " ");
    }
    if (positional) {
        return names + (option.get_items_expected_max() > 1 ? "..." : "");
    }
    return option.get_type_size() == 0 ? names : names + " " + option.get_type_name();
}

std::string option_lines(const CLI::Option& option, std::size_t width) {
    const std::string names = "  " + names_of(option);
    const std::string gap = names.size() + 2 > left_column ? "\n" + std::string(left_column, ' ')
                                                           : std::string(left_column - names.size(), ' ');
    return names + gap + wrapped(option.get_description(), width, left_column) + "\n";
}

} // namespace

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    std::string lines;
    std::size_t column = indent;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const std::size_t length = display_width(word);
        if (column > indent && column + 1 + length > width) {
            lines += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += length;
        at = end + 1;
    }
    return lines;
}

CommandLine::Option& CommandLine::Option::required() {
    option_->required();
    return *this;
}

CommandLine::Option& CommandLine::Option::one_at_a_time() {
    option_->allow_extra_args(false);
    return *this;
}

CommandLine::Option& CommandLine::Option::separated_by_commas() {
    option_->delimiter(',')->allow_extra_args(false);
    return *this;
}

CommandLine::Option& CommandLine::Option::whole_number(const reflect::Range& range) {
    // In decimal: CLI11 itself would read 010 as eight.
    option_->transform([name = option_->get_name(), range](const std::string& text) {
        return std::to_string(reflect::parse_member<UsageError, std::int64_t>(name, text, range));
    });
    return *this;
}

CommandLine::Option& CommandLine::Option::excludes(const Option& other) {
    option_->excludes(other.option_);
    return *this;
}

CommandLine::Option CommandLine::Group::added(CLI::Option& option) const {
    option.group(heading_);
    return Option(option);
}

CommandLine::Option CommandLine::Group::argument(const std::string& name, Target target,
                                                 const std::string& meaning) {
    return std::visit([&](auto value) { return added(*app_->add_option(name, value.get(), meaning)); },
                      target);
}

CommandLine::Option CommandLine::Group::option(const std::string& flag, const std::string& value_name,
                                               Target target, const std::string& meaning) {
    const Option option = argument(flag, target, meaning);
    option.option_->type_name(value_name);
    return option;
}

CommandLine::Option CommandLine::Group::option(const std::string& flag, const std::string& value_name,
                                               std::function<void(const std::string&)> read,
                                               const std::string& meaning) {
    CLI::Option* const option = app_->add_option_function<std::string>(flag, std::move(read), meaning);
    return added(*option->type_name(value_name));
}

CommandLine::Option CommandLine::Group::flag(const std::string& flag, bool& given,
                                             const std::string& meaning) {
    return added(*app_->add_flag(flag, given, meaning));
}

CommandLine::Option CommandLine::Group::negatable_flag(const std::string& flag, std::function<void(bool)> set,
                                                       const std::string& meaning) {
    // CLI11 counts a given flag up and a negated one down.
    CLI::Option* const option = app_->add_flag_function(
        fmt::format("{},!--no-{}", flag, flag.substr(2)),
        [set = std::move(set)](std::int64_t count) { set(count > 0); }, meaning);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    option->check([flag](const std::string& text) {
        reflect::parse_member<UsageError, bool>(flag, text, {});
        return std::string();
    });
    return added(*option);
}

void CommandLine::Group::config() {
    CLI::Option* const option = app_->set_config(
        "--config", "", "TOML file whose keys are these flags without dashes; a flag overrides a key");
    option->type_name("FILE")->group(heading_);
}

CommandLine::CommandLine(std::string_view command, std::string_view summary, std::string_view usage,
                         std::string_view examples)
    : app_(std::make_unique<CLI::App>(std::string(summary), "fractal " + std::string(command))),
      command_(command),
      summary_(summary),
      usage_(usage),
      examples_(examples) {
    app_->set_help_flag("-h,--help", "this text");
    app_->get_help_ptr()->group("Other");
    app_->allow_config_extras(CLI::config_extras_mode::error);
}

CommandLine::~CommandLine() = default;

std::string CommandLine::help() const {
    const std::size_t width = std::min(terminal_of(stdout).width, widest);
    std::string text = wrapped(fmt::format("fractal {}: {}", command_, summary_), width, 0);
    text += "\n\nUsage: " + wrapped(fmt::format("fractal {} {}", command_, usage_), width, 9) + "\n";
    std::vector<std::string> groups;
    for (const CLI::Option* option : app_->get_options()) {
        const std::string& group = option->get_group();
        if (!group.empty() && std::ranges::find(groups, group) == groups.end()) {
            groups.push_back(group);
        }
    }
    // --help was added first and is wanted last.
    std::ranges::stable_partition(groups, [](const std::string& group) { return group != "Other"; });
    for (const std::string& group : groups) {
        text += "\n" + group + ":\n";
        for (const CLI::Option* option : app_->get_options()) {
            if (option->get_group() == group) {
                text += option_lines(*option, width);
            }
        }
    }
    return text + "\nExamples:\n" + examples_;
}

std::vector<std::string> CommandLine::flags() const {
    std::vector<std::string> flags;
    for (const CLI::Option* option : app_->get_options()) {
        for (const std::string& name : option->get_lnames()) {
            flags.push_back("--" + name);
        }
    }
    return flags;
}

void CommandLine::refuse_extras() const {
    const std::vector<std::string> extras = app_->remaining();
    const auto flag =
        std::ranges::find_if(extras, [](const std::string& word) { return word.starts_with("-"); });
    if (flag == extras.end()) {
        throw UsageError(fmt::format("{} takes no argument {} (fractal {} --help says what it takes)",
                                     command_, extras.empty() ? "" : extras.front(), command_));
    }
    const std::string name = flag->substr(0, flag->find('='));
    const std::vector<std::string> known = flags();
    throw UsageError(fmt::format("{} has no flag {} (fractal {} --help lists them){}", command_, name,
                                 command_, did_you_mean(name, known)));
}

bool CommandLine::parse(const std::vector<std::string>& arguments) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend()); // as CLI11 wants them
    try {
        app_->parse(std::move(reversed));
        return true;
    } catch (const CLI::CallForHelp&) {
        fmt::print("{}", help());
        return false;
    } catch (const CLI::ExtrasError&) {
        refuse_extras();
    } catch (const CLI::FileError&) {
        const CLI::Option* config = app_->get_config_ptr();
        throw IoError(fmt::format("--config {}: expected a TOML file that can be read",
                                  config == nullptr ? "" : config->as<std::string>()));
    } catch (const CLI::ConfigError& error) {
        // CLI11 says no more than a sentence that ends in the key.
        const std::string message = error.what();
        const std::string key = message.substr(message.rfind(' ') + 1);
        std::vector<std::string> keys = flags();
        for (std::string& name : keys) {
            name.erase(0, 2);
        }
        throw UsageError(
            fmt::format("--config: {} is no key of fractal {}{}", key, command_, did_you_mean(key, keys)));
    } catch (const CLI::ParseError& error) {
        throw UsageError(
            fmt::format("{}: {} (fractal {} --help says what it takes)", command_, error.what(), command_));
    }
}

} // namespace fractal::driver
