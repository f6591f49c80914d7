// A network as an ONNX model: one more reading of the type, written without LibTorch.
#pragma once

#include <filesystem>
#include <string_view>

#include <fractal/spec/network_spec.hpp>

#include "weights/stored_tensors.hpp"

namespace fractal::driver {

/// Writes `net` in evaluation, with the float32 weights of a file that fits it, as an ONNX model (operator
/// set 13): input `images` [N, C, H, W], output `logits` [N, classes], N open; initializers have the weights'
/// names, nodes those of their slots. `name` is what the network is called. Throws UsageError for a layer
/// that is not built in and for weights beyond the format's 2 GiB, DataError for damaged weights, and
/// IoError.
void write_onnx(const std::filesystem::path& file, const NetworkSpec& net, std::string_view name,
                const StoredTensors& weights);

} // namespace fractal::driver
