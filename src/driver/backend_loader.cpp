// dlopen, once for the process.
#include "driver/backend_loader.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <dlfcn.h>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;
constexpr const char* backend_name = "libfractal_torch.so";
constexpr const char* override_variable = "FRACTAL_BACKEND";

/// What the backend said; its callback takes no context.
std::string& last_fault() {
    static std::string fault;
    return fault;
}

TrainerEntry find_entry() {
    const std::vector<fs::path> candidates = backend_candidates();
    std::error_code ignored;
    const auto file = std::ranges::find_if(candidates, [&](const fs::path& path) {
        return !path.has_parent_path() || fs::exists(path, ignored);
    });
    // Never closed: LibTorch's threads and destructors do not survive that.
    void* library = file == candidates.end() ? nullptr : ::dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* error = file == candidates.end() ? nullptr : ::dlerror();
        const std::string reason = error == nullptr ? "" : error;
        // The dynamic linker names first what it did not find: the backend itself, or what that needs.
        if (!reason.empty() && !reason.starts_with(file->string() + ": cannot open shared")) {
            throw IoError(fmt::format("the training backend cannot be loaded: {}", reason));
        }
        std::string looked;
        for (const fs::path& path : candidates) {
            if (!looked.empty()) looked += path.has_parent_path() ? ", " : " and, by the dynamic linker, ";
            looked += path.string();
        }
        throw IoError(
            fmt::format("there is no training backend: looked for {}; build the target "
                        "fractal_torch, or name the file in {}",
                        looked, override_variable));
    }
    void* entry = ::dlsym(library, trainer_entry_name);
    if (entry == nullptr) {
        throw IoError(fmt::format("{} exports no {}: expected the backend of this version of fractal",
                                  file->string(), trainer_entry_name));
    }
    return reinterpret_cast<TrainerEntry>(entry);
}

} // namespace

std::vector<fs::path> backend_candidates() {
    if (const char* file = std::getenv(override_variable); file != nullptr && *file != '\0') {
        return {file};
    }
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    return {folder / backend_name, (folder / ".." / "lib" / backend_name).lexically_normal(), backend_name};
}

std::unique_ptr<Trainer> load_trainer(const Hardware& hardware) {
    static const TrainerEntry entry = find_entry();
    last_fault().clear();
    std::unique_ptr<Trainer> trainer(
        entry(hardware, [](std::string_view fault) { last_fault() = std::string(fault); }));
    if (trainer == nullptr) {
        throw UsageError(
            last_fault().empty()
                ? fmt::format("the training backend refuses --device {} without a word", hardware.device)
                : last_fault());
    }
    return trainer;
}

} // namespace fractal::driver
