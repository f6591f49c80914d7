// A layer of the user's own as PyTorch source, with which `fractal export --to pytorch` takes networks that
// have it along. One source file registers it under the layer's name:
//
//     const fractal::PyTorchLayer gain(fractal::layer_spec<mine::Gain>, "Gain({channels})", R"PY(
//     class Gain(nn.Module):
//         """Scales each channel."""
//
//         def __init__(self, channels: int) -> None:
//             super().__init__()
//             self.gain = nn.Parameter(torch.ones(channels))
//
//         def forward(self, x: Tensor) -> Tensor:
//             return x * self.gain[:, None, None]
//     )PY");
#pragma once

#include <string_view>

#include <fractal/spec/layer.hpp>

namespace fractal {

/// Registers a source for as long as it lives. Refused by std::logic_error: a layer's name that is registered
/// already, and a source that defines BatchNorm, Unit, Network, firing, fired or load, which the module has.
class PyTorchLayer {
public:
    /// `made` is the expression that makes one layer, in which `{channels}` stands for the channels that come
    /// in and `{width}` for the unit's. `source` defines what it names, at the left margin; `torch`, `nn`,
    /// `F` and `Tensor` are imported. Parameters and buffers have the names of the layer's weights. Both
    /// texts live as long as this.
    PyTorchLayer(const LayerSpec& layer, std::string_view made, std::string_view source);
    PyTorchLayer(const PyTorchLayer&) = delete;
    PyTorchLayer& operator=(const PyTorchLayer&) = delete;
    /// Takes the source out of the table.
    ~PyTorchLayer();

    /// What the layer called `name` is in PyTorch, or null.
    static const PyTorchLayer* find(std::string_view name);

    /// The expression that makes one layer.
    std::string_view made() const { return made_; }
    /// What defines the names in it.
    std::string_view source() const { return source_; }

private:
    std::string_view name_, made_, source_;
};

} // namespace fractal
