// What the tests on a GPU share: networks, batches, and the distance of a tensor from a CPU's.
#pragma once

#include <algorithm>
#include <vector>

#include <fractal/torch/module.hpp>

#include "torch_check.hpp"
#include "train/amp.hpp"
#include "train/training_pass.hpp"

namespace fractal::testing {

template <int Units, int Count, class Order, class Last = Head<GlobalAveragePool, 10>>
using Small = Network<Input<3, 16, 16>, Depth<Units>, Columns<Count>, Order, Width<8>, Last>;

using Usual = Small<2, 2, Layers<Conv<3>, BatchNorm, ReLU>>;
using Bare = Small<1, 3, Layers<Conv<3>>, Head<Flatten, 10>>;
using Before = Small<3, 2, Layers<BatchNorm, ReLU, Conv<1>, Conv<3>>>;
using Dropped = Small<2, 3, Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>>;

struct Inputs {
    torch::Tensor images;
    torch::Tensor labels;
};

inline Inputs inputs(std::int64_t batch, torch::ScalarType type = torch::kFloat32) {
    torch::manual_seed(5);
    const torch::Tensor images = torch::randn({batch, 3, 16, 16}, torch::kFloat64).to(type);
    return {images, torch::randint(10, {batch}, torch::kInt64)};
}

/// Logits, loss, gradients and buffers of one training step, as float64 on the CPU.
inline std::vector<torch::Tensor> one_step(const Variant& variant, torch::Device device,
                                           torch::ScalarType type, Amp amp = Amp::off,
                                           bool checkpoint = false) {
    FractalNet net(variant, ModuleOptions{.seed = 3,
                                          .checkpoint = checkpoint ? CheckpointPlan::units(*variant.spec)
                                                                   : CheckpointPlan{}});
    net->to(device, type);
    const Inputs in = inputs(8, type);
    torch::Tensor logits;
    {
        const Autocast autocast(amp, device);
        logits = net->forward(in.images.to(device));
    }
    const torch::Tensor loss = training_loss(logits, in.labels.to(device), 0.1);
    loss.backward();
    std::vector<torch::Tensor> seen{logits.detach(), loss.detach()};
    for (const torch::Tensor& parameter : net->parameters()) seen.push_back(parameter.grad());
    for (const torch::Tensor& buffer : net->buffers()) seen.push_back(buffer);
    for (torch::Tensor& tensor : seen) tensor = tensor.to(torch::kCPU, torch::kFloat64);
    return seen;
}

/// The largest norm of a difference, relative to the reference's norm. A gradient that is zero but for
/// rounding is measured by a thousandth of the largest norm there is.
inline double distance(const std::vector<torch::Tensor>& found, const std::vector<torch::Tensor>& reference) {
    REQUIRE(found.size() == reference.size());
    double largest = 0;
    for (const torch::Tensor& tensor : reference) largest = std::max(largest, tensor.norm().item<double>());
    double worst = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double size = std::max(reference[i].norm().item<double>(), 1e-3 * largest);
        worst = std::max(worst, (found[i] - reference[i]).norm().item<double>() / size);
    }
    return worst;
}

} // namespace fractal::testing
