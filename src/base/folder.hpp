// Folders to write to.
#pragma once

#include <filesystem>

namespace fractal {

/// Makes `folder`, with those above it, unless it is there. Throws IoError.
void make_folder(const std::filesystem::path& folder);

} // namespace fractal
