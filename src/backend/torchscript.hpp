// A network as a TorchScript archive, which needs LibTorch or PyTorch and nothing of this project.
#pragma once

#include <filesystem>

#include <fractal/torch/module.hpp>

namespace fractal {

/// Records the module's evaluation, by LibTorch's own operators, with its weights: `forward(images)` takes
/// [N, C, H, W] for any N and gives the logits [N, classes], whether the archive's module is in training or
/// not. The archive's state dict has the names of `module`. Throws UsageError where a layer of the user's own
/// cannot be recorded, since its forward does more than call operators on its input and its weights, and
/// IoError.
///
/// `module` computes by the reference kernels (`ModuleOptions::kernels`), as others are no operators of
/// LibTorch's; it is in evaluation afterwards.
void write_torchscript(FractalNetImpl& module, const std::filesystem::path& file);

} // namespace fractal
