// One writer for a run folder: who holds it is written in its file `lock`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace fractal::store {

/// Holds `folder`/lock (advisory) as long as it lives, with the process id of its owner as the file's text.
/// The kernel lets go of it when the process ends, however it ends, so a file that is left over locks nobody
/// out.
class Lock {
public:
    /// Throws BusyError (exit 75) naming the owner's process id if another holds the folder, and IoError if
    /// the file cannot be made.
    explicit Lock(const std::filesystem::path& folder);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    int file_ = -1;
};

/// The process id of who holds `folder`, `unknown` if it cannot be read; nothing if nobody does. Asks the
/// kernel and takes nothing, so it keeps no writer out, and works where the folder cannot be written. Throws
/// IoError.
std::optional<std::string> lock_owner(const std::filesystem::path& folder);

} // namespace fractal::store
