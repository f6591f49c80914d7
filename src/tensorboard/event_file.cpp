// Compare, cut, append.
#include "tensorboard/event_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/folder.hpp"

namespace fractal::tensorboard {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, int reason) {
    throw IoError(fmt::format("{}: {}: expected a file that can be written, on a disk with room left",
                              file.string(), std::strerror(reason)));
}

std::string contents_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The file cut to `size` bytes, with `text` behind them.
void cut_and_append(const fs::path& file, std::size_t size, std::string_view text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0644);
    if (descriptor < 0) {
        fail(file, errno);
    }
    int reason = ::ftruncate(descriptor, static_cast<off_t>(size)) == 0 ? 0 : errno;
    while (reason == 0 && !text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            reason = errno;
        }
    }
    if (::close(descriptor) != 0 && reason == 0) {
        reason = errno;
    }
    if (reason != 0) {
        fail(file, reason);
    }
}

} // namespace

void bring_up_to_date(const fs::path& file, const TrialEvents& events) {
    const std::string there = contents_of(file);
    std::size_t kept = 0; // bytes
    std::size_t next = 0; // record
    while (next < events.records.size() &&
           std::string_view(there).substr(kept).starts_with(events.records[next])) {
        kept += events.records[next++].size();
    }
    std::string heading;
    for (std::size_t i = 0; i < events.heading; ++i) {
        heading += events.records[i];
    }
    if (next < events.heading && !heading.starts_with(there)) {
        throw DataError(
            fmt::format("{} holds the events of another trial: name another folder (--tensorboard), "
                        "or move that one away",
                        file.string()));
    }
    std::string rest;
    for (; next < events.records.size(); ++next) {
        rest += events.records[next];
    }
    if (kept == there.size() && rest.empty()) {
        return;
    }
    make_folder(file.parent_path());
    cut_and_append(file, kept, rest);
}

} // namespace fractal::tensorboard
