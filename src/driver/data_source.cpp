// Flag, run, environment: the first that says something.
#include "driver/data_source.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "data/dataset_names.hpp"

namespace fractal::driver {

namespace fs = std::filesystem;

namespace {

/// A data file is not in a folder that a flag names: it is named itself.
void check_data_file(const std::string& file, const std::string& folder) {
    if (!folder.empty()) {
        throw UsageError(
            fmt::format("--data-dir {} with --data {}, which is a file: leave out --data-dir", folder, file));
    }
    std::error_code error;
    if (!fs::is_regular_file(file, error)) {
        throw IoError(fmt::format(
            "{} is no file: expected a data file; if it was moved, name its place (--data FILE)", file));
    }
}

/// The first folder that somebody named, or the default one.
std::string named_folder(const std::string& given, const std::string& remembered) {
    if (!given.empty()) return given;
    if (!remembered.empty()) return remembered;
    if (const std::string folder = environment_folder(); !folder.empty()) return folder;
    std::error_code error;
    return fs::is_directory(default_data_dir, error) ? default_data_dir : "";
}

} // namespace

std::string environment_folder() {
    const char* folder = std::getenv("FRACTAL_DATA");
    return folder == nullptr ? "" : folder;
}

std::string data_folder(const std::string& name, const std::string& given, const std::string& remembered) {
    if (data::is_data_file(name)) {
        check_data_file(name, given);
        return {};
    }
    if (std::ranges::find(data::dataset_names, name) == data::dataset_names.end()) {
        throw UsageError(
            fmt::format("there is no data set {}: expected one of {}, or a file of your own that ends in "
                        ".safetensors{}",
                        name, fmt::join(data::dataset_names, ", "), did_you_mean(name, data::dataset_names)));
    }
    if (!data::needs_folder(name)) {
        if (!given.empty()) {
            throw UsageError(
                fmt::format("--data-dir {} with --data {}, which reads no files: give --data cifar10, or "
                            "no folder",
                            given, name));
        }
        return {};
    }
    const std::string folder = named_folder(given, remembered);
    if (folder.empty()) {
        throw UsageError(
            fmt::format("{} is read from files: get them (fractal data fetch {}), or name their folder by "
                        "--data-dir or in $FRACTAL_DATA",
                        name, name.substr(0, name.find('-'))));
    }
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        throw IoError(
            fmt::format("{} is no folder: expected the one that holds the files of {}", folder, name));
    }
    return fs::absolute(folder).lexically_normal().string();
}

std::string folder_if_needed(const std::string& name, const std::string& given,
                             const std::string& remembered) {
    return data_folder(name, data::needs_folder(name) ? given : std::string(), remembered);
}

std::string data_source(const std::string& name) {
    return data::is_data_file(name) ? fs::absolute(name).lexically_normal().string() : name;
}

} // namespace fractal::driver
