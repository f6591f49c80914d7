// One call, and what its failure is called.
#include "base/folder.hpp"

#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal {

void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        throw IoError(fmt::format("{}: {}: expected a folder that can be made and written", folder.string(),
                                  error.message()));
    }
}

} // namespace fractal
