// Files of a run folder apart from the results.
#include "driver/run_folder.hpp"

#include <chrono>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <sys/utsname.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "reflect/json.hpp"
#include "store/schema.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;
constexpr const char* settings_name = "settings.json";

std::string processor_name() {
    std::ifstream cpu("/proc/cpuinfo");
    std::string line;
    while (std::getline(cpu, line)) {
        if (line.starts_with("model name")) {
            const std::size_t colon = line.find(": ");
            return colon == std::string::npos ? line : line.substr(colon + 2);
        }
    }
    return "an unknown processor";
}

} // namespace

RunSettings read_settings(const fs::path& folder) {
    const fs::path path = folder / settings_name;
    RunSettings settings;
    std::ifstream file(path);
    std::error_code unknown;
    if (!file && !fs::exists(path, unknown) && !unknown) {
        return settings;
    }
    const std::uintmax_t size = fs::file_size(path, unknown);
    std::string text(unknown ? 0 : size, '\0');
    if (unknown || !file || !file.read(text.data(), std::ssize(text))) {
        throw IoError(fmt::format("{} cannot be read: expected a file on a sound disk", path.string()));
    }
    try {
        reflect::update_from_json(settings, reflect::Json::parse(text));
    } catch (const std::exception& error) {
        throw DataError(
            fmt::format("{} is damaged ({}): remove it, and give --data-dir, --device and --threads again",
                        path.string(), error.what()));
    }
    return settings;
}

void check_settings(const RunSettings& settings) {
    try {
        [[maybe_unused]] const std::string text = reflect::to_json(settings).dump();
    } catch (const reflect::Json::type_error&) {
        throw UsageError(
            "the name of a folder that the run remembers (--data-dir, --tensorboard) is not in UTF-8: "
            "name it by a link whose name is");
    }
}

void write_settings(const fs::path& folder, const RunSettings& settings) {
    const std::string text = reflect::to_json(settings).dump(2) + "\n";
    write_durably(folder / settings_name, text);
}

fs::path new_run_folder() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    const std::string name = fmt::format("runs/{:%Y%m%d-%H%M%S}", fmt::gmtime(now));
    fs::path folder = name;
    for (int number = 2; fs::exists(folder); ++number) {
        folder = fmt::format("{}-{}", name, number);
    }
    return folder;
}

void require_results(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(folder / store::results_name, error)) {
        return;
    }
    std::vector<std::string> siblings;
    const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
        if (fs::exists(entry.path() / store::results_name, error)) {
            siblings.push_back((folder.has_parent_path() ? entry.path() : entry.path().filename()).string());
        }
    }
    throw IoError(fmt::format("{} is no run: expected a folder that holds {}{}", folder.string(),
                              store::results_name, did_you_mean(folder.string(), siblings)));
}

std::string machine_text(const std::string& device) {
    utsname system{};
    ::uname(&system);
    return fmt::format("{}, {} threads, {} {}, device {}", processor_name(),
                       std::thread::hardware_concurrency(), system.sysname, system.release, device);
}

} // namespace fractal::driver
