// libarchive, in two passes: look at everything, then take what is wanted.
#include "fetch/unpack.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string_view>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "base/folder.hpp"

namespace fractal {
namespace {

namespace fs = std::filesystem;
using Handle = std::unique_ptr<archive, int (*)(archive*)>;

constexpr std::uint64_t most_other_bytes = 1 << 20; // a read-me, names of classes
constexpr int most_entries = 1000;

class Archive {
public:
    Archive(const fs::path& file, const std::vector<ArchiveMember>& members)
        : file_(file),
          members_(members),
          handle_(::archive_read_new(), ::archive_read_free) {
        constexpr std::size_t block = 1 << 18;
        if (!handle_) throw std::bad_alloc();
        ::archive_read_support_filter_gzip(handle_.get());
        ::archive_read_support_format_tar(handle_.get());
        if (::archive_read_open_filename(handle_.get(), file.c_str(), block) != ARCHIVE_OK)
            complain_of_bytes();
    }

    /// Calls `take(member)` where a member's bytes begin; what it does not read is skipped.
    void for_each_member(const std::function<void(const ArchiveMember&)>& take) {
        std::map<std::string_view, int> seen;
        std::uint64_t others = 0;
        int entries = 0;
        archive_entry* entry = nullptr;
        for (;;) {
            const int status = ::archive_read_next_header(handle_.get(), &entry);
            if (status == ARCHIVE_EOF) break;
            if (status != ARCHIVE_OK) complain_of_bytes();
            if (++entries > most_entries) complain("has more than {} entries", most_entries);
            const std::string path = checked_path(*entry);
            const auto bytes = static_cast<std::uint64_t>(::archive_entry_size(entry));
            const auto member = std::ranges::find(members_, path, &ArchiveMember::path);
            if (member == members_.end()) {
                if (bytes > most_other_bytes - others) {
                    complain("holds '{}' of {} bytes, which is none of the files it should hold", path,
                             bytes);
                }
                others += bytes;
                continue;
            }
            if (bytes != member->bytes || ::archive_entry_filetype(entry) != AE_IFREG) {
                complain("holds '{}' of {} bytes; expected a file of {}", path, bytes, member->bytes);
            }
            if (++seen[member->path] > 1) complain("holds '{}' twice", path);
            take(*member);
        }
        for (const ArchiveMember& member : members_) {
            if (!seen.contains(member.path)) complain("does not hold '{}'", member.path);
        }
    }

    /// The bytes of the member that was taken last.
    void read(const ArchiveMember& member, const ByteSink& sink) {
        std::vector<std::byte> part(std::size_t{1} << 20U);
        std::uint64_t read = 0;
        for (;;) {
            const la_ssize_t count = ::archive_read_data(handle_.get(), part.data(), part.size());
            if (count < 0) complain_of_bytes();
            if (count == 0) break;
            read += static_cast<std::uint64_t>(count);
            if (read > member.bytes) break;
            sink(std::span(part).first(static_cast<std::size_t>(count)));
        }
        if (read != member.bytes)
            complain("holds '{}' in a form that ends after {} bytes", member.path, read);
    }

private:
    template <class... Arguments>
    [[noreturn]] void complain(fmt::format_string<Arguments...> text, Arguments&&... arguments) const {
        throw DataError(
            fmt::format("the archive '{}' {}: nothing of it was unpacked; remove it, and get it from a place "
                        "that you trust",
                        file_.string(), fmt::format(text, std::forward<Arguments>(arguments)...)));
    }
    [[noreturn]] void complain_of_bytes() const {
        const char* reason = ::archive_error_string(handle_.get());
        complain("is damaged or no gzipped tar file ({})", reason == nullptr ? "no reason given" : reason);
    }

    /// The entry's path, without a `./` before it.
    std::string checked_path(archive_entry& entry) const {
        const char* name = ::archive_entry_pathname(&entry);
        if (name == nullptr) complain("holds a file without a name that can be read");
        const fs::path path(name);
        if (path.is_absolute() || std::ranges::find(path, fs::path("..")) != path.end()) {
            complain("holds '{}', which would be outside of its folder", name);
        }
        const auto type = ::archive_entry_filetype(&entry);
        if (::archive_entry_hardlink(&entry) != nullptr || ::archive_entry_symlink(&entry) != nullptr ||
            (type != AE_IFREG && type != AE_IFDIR)) {
            complain("holds '{}', which is a link or a device", name);
        }
        return path.lexically_normal().string();
    }

    fs::path file_;
    const std::vector<ArchiveMember>& members_;
    Handle handle_;
};

} // namespace

void unpack(const fs::path& archive, const std::vector<ArchiveMember>& members, const fs::path& folder) {
    // The first pass reads every byte, so that damage at the end leaves nothing behind either.
    Archive looked_through(archive, members);
    looked_through.for_each_member(
        [&](const ArchiveMember& member) { looked_through.read(member, [](std::span<const std::byte>) {}); });
    make_folder(folder);
    Archive unpacked(archive, members);
    unpacked.for_each_member([&](const ArchiveMember& member) {
        write_durably(folder / fs::path(member.path).filename(),
                      [&](const ByteSink& sink) { unpacked.read(member, sink); });
    });
}

} // namespace fractal
