// A network of a program's own as files: its weights, and the whole of it for PyTorch. What they throw is a
// std::runtime_error that names the file, what is wrong and what was expected; files are written whole or not
// at all.
#pragma once

#include <filesystem>

#include <fractal/torch/module.hpp>

namespace fractal {

/// Writes all parameters and buffers under their names, in the safetensors format, from whatever device.
void save_weights(const FractalNetImpl& net, const std::filesystem::path& file);

/// Reads such a file, also of a trial that the driver trained or of PyTorch, into a network. Throws where a
/// tensor is missing, differs in shape or is too many, and names the first one; the network is then
/// unchanged.
void load_weights(FractalNetImpl& net, const std::filesystem::path& file);

/// Writes `file`, a Python module that needs PyTorch and nothing else, with a class `Network`, and beside it
/// the weights in float32, with the ending `.safetensors`, which the module's `load(path)` reads. Throws for
/// a `file` of that ending, and for a network with a layer that is neither built in nor known as a
/// PyTorchLayer.
void export_pytorch(const FractalNetImpl& net, const std::filesystem::path& file);

} // namespace fractal
