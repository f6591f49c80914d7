// CIFAR files: found, measured, read within bounds, and taken apart into pixels and labels.
#include "data/cifar.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::data {
namespace {

namespace fs = std::filesystem;

std::string expectation(const CifarFormat& format) {
    const auto& files = format.training_files;
    const std::string training = files.size() == 1
                                     ? std::string(files[0])
                                     : fmt::format("one or more of {} to {}", files.front(), files.back());
    return fmt::format(
        "expected {}, and {}; unpack the official archive {} there (its folder {} is found inside the "
        "given one)",
        training, format.test_file, format.archive, format.archive_folder);
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

bool holds_files(const CifarFormat& format, const fs::path& folder) {
    const auto there = [&](std::string_view name) { return is_there(folder / name); };
    return std::ranges::any_of(format.training_files, there) || there(format.test_file);
}

/// The folder that holds the files: the given one, or the archive's own inside it.
fs::path find_folder(const CifarFormat& format, const fs::path& folder) {
    std::error_code failure;
    if (!fs::is_directory(folder, failure)) {
        const bool there = is_there(folder);
        throw IoError(fmt::format("the {} folder '{}' {}; {}", format.title, folder.string(),
                                  there ? "is not a folder" : "does not exist or cannot be reached",
                                  expectation(format)));
    }
    if (!holds_files(format, folder) && holds_files(format, folder / format.archive_folder)) {
        return folder / format.archive_folder;
    }
    return folder;
}

void check_size(const CifarFormat& format, std::size_t size, std::string_view file) {
    const std::size_t record = format.record_bytes();
    const std::size_t official = format.official_records * record;
    if (size == 0 || size % record != 0) {
        const std::string what =
            size == 0 ? std::string("it is empty")
                      : fmt::format("{} whole records and {} bytes more", size / record, size % record);
        throw DataError(fmt::format(
            "the {} file '{}' has {} bytes: {}; expected a non-zero multiple of {} ({} label "
            "bytes, 3 x 32 x 32 pixels; an official file has {} records, {} bytes): the file is "
            "cut off or of another format, unpack it again",
            format.title, file, size, what, record, format.label_bytes, format.official_records, official));
    }
    if (size > format.max_file_bytes()) {
        throw DataError(
            fmt::format("the {} file '{}' has {} bytes; expected at most {} (an official file has {})",
                        format.title, file, size, format.max_file_bytes(), official));
    }
}

/// All bytes of a regular file whose size is that of whole records.
std::vector<std::uint8_t> read_file(const CifarFormat& format, const fs::path& path) {
    std::error_code failure;
    // A pipe or a device would block or never end.
    if (!fs::is_regular_file(path, failure)) {
        throw IoError(fmt::format("'{}' is not a regular file; {}", path.string(), expectation(format)));
    }
    const std::uintmax_t size = fs::file_size(path, failure);
    std::ifstream stream(path, std::ios::binary);
    if (failure || !stream) {
        throw IoError(fmt::format("the {} file '{}' cannot be opened; check that it may be read",
                                  format.title, path.string()));
    }
    check_size(format, static_cast<std::size_t>(size), path.string());
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (stream.bad() || static_cast<std::size_t>(stream.gcount()) != bytes.size()) {
        throw IoError(fmt::format(
            "the {} file '{}' ended or failed after {} of its {} bytes; it may have changed while "
            "it was read, run again",
            format.title, path.string(), stream.gcount(), size));
    }
    return bytes;
}

void append_file(const CifarFormat& format, ByteImages& images, const fs::path& path) {
    append_records(format, images, read_file(format, path), path.string());
}

} // namespace

void append_records(const CifarFormat& format, ByteImages& images, std::span<const std::uint8_t> bytes,
                    std::string_view file) {
    check_size(format, bytes.size(), file);
    const std::size_t record_bytes = format.record_bytes();
    const std::size_t records = bytes.size() / record_bytes;
    for (std::size_t record = 0; record < records; ++record) {
        const std::size_t place = record * record_bytes + format.label_place;
        if (bytes[place] >= format.classes.size()) {
            throw DataError(
                fmt::format("the {} file '{}' has label {} in record {} (byte {}); expected 0 to {}: the "
                            "file is damaged or of another format",
                            format.title, file, bytes[place], record, place, format.classes.size() - 1));
        }
    }
    images.pixels.reserve(images.pixels.size() + records * (record_bytes - format.label_bytes));
    images.labels.reserve(images.labels.size() + records);
    for (std::size_t record = 0; record < records; ++record) {
        const std::span one = bytes.subspan(record * record_bytes, record_bytes);
        images.labels.push_back(one[format.label_place]);
        const auto pixels = one.subspan(format.label_bytes);
        images.pixels.insert(images.pixels.end(), pixels.begin(), pixels.end());
    }
}

CifarImages read_cifar(const CifarFormat& format, const fs::path& folder) {
    const fs::path place = find_folder(format, folder);
    CifarImages result;
    for (std::string_view name : format.training_files) {
        if (is_there(place / name)) append_file(format, result.train, place / name);
    }
    if (result.train.count() == 0) {
        throw IoError(fmt::format("the folder '{}' holds no {} training file; {}", place.string(),
                                  format.title, expectation(format)));
    }
    if (!is_there(place / format.test_file)) {
        throw IoError(fmt::format("the folder '{}' holds no {}; {}", place.string(), format.test_file,
                                  expectation(format)));
    }
    append_file(format, result.test, place / format.test_file);
    return result;
}

} // namespace fractal::data
