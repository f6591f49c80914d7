// A network with a batch to work on: what the benchmarks run of it, set up once for all of them.
#pragma once

#include <cstdint>
#include <optional>

#include <torch/torch.h>
#include <CLI/CLI.hpp>

#include <fractal/registry/registry.hpp>
#include <fractal/torch/module.hpp>

#include "train/amp.hpp"
#include "train/recipe.hpp"
#include "train/sgd.hpp"

namespace fractal::bench {

/// How a network is run.
struct Setting {
    std::int64_t batch = 128;
    Amp amp = Amp::off; ///< off or bf16
    Kernels kernels = Kernels::automatic;
    Optimizer optimizer = Optimizer::sgd;
    std::optional<int> column{}; ///< that runs alone in training
};

/// The flags that say so: --batch, --amp, --kernels, --optimizer.
void add_setting_options(CLI::App& app, Setting& setting);

/// A variant with random weights, images and labels, channels last. One of `forward`, `forward_backward` and
/// `step` is called over and over.
class Workload {
public:
    Workload(const Variant& variant, const Setting& setting);

    /// Logits in evaluation mode, without a graph.
    torch::Tensor forward();
    /// Forward and backward in training mode; the gradients are dropped.
    void forward_backward();
    /// Forward, backward, and the optimizer's step with momentum.
    void step();

    /// The parts of a step, in their order, for those who time them apart.
    torch::Tensor loss();
    void update();

    const FractalNetImpl& net() const { return *net_; }
    std::int64_t images() const { return setting_.batch; }

private:
    Setting setting_;
    FractalNet net_;
    Sgd sgd_;
    torch::Tensor images_;
    torch::Tensor labels_;
};

/// Multiply-accumulates a second of a product of large matrices, the best of five: what the machine has to
/// give.
double matrix_rate(bool bf16);

/// Bytes a second, read plus written, that LibTorch's threads copy large blocks with, the best of five.
double copy_rate();

/// The variant called `name`; throws CLI::ValidationError, with a remedy, where there is none.
const Variant& variant_named(const std::string& name);

} // namespace fractal::bench
