// The forward pass of ChannelGate; autograd gives the backward pass.
#include <fractal/torch/custom_layer.hpp>

#include "channel_gate.hpp"

namespace {

torch::Tensor gate(const torch::Tensor& in, const fractal::SlotWeights& weights, bool) {
    const torch::Tensor means = in.mean({2, 3});
    const torch::Tensor gates = torch::sigmoid(torch::linear(means, weights[0], weights[1]));
    return in * gates.unsqueeze(2).unsqueeze(3);
}

const fractal::CustomLayer registration(fractal::layer_spec<mine::ChannelGate>, gate);

} // namespace
