// A whole step of training by our kernels errs no further from float64 than LibTorch's operators do.
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <torch/torch.h>

#include <fractal/torch/module.hpp>

#include "checkpoint_nets.hpp"
#include "torch_check.hpp"
#include "train/amp.hpp"

using namespace fractal;

namespace {

const ForwardTable& forwards() {
    static const ForwardTable table =
        ForwardTable::of<Layers<Conv<3>>, Layers<Conv<3>, ReLU>, Layers<ReLU, Conv<3>>,
                         Layers<Conv<3>, BatchNorm, ReLU>, Layers<BatchNorm, ReLU, Conv<3>>,
                         Layers<Conv<3>, ReLU, BatchNorm, Dropout<20>>,
                         Layers<Conv<3>, BatchNorm, Conv<1>, ReLU>>();
    return table;
}

constexpr std::string_view orders[] = {
    "conv3",         "conv3.relu",           "relu.conv3",         "conv3.bn.relu",
    "bn.relu.conv3", "conv3.relu.bn.drop20", "conv3.bn.conv1.relu"};

enum class Precision { exact, single, mixed };

/// The logits, then each gradient, then each running statistic after one step, in float64.
std::vector<torch::Tensor> step(const Variant& variant, Kernels kernels, Precision precision) {
    FractalNet net(variant, ModuleOptions{.seed = 3, .kernels = kernels});
    torch::manual_seed(4);
    torch::Tensor images = torch::randn({12, 3, 16, 16});
    const torch::Tensor labels = torch::arange(12).remainder(10);
    if (precision == Precision::exact) {
        net->to(torch::kFloat64);
        images = images.to(torch::kFloat64);
    }
    torch::Tensor logits;
    {
        const Autocast autocast(precision == Precision::mixed ? Amp::bf16 : Amp::off, torch::kCPU);
        logits = net->forward(images);
    }
    const torch::Tensor wide = precision == Precision::exact ? logits : logits.to(torch::kFloat32);
    torch::nn::functional::cross_entropy(wide, labels).backward();
    std::vector<torch::Tensor> all{logits.detach().to(torch::kFloat64)};
    for (const torch::Tensor& weight : net->parameters()) all.push_back(weight.grad().to(torch::kFloat64));
    for (const torch::Tensor& buffer : net->buffers()) all.push_back(buffer.to(torch::kFloat64));
    return all;
}

double error(const std::vector<torch::Tensor>& values, const std::vector<torch::Tensor>& exact) {
    double squares = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const double one = ((values[i] - exact[i]).norm() / exact[i].norm()).item<double>();
        squares += one * one;
    }
    return std::sqrt(squares / static_cast<double>(exact.size()));
}

} // namespace

TEST_CASE("a step by our kernels is as near to float64 as one by LibTorch's operators") {
    for (const std::string_view order : orders) {
        for (const std::string_view shape : {"c1-w16", "c3-w16", "c3-w32"}) {
            const std::string name = "net/3x16x16-d2-" + std::string(shape) + "-gap10-" + std::string(order);
            NetworkSpec net;
            const Variant variant = forwards().variant(name, net);
            const auto exact = step(variant, Kernels::reference, Precision::exact);
            for (const Precision precision : {Precision::single, Precision::mixed}) {
                const auto theirs = step(variant, Kernels::reference, precision);
                const double reference = error(theirs, exact);
                CAPTURE(name);
                CAPTURE(static_cast<int>(precision));
                CAPTURE(reference);
                for (const Kernels kernels : {Kernels::automatic, Kernels::direct}) {
                    CAPTURE(static_cast<int>(kernels));
                    CHECK(error(step(variant, kernels, precision), exact) <= 2 * reference);
                }
            }
        }
    }
}
