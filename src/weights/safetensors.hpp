// Weights on disk in the safetensors format: a JSON header and raw tensors, nothing that could be executed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

namespace fractal {

/// What a file holds: tensors by name in the file's order, and text by key (the format's `__metadata__`).
struct TensorFile {
    std::vector<std::pair<std::string, torch::Tensor>> tensors;
    std::map<std::string, std::string> metadata;

    /// The tensor called `name`, or null.
    const torch::Tensor* find(std::string_view name) const;
};

/// Writes a file whole or not at all. Tensors are written contiguous, from any device. A checksum of the data
/// is added to the metadata, and returned. Throws IoError, and DataError for a tensor of a type that the
/// format has not.
std::string write_tensors(const std::filesystem::path& file, const TensorFile& content);

/// Reads a file written by `write_tensors` or by any other writer of the format. Throws IoError where it
/// cannot be read, and DataError, naming the file and what is wrong, where it is damaged: no size in it is
/// trusted.
TensorFile read_tensors(const std::filesystem::path& file);

} // namespace fractal
