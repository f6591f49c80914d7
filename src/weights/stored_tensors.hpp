// The tensors of a safetensors file on disk: its header, and their bytes. Knows no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "weights/tensor_header.hpp"

namespace fractal {

/// A file whose header has been read.
struct StoredTensors {
    std::filesystem::path file;
    std::uint64_t data_begin = 0; ///< where the first tensor's bytes stand in the file
    TensorHeader header;
};

/// Reads the header of a file written by this project or by any other writer of the format. Throws IoError
/// where it cannot be read, and DataError, naming the file and what is wrong, where it is damaged.
StoredTensors open_tensors(const std::filesystem::path& file);

/// Reads all tensors in the file's order, each to where `place` says that its bytes are to go. Throws IoError
/// where the file cannot be read any more, and DataError where it has become shorter, or the checksum that it
/// holds (weights/checksum.hpp), if it holds one, is another.
void read_tensor_data(const StoredTensors& stored,
                      const std::function<std::byte*(const TensorEntry&)>& place);

} // namespace fractal
