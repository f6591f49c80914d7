// Gradient checkpointing changes memory and time, and nothing else.
#include <torch/torch.h>

#include <fractal/torch/module.hpp>

#include "backend/tensor_memory.hpp"
#include "torch_check.hpp"
#include "train/amp.hpp"

using namespace fractal;

namespace {

using Net = Network<Input<3, 16, 16>, Depth<3>, Columns<3>, Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>,
                    Width<4>, Head<Flatten, 10>>;

/// Logits, gradients and buffers of two training steps.
std::vector<torch::Tensor> two_steps(bool checkpoint, Amp amp) {
    FractalNet net(
        variant_of<Net>,
        ModuleOptions{.seed = 3,
                      .checkpoint = checkpoint ? CheckpointPlan::units(spec_of<Net>) : CheckpointPlan{}});
    torch::manual_seed(5);
    const torch::Tensor images = torch::randn({8, 3, 16, 16});
    const torch::Tensor labels = torch::randint(10, {8}, torch::kInt64);
    std::vector<torch::Tensor> seen;
    for (int step = 0; step < 2; ++step) {
        torch::Tensor logits;
        {
            const Autocast autocast(amp, torch::kCPU);
            logits = net->forward(images);
        }
        torch::cross_entropy_loss(logits.to(torch::kFloat32), labels).backward();
        seen.push_back(logits.detach());
    }
    for (const torch::Tensor& parameter : net->parameters()) seen.push_back(parameter.grad());
    for (const torch::Tensor& buffer : net->buffers()) seen.push_back(buffer.clone());
    return seen;
}

} // namespace

TEST_CASE("logits, gradients and running statistics are equal bit for bit") {
    for (const Amp amp : {Amp::off, Amp::bf16}) {
        CAPTURE(static_cast<int>(amp));
        const auto kept = two_steps(false, amp);
        const auto recomputed = two_steps(true, amp);
        REQUIRE(kept.size() == recomputed.size());
        for (std::size_t i = 0; i < kept.size(); ++i) {
            CAPTURE(i);
            CHECK(kept[i].equal(recomputed[i]));
        }
    }
}

TEST_CASE("a checkpointed forward pass keeps less") {
    const auto kept_bytes = [](bool checkpoint) {
        FractalNet net(
            variant_of<Net>,
            ModuleOptions{.checkpoint = checkpoint ? CheckpointPlan::units(spec_of<Net>) : CheckpointPlan{}});
        const torch::Tensor images = torch::randn({16, 3, 16, 16});
        const std::int64_t before = tensor_bytes();
        const torch::Tensor logits = net->forward(images);
        return tensor_bytes() - before;
    };
    install_tensor_memory();
    CHECK(kept_bytes(true) < kept_bytes(false) / 3);
}
