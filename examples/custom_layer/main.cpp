// Trains a network that has a layer of one's own; nothing in the library knows of it.
#include <cstdio>

#include <fractal/spec/parse.hpp>
#include <fractal/torch/module.hpp>

#include "channel_gate.hpp"

using namespace fractal;

using Order = Layers<Conv<3>, BatchNorm, ReLU, mine::ChannelGate>;
using Net = Network<Input<3, 16, 16>, Depth<2>, Columns<2>, Order, Width<8>, Head<GlobalAveragePool, 2>>;

// The layer has a name, its names are read back, and its costs are counted.
static_assert(name_of<Net> == "net/3x16x16-d2-c2-w8-gap2-conv3.bn.relu.gate");
static_assert(full_name(parse_full_name(name_of<Net>, layers_of<mine::Alphabet>).net) == name_of<Net>);
using Plain = Network<Input<3, 16, 16>, Depth<2>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU>, Width<8>,
                      Head<GlobalAveragePool, 2>>;
constexpr int gates = 3 * (8 * 8 + 8) + 3 * (16 * 16 + 16); // three firings in each of two units
static_assert(cost_of<Net>.parameters == cost_of<Plain>.parameters + gates);

int main() {
    torch::manual_seed(1);
    FractalNet net(variant_of<Net>);
    torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));

    // Two kinds of noise: in the second, neighbouring pixels are alike.
    const torch::Tensor rough = torch::randn({32, 3, 16, 16});
    const torch::Tensor smooth = 3 * torch::avg_pool2d(torch::randn({32, 3, 18, 18}), {3, 3}, {1, 1});
    const torch::Tensor images = torch::cat({rough, smooth});
    const torch::Tensor labels = torch::arange(64).ge(32).to(torch::kLong);

    double first = 0;
    double last = 0;
    for (int step = 0; step < 40; ++step) {
        const torch::Tensor loss = torch::nn::functional::cross_entropy(net->forward(images), labels);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        last = loss.item<double>();
        first = step == 0 ? last : first;
    }
    std::printf("%s\nloss %.3f at first, %.3f after 40 steps\n", name_of<Net>.data(), first, last);
    return last < 0.2 * first ? 0 : 1;
}
