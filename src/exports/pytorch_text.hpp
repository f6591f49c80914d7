// A network as Python: a module of its own that needs PyTorch and nothing else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fractal/spec/network_spec.hpp>

namespace fractal {

/// What images are normalised by, (pixels - mean) / deviation: of each channel, pixels being 0 to 1.
struct PixelNormalisation {
    std::vector<std::string> mean;      ///< numbers in decimal
    std::vector<std::string> deviation; ///< likewise
};

/// The source of a Python module with a class `Network`, whose state dict has the keys of this project's
/// weights, and `load(path)`, which reads them. `name` is what the network is called; the numbers by which
/// the images of its weights are normalised stand in it as MEAN and STD, where they are known. Throws
/// UsageError for a layer that is neither built in nor registered by a `PyTorchLayer`.
std::string pytorch_text(const NetworkSpec& net, std::string_view name,
                         const std::optional<PixelNormalisation>& pixels = {});

/// Where the weights of a module in `file` go: beside it. Throws UsageError where that is `file` itself.
std::filesystem::path weights_beside(const std::filesystem::path& file);

} // namespace fractal
