// CIFAR-10 files: found, measured, read within bounds, and taken apart into pixels and labels.
#include "data/cifar.hpp"

#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.hpp"

namespace fractal::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> training_files{
    "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
constexpr std::string_view test_file = "test_batch.bin";
constexpr std::string_view archive_folder = "cifar-10-batches-bin";

std::string expectation() {
    return "expected one or more of data_batch_1.bin to data_batch_5.bin, and test_batch.bin; unpack the "
           "official "
           "archive cifar-10-binary.tar.gz there (its folder cifar-10-batches-bin is found inside the given "
           "one)";
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

bool holds_cifar10(const fs::path& folder) {
    for (std::string_view name : training_files) {
        if (is_there(folder / name)) return true;
    }
    return is_there(folder / test_file);
}

/// The folder that holds the files: the given one, or the archive's own inside it.
fs::path find_folder(const fs::path& folder) {
    std::error_code failure;
    if (!fs::is_directory(folder, failure)) {
        const bool there = is_there(folder);
        throw IoError("the CIFAR-10 folder '" + folder.string() + "' " +
                      (there ? "is not a folder" : "does not exist or cannot be reached") + "; " +
                      expectation());
    }
    if (!holds_cifar10(folder) && holds_cifar10(folder / archive_folder)) return folder / archive_folder;
    return folder;
}

void check_size(std::size_t size, std::string_view file) {
    const std::size_t remainder = size % cifar10_record_bytes;
    if (size == 0 || remainder != 0) {
        throw DataError(
            "the CIFAR-10 file '" + std::string(file) + "' has " + std::to_string(size) + " bytes: " +
            (size == 0 ? std::string("it is empty")
                       : std::to_string(size / cifar10_record_bytes) + " whole records and " +
                             std::to_string(remainder) + " bytes more") +
            "; expected a non-zero multiple of " + std::to_string(cifar10_record_bytes) +
            " (one label, 3 x 32 x 32 pixels; an official file has 10000 records, 30730000 bytes): "
            "the file is cut off or of another format, unpack it again");
    }
    if (size > cifar10_max_file_bytes) {
        throw DataError("the CIFAR-10 file '" + std::string(file) + "' has " + std::to_string(size) +
                        " bytes; expected at most " + std::to_string(cifar10_max_file_bytes) +
                        " (an official file has 30730000)");
    }
}

/// All bytes of a regular file whose size is that of whole records.
std::vector<std::uint8_t> read_file(const fs::path& path) {
    std::error_code failure;
    // A pipe or a device would block or never end.
    if (!fs::is_regular_file(path, failure)) {
        throw IoError("'" + path.string() + "' is not a regular file; " + expectation());
    }
    const std::uintmax_t size = fs::file_size(path, failure);
    std::ifstream stream(path, std::ios::binary);
    if (failure || !stream) {
        throw IoError("the CIFAR-10 file '" + path.string() +
                      "' cannot be opened; check that it may be read");
    }
    check_size(static_cast<std::size_t>(size), path.string());
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (stream.bad() || static_cast<std::size_t>(stream.gcount()) != bytes.size()) {
        throw IoError("the CIFAR-10 file '" + path.string() + "' ended or failed after " +
                      std::to_string(stream.gcount()) + " of its " + std::to_string(size) +
                      " bytes; it may have changed while it was read, run again");
    }
    return bytes;
}

void append_file(ByteImages& images, const fs::path& path) {
    append_cifar10_records(images, read_file(path), path.string());
}

} // namespace

void append_cifar10_records(ByteImages& images, std::span<const std::uint8_t> bytes, std::string_view file) {
    check_size(bytes.size(), file);
    const std::size_t records = bytes.size() / cifar10_record_bytes;
    for (std::size_t record = 0; record < records; ++record) {
        const unsigned label = bytes[record * cifar10_record_bytes];
        if (label >= cifar10_classes.size()) {
            throw DataError("the CIFAR-10 file '" + std::string(file) + "' has label " +
                            std::to_string(label) + " in record " + std::to_string(record) + " (byte " +
                            std::to_string(record * cifar10_record_bytes) +
                            "); expected 0 to 9: the file is damaged or of another format");
        }
    }
    images.pixels.reserve(images.pixels.size() + records * (cifar10_record_bytes - 1));
    images.labels.reserve(images.labels.size() + records);
    for (std::size_t record = 0; record < records; ++record) {
        const std::span one = bytes.subspan(record * cifar10_record_bytes, cifar10_record_bytes);
        images.labels.push_back(one.front());
        images.pixels.insert(images.pixels.end(), one.begin() + 1, one.end());
    }
}

Cifar10 read_cifar10(const fs::path& folder) {
    const fs::path place = find_folder(folder);
    Cifar10 result;
    for (std::string_view name : training_files) {
        if (is_there(place / name)) append_file(result.train, place / name);
    }
    if (result.train.count() == 0) {
        throw IoError("the folder '" + place.string() + "' holds no CIFAR-10 training file; " +
                      expectation());
    }
    if (!is_there(place / test_file)) {
        throw IoError("the folder '" + place.string() + "' holds no test_batch.bin; " + expectation());
    }
    append_file(result.test, place / test_file);
    return result;
}

} // namespace fractal::data
