// Reader of the CIFAR-10 binary format (https://www.cs.toronto.edu/~kriz/cifar.html): files of records of
// one label byte and 3 x 32 x 32 pixel bytes, red, green, blue. Trusts no size and no label.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "data/byte_images.hpp"

namespace fractal::data {

inline constexpr std::array<std::string_view, 10> cifar10_classes{
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

/// Bytes of one record: the label and the pixels.
inline constexpr std::size_t cifar10_record_bytes = 1 + 3 * 32 * 32;

/// The largest file that is read, ten times an official one; what is larger is no CIFAR-10 file.
inline constexpr std::size_t cifar10_max_file_bytes = 100'000 * cifar10_record_bytes;

struct Cifar10 {
    ByteImages train;
    ByteImages test;
};

/// Appends the records in `bytes` to `images`; `file` names them in errors. DataError when the size is not a
/// non-zero multiple of a record or a label is above 9; `images` is then as it was.
void append_cifar10_records(ByteImages& images, std::span<const std::uint8_t> bytes, std::string_view file);

/// The data set in `folder`, or in `folder`/cifar-10-batches-bin: those of data_batch_1.bin to
/// data_batch_5.bin that are there, in this order, and test_batch.bin.
/// IoError when the folder, all training files or the test file are missing or cannot be read;
/// DataError when a file is not what the format says.
[[nodiscard]] Cifar10 read_cifar10(const std::filesystem::path& folder);

} // namespace fractal::data
