// A shim over the C library's file calls, for tests alone: loaded by LD_PRELOAD, it counts the calls that a
// program makes on the files of one folder, and lets the one with a given number fail, come up short, stop or
// kill the program.
//
//     FRACTAL_FAULT_FOLDER   the folder, as an absolute path; calls on other files go through uncounted
//     FRACTAL_FAULT_LOG      a file outside of it that gets a line for each call: number, call, file within
//     the folder FRACTAL_FAULT_AT       number of the call, from 1; `57+` means this one and all that write
//     after it FRACTAL_FAULT_DOES     EIO, ENOSPC, EACCES: it fails with that error
//                            short: a write takes half of its bytes
//                            kill: SIGKILL in its place, behind half of its bytes where it is a write
//                            stop: SIGSTOP before it
//
// What happens to the call is written to the log as well, behind its line.
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

/// Text of bounded length: the shim stands below the allocator of whatever program it is loaded into.
class Words {
public:
    Words& operator<<(std::string_view text) {
        const std::size_t room = bytes_.size() - size_;
        const std::size_t taken = text.size() < room ? text.size() : room;
        std::memcpy(bytes_.data() + size_, text.data(), taken);
        size_ += taken;
        return *this;
    }
    Words& operator<<(std::uint64_t number) {
        std::array<char, 20> digits{};
        std::size_t at = digits.size();
        do {
            digits[--at] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number > 0);
        return *this << std::string_view(digits.data() + at, digits.size() - at);
    }
    std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::array<char, 4096> bytes_{};
    std::size_t size_ = 0;
};

enum class Fault : std::uint8_t { none, error, part, kill, stop };

/// What the environment asks for.
struct Plan {
    std::string_view folder;
    int log = -1;
    std::uint64_t at = 0;
    bool lasting = false;
    Fault fault = Fault::none;
    int error = 0;
    std::string_view word;

    static std::string_view variable(const char* name) {
        const char* value = std::getenv(name);
        return value == nullptr ? std::string_view() : value;
    }
    Plan() : folder(variable("FRACTAL_FAULT_FOLDER")), word(variable("FRACTAL_FAULT_DOES")) {
        if (const std::string_view file = variable("FRACTAL_FAULT_LOG"); !file.empty()) {
            log = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file.data(),
                                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
        }
        for (const char c : variable("FRACTAL_FAULT_AT")) {
            lasting = lasting || c == '+';
            if (c >= '0' && c <= '9') at = at * 10 + static_cast<std::uint64_t>(c - '0');
        }
        error = word == "EIO" ? EIO : word == "ENOSPC" ? ENOSPC : word == "EACCES" ? EACCES : 0;
        fault = error != 0        ? Fault::error
                : word == "short" ? Fault::part
                : word == "kill"  ? Fault::kill
                : word == "stop"  ? Fault::stop
                                  : Fault::none;
    }
};

const Plan& plan() {
    static const Plan once;
    return once;
}

[[noreturn]] void kill_self() {
    ::kill(::getpid(), SIGKILL);
    while (true) ::pause();
}

/// One call on one file. Counted when it is made on a file of the folder, and only then anything but let
/// through.
class Call {
public:
    Call(std::string_view name, std::string_view path, bool writes = true) {
        const Plan& wanted = plan();
        if (wanted.folder.empty() || !path.starts_with(wanted.folder)) return;
        path.remove_prefix(wanted.folder.size());
        if (!path.empty() && path.front() != '/') return; // a sibling whose name begins alike
        path = path.empty() ? "." : path.substr(1);
        static std::atomic<std::uint64_t> calls{0};
        const std::uint64_t number = ++calls;
        const bool meant =
            number == wanted.at || (wanted.lasting && writes && number > wanted.at && wanted.at > 0);
        fault_ = meant ? wanted.fault : Fault::none;
        Words line;
        line << number << " " << name << " " << path;
        if (meant) line << " " << wanted.word;
        line << "\n";
        if (wanted.log >= 0) ::syscall(SYS_write, wanted.log, line.view().data(), line.view().size());
        if (fault_ == Fault::stop) ::raise(SIGSTOP);
    }

    /// Whether the call fails; errno is then set.
    bool fails() const {
        if (fault_ == Fault::kill) kill_self();
        if (fault_ != Fault::error) return false;
        errno = plan().error;
        return true;
    }
    /// As many of `size` bytes as shall be written, through `write`.
    template <class Write>
    ssize_t through(std::size_t size, Write write) const {
        if (fault_ == Fault::error) {
            errno = plan().error;
            return -1;
        }
        const bool whole = fault_ == Fault::none || fault_ == Fault::stop || size < 2;
        const ssize_t written = write(whole ? size : size / 2);
        if (fault_ == Fault::kill) kill_self();
        return written;
    }

private:
    Fault fault_ = Fault::none;
};

/// The absolute path of an open file or of a name. Not resolved: the folder is given as the program gives it,
/// or the program's working folder stands before both.
class Path {
public:
    explicit Path(int descriptor) {
        Words link;
        link << "/proc/self/fd/" << static_cast<std::uint64_t>(descriptor < 0 ? 0 : descriptor)
             << std::string_view("\0", 1);
        read(link.view().data());
        if (descriptor < 0) size_ = 0;
        constexpr std::string_view gone = " (deleted)";
        if (view().ends_with(gone)) size_ -= gone.size();
    }
    Path(int folder, const char* name) {
        if (name[0] != '/') {
            Words link;
            if (folder == AT_FDCWD) {
                link << "/proc/self/cwd";
            } else {
                link << "/proc/self/fd/" << static_cast<std::uint64_t>(folder);
            }
            link << std::string_view("\0", 1);
            read(link.view().data());
            append("/");
        }
        append(name);
    }
    std::string_view view() const { return {bytes_.data(), size_}; }

private:
    void read(const char* link) {
        const ssize_t size = ::readlink(link, bytes_.data(), bytes_.size());
        size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
    }
    void append(std::string_view text) {
        const std::size_t room = bytes_.size() - size_;
        const std::size_t taken = text.size() < room ? text.size() : room;
        std::memcpy(bytes_.data() + size_, text.data(), taken);
        size_ += taken;
    }
    std::array<char, 4096> bytes_{};
    std::size_t size_ = 0;
};

int open_through(int folder, const char* name, int flags, mode_t mode) {
    const bool writes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
    if (Call(writes ? "open-to-write" : "open", Path(folder, name).view(), writes).fails()) return -1;
    return static_cast<int>(::syscall(SYS_openat, folder, name, flags, mode));
}

mode_t mode_of(int flags, va_list& rest) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(rest, unsigned)) : 0;
}

template <class... Arguments>
int simple(const Call& call, long number, Arguments... arguments) {
    return call.fails() ? -1 : static_cast<int>(::syscall(number, arguments...));
}

} // namespace

// The C library's declarations say which arguments are not null, and some that nothing is thrown.
#pragma GCC visibility push(default)
extern "C" {

int open(const char* name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_through(AT_FDCWD, name, flags, mode);
}
int open64(const char* name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_through(AT_FDCWD, name, flags, mode);
}
int openat(int folder, const char* name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_through(folder, name, flags, mode);
}
int openat64(int folder, const char* name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_through(folder, name, flags, mode);
}

ssize_t read(int file, void* bytes, std::size_t size) {
    if (Call("read", Path(file).view(), false).fails()) return -1;
    return ::syscall(SYS_read, file, bytes, size);
}
ssize_t pread(int file, void* bytes, std::size_t size, off_t at) {
    if (Call("pread", Path(file).view(), false).fails()) return -1;
    return ::syscall(SYS_pread64, file, bytes, size, at);
}
ssize_t pread64(int file, void* bytes, std::size_t size, off64_t at) { return pread(file, bytes, size, at); }

ssize_t write(int file, const void* bytes, std::size_t size) {
    return Call("write", Path(file).view()).through(size, [&](std::size_t part) {
        return static_cast<ssize_t>(::syscall(SYS_write, file, bytes, part));
    });
}
ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t at) {
    return Call("pwrite", Path(file).view()).through(size, [&](std::size_t part) {
        return static_cast<ssize_t>(::syscall(SYS_pwrite64, file, bytes, part, at));
    });
}
ssize_t pwrite64(int file, const void* bytes, std::size_t size, off64_t at) {
    return pwrite(file, bytes, size, at);
}
ssize_t writev(int file, const iovec* parts, int count) {
    const auto all = static_cast<std::size_t>(count);
    return Call("writev", Path(file).view()).through(all, [&](std::size_t part) {
        return static_cast<ssize_t>(::syscall(SYS_writev, file, parts, part));
    });
}

int fsync(int file) { return simple(Call("fsync", Path(file).view()), SYS_fsync, file); }
int fdatasync(int file) { return simple(Call("fdatasync", Path(file).view()), SYS_fdatasync, file); }
int ftruncate(int file, off_t size) noexcept {
    return simple(Call("ftruncate", Path(file).view()), SYS_ftruncate, file, size);
}
int ftruncate64(int file, off64_t size) noexcept { return ftruncate(file, size); }
int fallocate(int file, int mode, off_t at, off_t size) {
    return simple(Call("fallocate", Path(file).view()), SYS_fallocate, file, mode, at, size);
}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" // the C library has a structure of the same name
int flock(int file, int operation) noexcept {
    return simple(Call("flock", Path(file).view(), false), SYS_flock, file, operation);
}
#pragma GCC diagnostic pop
int fcntl(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    if (command == F_SETLK && Call("lock", Path(file).view(), false).fails()) return -1;
    return static_cast<int>(::syscall(SYS_fcntl, file, command, argument));
}
int fcntl64(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    return fcntl(file, command, argument);
}

int rename(const char* from, const char* to) noexcept {
    return simple(Call("rename", Path(AT_FDCWD, to).view()), SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int unlink(const char* name) noexcept {
    return simple(Call("unlink", Path(AT_FDCWD, name).view()), SYS_unlinkat, AT_FDCWD, name, 0);
}
int remove(const char* name) noexcept {
    const Call call("remove", Path(AT_FDCWD, name).view());
    const int result = simple(call, SYS_unlinkat, AT_FDCWD, name, 0);
    return result != 0 && errno == EISDIR ? simple(call, SYS_unlinkat, AT_FDCWD, name, AT_REMOVEDIR) : result;
}
int mkdir(const char* name, mode_t mode) noexcept {
    return simple(Call("mkdir", Path(AT_FDCWD, name).view()), SYS_mkdirat, AT_FDCWD, name, mode);
}

void* mmap(void* where, std::size_t size, int protection, int flags, int file, off_t at) noexcept {
    if (file >= 0 && Call("mmap", Path(file).view(), false).fails()) return MAP_FAILED;
    return reinterpret_cast<void*>(::syscall(SYS_mmap, where, size, protection, flags, file, at));
}
void* mmap64(void* where, std::size_t size, int protection, int flags, int file, off64_t at) noexcept {
    return mmap(where, size, protection, flags, file, at);
}

} // extern "C"
#pragma GCC visibility pop
