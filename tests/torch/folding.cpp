// In evaluation a normalisation goes into the convolution before it, and a ReLU behind it: the logits stay.
#include <cmath>
#include <string>
#include <string_view>

#include <torch/torch.h>

#include <fractal/torch/module.hpp>

#include "checkpoint_nets.hpp"
#include "torch_check.hpp"
#include "train/amp.hpp"

using namespace fractal;

namespace {

const ForwardTable& forwards() {
    static const ForwardTable table =
        ForwardTable::of<Layers<Conv<3>>, Layers<Conv<3>, BatchNorm>, Layers<Conv<3>, ReLU>,
                         Layers<Conv<3>, BatchNorm, ReLU>, Layers<Conv<3>, ReLU, BatchNorm>,
                         Layers<Conv<3>, Dropout<20>, BatchNorm, ReLU>, Layers<BatchNorm, ReLU, Conv<3>>,
                         Layers<Conv<3>, BatchNorm, Conv<1>, ReLU>>();
    return table;
}

constexpr std::string_view orders[] = {"conv3",         "conv3.bn",         "conv3.relu",
                                       "conv3.bn.relu", "conv3.relu.bn",    "conv3.drop20.bn.relu",
                                       "bn.relu.conv3", "bn.relu.conv3-t1", "conv3.bn.conv1.relu"};

/// Logits in evaluation after some training steps, which move the running statistics.
torch::Tensor logits(const Variant& variant, Kernels kernels, Amp amp, std::int64_t& macs) {
    FractalNet net(variant, ModuleOptions{.seed = 3, .kernels = kernels});
    torch::manual_seed(4);
    const torch::Tensor images = torch::randn({6, 3, 16, 16});
    {
        const torch::NoGradGuard no_grad;
        for (torch::Tensor& weight : net->parameters()) {
            if (weight.dim() == 1) weight.add_(torch::rand_like(weight) - 0.5);
        }
    }
    for (int step = 0; step < 3; ++step) net->forward(images);
    net->eval();
    const torch::NoGradGuard no_grad;
    const Autocast autocast(amp, torch::kCPU);
    const torch::Tensor out = net->forward(images).to(torch::kFloat64);
    macs = net->macs();
    return out;
}

} // namespace

TEST_CASE("folded or not, an evaluation gives the same logits and counts the same work") {
    for (const std::string_view order : orders) {
        for (const std::string_view columns : {"c1", "c3"}) {
            const std::string name =
                "net/3x16x16-d2-" + std::string(columns) + "-w24-gap10-" + std::string(order);
            NetworkSpec net;
            const Variant variant = forwards().variant(name, net);
            for (const Amp amp : {Amp::off, Amp::bf16}) {
                CAPTURE(name);
                CAPTURE(static_cast<int>(amp));
                std::int64_t ours = 0;
                std::int64_t theirs = 0;
                const torch::Tensor folded = logits(variant, Kernels::automatic, amp, ours);
                const torch::Tensor plain = logits(variant, Kernels::reference, amp, theirs);
                const double apart = ((folded - plain).norm() / plain.norm()).item<double>();
                CHECK(apart <= (amp == Amp::off ? 1e-5 : 3e-2));
                CHECK(ours == theirs);
            }
        }
    }
}

TEST_CASE("what is no number in an image is none in its logits, and in those of no other") {
    for (const std::string_view order : {"conv3.relu", "conv3.bn.relu", "conv3.bn.conv1.relu"}) {
        NetworkSpec net;
        const Variant variant = forwards().variant("net/3x16x16-d2-c2-w24-gap10-" + std::string(order), net);
        FractalNet module(variant);
        module->eval();
        torch::Tensor images = torch::randn({2, 3, 16, 16});
        images[0][0][0][0] = std::nan("");
        const torch::NoGradGuard no_grad;
        for (const Amp amp : {Amp::off, Amp::bf16}) {
            CAPTURE(order);
            CAPTURE(static_cast<int>(amp));
            const Autocast autocast(amp, torch::kCPU);
            const torch::Tensor logits = module->forward(images);
            CHECK(logits[0].isnan().all().item<bool>());
            CHECK(logits[1].isfinite().all().item<bool>());
        }
    }
}

TEST_CASE("an evaluation under autocast to half precision runs wherever training does") {
    NetworkSpec net;
    const Variant variant = forwards().variant("net/3x16x16-d1-c2-w24-gap10-conv3.bn.relu", net);
    FractalNet module(variant);
    module->eval();
    const torch::NoGradGuard no_grad;
    const Autocast autocast(Amp::fp16, torch::kCPU);
    CHECK(module->forward(torch::randn({2, 3, 16, 16})).isfinite().all().item<bool>());
}
