// A network as Python: a module of its own that needs PyTorch and nothing else.
#pragma once

#include <string>
#include <string_view>

#include <fractal/spec/network_spec.hpp>

namespace fractal {

/// The source of a Python module with a class `Network`, whose state dict has the keys of this project's
/// weights, and `load(path)`, which reads them. `name` is what the network is called. Throws UsageError for a
/// layer that is neither built in nor registered by a `PyTorchLayer`.
std::string pytorch_text(const NetworkSpec& net, std::string_view name);

} // namespace fractal
