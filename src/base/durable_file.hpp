// Writes a file so that a crash at any moment leaves the old one or the new one, whole.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace fractal {

/// Takes the next bytes of a file.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// What the temporary name has behind the file's own. A file of such a name was left behind by a process that
/// was ended.
inline constexpr const char* unfinished_extension = ".tmp";

/// Makes `file` hold what `produce` puts into the sink: written under a temporary name in the same folder,
/// synced, renamed, and the folder synced. Throws IoError, the old file untouched; what `produce` throws
/// passes through.
void write_durably(const std::filesystem::path& file, const std::function<void(const ByteSink&)>& produce);

/// The same of a text.
void write_durably(const std::filesystem::path& file, std::string_view text);

/// Makes a new name in `folder` outlast a power failure. Throws IoError.
void sync_folder(const std::filesystem::path& folder);

/// Makes `to` a copy of the file `from` in the same way. Throws IoError.
void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace fractal
