// `fractal data fetch`: a download that a person can watch, stop and go on with.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "driver/command_line.hpp"
#include "driver/data_command.hpp"
#include "driver/data_source.hpp"
#include "driver/interrupts.hpp"
#include "driver/say.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"
#include "reflect/json.hpp"

namespace fractal::driver {
namespace {

/// Progress on the error stream: a line that is rewritten on a terminal, else one now and then.
class FetchView final : public FetchObserver {
public:
    FetchView() : terminal_(terminal_of(stderr)) {}

    bool on_progress(const FetchProgress& progress) override {
        constexpr std::chrono::seconds pause(10);
        const auto now = Clock::now();
        if (terminal_.interactive) {
            say("\r\x1b[K{}", cut_to(text_of(progress), terminal_.width - 1));
            on_line_ = true;
        } else if (now - shown_ >= pause) {
            shown_ = now;
            say("{}\n", text_of(progress));
        }
        return Interrupts::signal() == 0;
    }
    void on_note(std::string_view text) override {
        end_line();
        say("{}\n", text);
    }
    void end_line() {
        if (on_line_) say("\r\x1b[K");
        on_line_ = false;
    }

private:
    using Clock = std::chrono::steady_clock;

    static std::string text_of(const FetchProgress& progress) {
        std::string text = bytes_text(progress.bytes);
        if (progress.total > 0) {
            const double part = static_cast<double>(progress.bytes) / static_cast<double>(progress.total);
            text = fmt::format("{:3.0f} %  {} of {}", 100 * part, text, bytes_text(progress.total));
        }
        if (progress.bytes_per_second >= 1) {
            text += fmt::format("  {}/s", bytes_text(static_cast<std::int64_t>(progress.bytes_per_second)));
            if (progress.total > 0) {
                const auto missing = static_cast<double>(progress.total - progress.bytes);
                text += fmt::format("  {} left", duration_text(missing / progress.bytes_per_second));
            }
        }
        return text;
    }

    Terminal terminal_;
    Clock::time_point shown_ = Clock::now();
    bool on_line_ = false;
};

std::string folder_for_data(const std::string& given) {
    if (!given.empty()) return given;
    const std::string folder = environment_folder();
    return folder.empty() ? default_data_dir : folder;
}

void check_request(const FetchRequest& request) {
    static constexpr std::array<std::string_view, 2> names{"cifar10", "cifar100"};
    if (std::ranges::find(names, request.name) == names.end()) {
        throw UsageError(fmt::format("{} cannot be fetched: expected one of {}{}", request.name,
                                     fmt::join(names, ", "), did_you_mean(request.name, names)));
    }
    if (!request.url.starts_with("http://") && !request.url.starts_with("https://")) {
        throw UsageError(
            fmt::format("--url {}: expected an address that begins with http:// or https://", request.url));
    }
    constexpr std::size_t digits = 64;
    if (!request.sha256.empty() &&
        (request.sha256.size() != digits ||
         request.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)) {
        throw UsageError(
            fmt::format("--sha256 {}: expected {} digits of 0 to 9 and a to f, as sha256sum prints them",
                        request.sha256, digits));
    }
}

} // namespace

int run_data_fetch(const Program& program, const std::vector<std::string>& arguments) {
    FetchRequest request;
    std::string folder;
    bool json = false;
    CommandLine line(
        "data fetch",
        "download, check and unpack CIFAR-10 or CIFAR-100; what was interrupted goes on where it was",
        "cifar10|cifar100 [OPTION...]",
        "  fractal data fetch cifar10\n"
        "  fractal data fetch cifar100 --dir ~/data\n"
        "  fractal data fetch cifar10 --url https://mirror.example.org/cifar\n");
    CommandLine::Group data = line.group("Data");
    data.argument("NAME", request.name, "cifar10 or cifar100").required();
    data.option("--dir", "DIR", folder,
                "folder to unpack it in ($FRACTAL_DATA, or data, where the other commands look for it); "
                "an archive "
                "that is there already is taken");
    data.option("--url", "URL", request.url,
                "folder of the archive on a mirror (" + std::string(cifar_url) + ")");
    data.option("--sha256", "HEX", request.sha256, "SHA-256 of a mirror's own archive (the official one's)");
    line.json_flag(json, "a JSON object at the end");
    if (!line.parse(arguments)) return 0;
    check_request(request);
    request.folder = folder_for_data(folder);

    const Interrupts interrupts;
    FetchView view;
    FetchReport report;
    try {
        report = load_data_tools()->fetch(request, view);
    } catch (...) {
        view.end_line();
        throw;
    }
    view.end_line();
    const bool stopped = report.end == FetchEnd::stopped;
    if (json) {
        const reflect::Json object{{"name", request.name},
                                   {"folder", report.folder.string()},
                                   {"was_there", report.end == FetchEnd::was_there},
                                   {"stopped", stopped},
                                   {"downloaded_bytes", report.downloaded}};
        fmt::print("{}\n", reflect::json_text(object));
    } else if (stopped) {
        say("stopped; the same command goes on where it was\n");
    } else {
        fmt::print("{} {} {}\n\nNext:\n  {} train --select first-look --data {}{}\n", request.name,
                   report.end == FetchEnd::was_there ? "is there already, in" : "is in",
                   report.folder.string(), program.name(), request.name,
                   folder.empty() ? "" : " --data-dir " + shell_word(folder));
    }
    return stopped ? exit_status_of_signal(Interrupts::signal()) : 0;
}

} // namespace fractal::driver
