// The forward pass of a user's own layer: one source file registers it under the layer's name.
//
//     static const fractal::CustomLayer swish(
//         fractal::layer_spec<Swish>, [](const torch::Tensor& x, const fractal::SlotWeights&, bool) {
//             return x * torch::sigmoid(x);
//         });
#pragma once

#include <string_view>

#include <fractal/torch/module.hpp>

namespace fractal {

/// Computes a layer's output [N, C', H, W] from its input [N, C, H, W] and its weights, with autograd. It is
/// run again in the backward pass where memory is short, so it must come to the same each time: it changes
/// neither input, which other columns read, nor weights, and draws nothing from LibTorch's generator.
using CustomForward = torch::Tensor (*)(const torch::Tensor& in, const SlotWeights& weights, bool training);

/// Registers a forward for as long as it lives. A name that is registered already is refused by
/// std::logic_error.
class CustomLayer {
public:
    /// Registers `forward` under the layer's name.
    CustomLayer(const LayerSpec& layer, CustomForward forward);
    CustomLayer(const CustomLayer&) = delete;
    CustomLayer& operator=(const CustomLayer&) = delete;
    ~CustomLayer();

    /// The forward of the layer called `name`; throws std::logic_error, with the remedy, where there is none.
    static CustomForward find(std::string_view name);

private:
    std::string_view name_;
};

} // namespace fractal
