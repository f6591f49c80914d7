// dlopen.
#include "driver/library.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <dlfcn.h>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates_of(const Library& library) {
    if (const char* file = std::getenv(library.variable); file != nullptr && *file != '\0') {
        return {file};
    }
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    return {folder / library.file, (folder / ".." / "lib" / library.file).lexically_normal(), library.file};
}

} // namespace

void* find_symbol(const Library& library, const char* name) {
    const std::vector<fs::path> candidates = candidates_of(library);
    std::error_code ignored;
    const auto file = std::ranges::find_if(candidates, [&](const fs::path& path) {
        return !path.has_parent_path() || fs::exists(path, ignored);
    });
    // Never closed: threads and destructors of libraries do not survive that.
    void* handle = file == candidates.end() ? nullptr : ::dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char* error = file == candidates.end() ? nullptr : ::dlerror();
        const std::string reason = error == nullptr ? "" : error;
        // The dynamic linker names first what it did not find: the library itself, or what that needs.
        if (!reason.empty() && !reason.starts_with(file->string() + ": cannot open shared")) {
            throw IoError(fmt::format("the {} cannot be loaded: {}", library.what, reason));
        }
        std::string looked;
        for (const fs::path& path : candidates) {
            if (!looked.empty()) looked += path.has_parent_path() ? ", " : " and, by the dynamic linker, ";
            looked += path.string();
        }
        throw IoError(
            fmt::format("there is no {}: looked for {}; build the target {}, or name the file in {}",
                        library.what, looked, library.target, library.variable));
    }
    void* symbol = ::dlsym(handle, name);
    if (symbol == nullptr) {
        throw IoError(fmt::format("{} exports no {}: expected the {} of this version of fractal",
                                  file->string(), name, library.what));
    }
    return symbol;
}

} // namespace fractal::driver
