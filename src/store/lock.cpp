// A lock of the open file description (fcntl, F_OFD_SETLK) on the run folder's file `lock`: unlike flock(2),
// one can ask for its owner without taking it.
#include "store/lock.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.hpp"
#include "store/busy.hpp"

namespace fractal::store {
namespace {

/// The process id that the file names; `unknown` if the owner has not written it yet.
std::string owner_of(int file) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
    const std::string_view digits(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto end = digits.find_first_not_of("0123456789");
    const std::string_view owner = digits.substr(0, end);
    return owner.empty() ? "unknown" : std::string(owner);
}

/// A lock that keeps all others out, on the whole file.
struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

[[noreturn]] void fail_to_lock(const std::string& path, int reason) {
    throw IoError(
        fmt::format("{}: {}: expected a file system that can lock files", path, std::strerror(reason)));
}

} // namespace

Lock::Lock(const std::filesystem::path& folder) {
    const std::string path = (folder / "lock").string();
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file_ < 0) {
        throw IoError(
            fmt::format("{}: {}: expected a folder that can be written", path, std::strerror(errno)));
    }
    struct flock lock = whole_file();
    if (::fcntl(file_, F_OFD_SETLK, &lock) != 0) {
        const int reason = errno;
        const std::string owner = owner_of(file_);
        ::close(file_);
        if (reason == EAGAIN || reason == EACCES) {
            throw BusyError(
                fmt::format("{} is in use by process {}: wait until it is done, or take another run "
                            "folder",
                            folder.string(), owner));
        }
        fail_to_lock(path, reason);
    }
    // Only for the message above: if it cannot be written the lock holds all the same.
    const std::string text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, text.data(), text.size(), 0) < 0) {
        return;
    }
}

Lock::~Lock() {
    [[maybe_unused]] const int emptied = ::ftruncate(file_, 0); // names nobody any more
    ::close(file_);
}

std::optional<std::string> lock_owner(const std::filesystem::path& folder) {
    const std::string path = (folder / "lock").string();
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) {
        return std::nullopt;
    }
    if (file < 0) {
        throw IoError(fmt::format("{}: {}: expected a file that can be read", path, std::strerror(errno)));
    }
    struct flock lock = whole_file();
    const int reason = ::fcntl(file, F_OFD_GETLK, &lock) == 0 ? 0 : errno;
    std::optional<std::string> owner;
    if (reason == 0 && lock.l_type != F_UNLCK) {
        owner = owner_of(file);
    }
    ::close(file);
    if (reason != 0) {
        fail_to_lock(path, reason);
    }
    return owner;
}

} // namespace fractal::store
