// Temporary file, fsync, rename, fsync of the folder.
#include "base/durable_file.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"

namespace fractal {

namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
    const int code = errno;
    throw IoError(std::string("cannot ") + what + " '" + path.string() + "': " + std::strerror(code) +
                  (code == ENOSPC ? "; free some space and go on with --resume" : ""));
}

/// An open file that is closed, and removed unless it was kept.
class TemporaryFile {
public:
    explicit TemporaryFile(std::filesystem::path path)
        : path_(std::move(path)),
          descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)) {
        if (descriptor_ < 0) fail("create", path_);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!kept_) ::unlink(path_.c_str());
    }

    /// Small parts, such as a network's tensors, go to the file together.
    void write(std::span<const std::byte> bytes) {
        if (gathered_.size() + bytes.size() > gathered_at_once) flush();
        if (bytes.size() > gathered_at_once) return put(bytes);
        gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
    }
    void rename_to(const std::filesystem::path& target) {
        flush();
        if (::fsync(descriptor_) != 0) fail("sync", path_);
        if (::close(std::exchange(descriptor_, -1)) != 0) fail("close", path_);
        if (::rename(path_.c_str(), target.c_str()) != 0) fail("rename to", target);
        kept_ = true;
    }

private:
    static constexpr std::size_t gathered_at_once = std::size_t{1} << 20;

    void flush() {
        put(gathered_);
        gathered_.clear();
    }
    void put(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail("write", path_);
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    std::filesystem::path path_;
    int descriptor_;
    bool kept_ = false;
    std::vector<std::byte> gathered_;
};

} // namespace

void write_durably(const std::filesystem::path& file, const std::function<void(const ByteSink&)>& produce) {
    std::filesystem::path temporary = file;
    temporary += unfinished_extension;
    {
        TemporaryFile out(temporary);
        produce([&out](std::span<const std::byte> bytes) { out.write(bytes); });
        out.rename_to(file);
    }
    sync_folder(file.has_parent_path() ? file.parent_path() : std::filesystem::path("."));
}

void write_durably(const std::filesystem::path& file, std::string_view text) {
    write_durably(file, [text](const ByteSink& sink) { sink(std::as_bytes(std::span(text))); });
}

void sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) fail("open folder", folder);
    const int failed = ::fsync(descriptor);
    ::close(descriptor);
    if (failed != 0) fail("sync folder", folder);
}

void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::ifstream source(from, std::ios::binary);
    if (!source) fail("open", from);
    write_durably(to, [&](const ByteSink& sink) {
        std::vector<char> part(1 << 20);
        while (source.read(part.data(), static_cast<std::streamsize>(part.size())) || source.gcount() > 0) {
            sink(std::as_bytes(std::span(part).first(static_cast<std::size_t>(source.gcount()))));
        }
        if (source.bad()) fail("read", from);
    });
}

} // namespace fractal
