// The steps, each of which leaves behind only what the next run can use.
#include "fetch/fetch.hpp"

#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/folder.hpp"
#include "data/sha256.hpp"
#include "fetch/download.hpp"
#include "fetch/unpack.hpp"

namespace fractal {
namespace {

namespace fs = std::filesystem;
using data::CifarFormat;

std::vector<ArchiveMember> members_of(const CifarFormat& format) {
    std::vector<ArchiveMember> members;
    const auto add = [&](std::string_view name, std::size_t records) {
        members.push_back(
            {fmt::format("{}/{}", format.archive_folder, name), records * format.record_bytes()});
    };
    for (const std::string_view name : format.training_files) add(name, format.official_records);
    add(format.test_file, format.official_test_records);
    return members;
}

/// Whether all files are in `folder`, as the archive has them. DataError for one of another size: it is
/// somebody's.
bool is_complete(const std::vector<ArchiveMember>& members, const fs::path& folder) {
    bool complete = true;
    for (const ArchiveMember& member : members) {
        const fs::path file = folder / fs::path(member.path).filename();
        std::error_code absent;
        const std::uintmax_t size = fs::file_size(file, absent);
        if (!absent && size != member.bytes) {
            throw DataError(
                fmt::format("'{}' is there already, with {} bytes; the official one has {}: move it away, or "
                            "fetch into another folder (--dir DIR)",
                            file.string(), size, member.bytes));
        }
        complete = complete && !absent;
    }
    return complete;
}

std::string digest_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw IoError(fmt::format("'{}' cannot be opened; check that it may be read", file.string()));
    return data::sha256_of(stream, file);
}

std::string joined(std::string url, std::string_view name) {
    if (!url.ends_with('/')) url += '/';
    return url.append(name);
}

/// Gets the archive into `archive` under that name only if it is the expected one. False when it was stopped.
bool get(const CifarFormat& format, const FetchRequest& request, const std::string& expected,
         const fs::path& archive, FetchReport& report, FetchObserver& observer) {
    const std::string url = joined(request.url, format.archive);
    const fs::path part = archive.string() + ".part";
    observer.on_note("downloads " + url);
    DownloadResult result;
    try {
        result = download(
            {.url = url, .file = part, .most_bytes = 2 * static_cast<std::int64_t>(format.archive_bytes)},
            observer);
    } catch (const IoError& fault) {
        std::error_code unknown;
        const bool began = fs::file_size(part, unknown) > 0 && !unknown;
        if (!began) fs::remove(part, unknown);
        throw IoError(
            fmt::format("{}{}\nBy hand: get {} by other means, put it into {}, and give the same command "
                        "again, which then checks "
                        "and unpacks it; or unpack it there yourself",
                        fault.what(), began ? "\nWhat came is kept, and the same command goes on." : "", url,
                        request.folder.string()));
    } catch (const DataError&) {
        fs::remove(part);
        throw;
    }
    report.downloaded = result.bytes;
    if (!result.whole) return false;
    if (const std::string found = digest_of(part); found != expected) {
        const std::uintmax_t bytes = fs::file_size(part);
        fs::remove(part);
        throw DataError(
            fmt::format("what {} gives is not {}'s archive: {} bytes of SHA-256 {}, expected {}; it was "
                        "removed, and nothing was "
                        "unpacked. Try again, or another place (--url URL)",
                        url, format.title, bytes, found, expected));
    }
    fs::rename(part, archive);
    return true;
}

} // namespace

FetchReport fetch(const CifarFormat& format, const FetchRequest& request, FetchObserver& observer) {
    const std::vector<ArchiveMember> members = members_of(format);
    // The folder itself may be the archive's, as $FRACTAL_DATA often is.
    if (is_complete(members, request.folder)) return {FetchEnd::was_there, request.folder, 0};
    FetchReport report{.folder = request.folder / format.archive_folder};
    if (is_complete(members, report.folder)) {
        report.end = FetchEnd::was_there;
        return report;
    }
    make_folder(request.folder);

    const fs::path archive = request.folder / format.archive;
    const std::string expected = request.sha256.empty() ? std::string(format.archive_sha256) : request.sha256;
    std::error_code error;
    const bool by_hand = fs::exists(archive, error);
    if (by_hand) {
        observer.on_note(fmt::format("takes {}, which is there", archive.string()));
        if (const std::string found = digest_of(archive); found != expected) {
            throw DataError(
                fmt::format("'{}' is not {}'s archive: its SHA-256 is {}, expected {}; remove it, or get it "
                            "again",
                            archive.string(), format.title, found, expected));
        }
    } else if (!get(format, request, expected, archive, report, observer)) {
        report.end = FetchEnd::stopped;
        return report;
    }
    observer.on_note("unpacks " + archive.filename().string());
    unpack(archive, members, report.folder);
    if (!by_hand) fs::remove(archive, error);
    return report;
}

} // namespace fractal
