// The weights of a module as a tensor file, and back.
#pragma once

#include <filesystem>
#include <string>

#include <fractal/torch/module.hpp>

#include "weights/safetensors.hpp"

namespace fractal {

/// All parameters and buffers under their names, in slot order, with the variant's full name in the metadata.
TensorFile weights_of(const FractalNetImpl& module);

/// The name of the first parameter or buffer, in slot order, that holds an infinity or no number; empty where
/// all are finite.
std::string weight_not_finite(const FractalNetImpl& module);

/// Copies the tensors of `content` into a module. Throws DataError that names `file` and the first tensor
/// that is missing, differs in shape or does not belong to the variant; the module is then unchanged.
void load_weights(FractalNetImpl& module, const TensorFile& content, const std::filesystem::path& file);

} // namespace fractal
