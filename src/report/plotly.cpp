// The file is of the package that cmake/dependencies.txt pins; cmake/Plotly.cmake finds it for the build.
#include "report/plotly.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::report {
namespace {

namespace fs = std::filesystem;
constexpr const char* file_name = "plotly.min.js";
constexpr const char* override_variable = "FRACTAL_PLOTLY";

} // namespace

std::vector<fs::path> plotly_candidates() {
    if (const char* file = std::getenv(override_variable); file != nullptr && *file != '\0') {
        return {file};
    }
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    std::vector<fs::path> candidates{(folder / ".." / "share" / "fractal" / file_name).lexically_normal()};
    if (const fs::path built_with = FRACTAL_PLOTLY_FILE; !built_with.empty())
        candidates.push_back(built_with);
    return candidates;
}

std::string plotly_javascript() {
    const std::vector<fs::path> candidates = plotly_candidates();
    std::error_code ignored;
    const auto file =
        std::ranges::find_if(candidates, [&](const fs::path& path) { return fs::exists(path, ignored); });
    if (file == candidates.end()) {
        std::string looked;
        for (const fs::path& path : candidates) looked += (looked.empty() ? "" : " and ") + path.string();
        throw IoError(fmt::format(
            "there is no {}, which draws the report's charts: looked for {}; ./dev setup installs "
            "it, or name the file (of PyPI's plotly or npm's plotly.js-dist-min) in {}",
            file_name, looked, override_variable));
    }
    std::ifstream stream(*file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream || text.empty()) {
        throw IoError(fmt::format("{} cannot be read: expected Plotly's JavaScript", file->string()));
    }
    // A page takes it in as it is, so it must be what it says and must not end its own element.
    constexpr std::size_t banner = 400;
    if (text.substr(0, banner).find("plotly.js v") == std::string::npos ||
        text.find("</script") != std::string::npos) {
        throw DataError(
            fmt::format("{} is not Plotly's JavaScript: expected a file that begins with its version "
                        "(plotly.js v…); name another in {}",
                        file->string(), override_variable));
    }
    return text;
}

} // namespace fractal::report
