// A network of the outside project as a torch::nn::Module, with a layer whose forward is registered here.
#include <cstdio>

#include <fractal/torch/custom_layer.hpp>
#include <fractal/torch/module.hpp>

#include "layers/swish.hpp"

using namespace fractal;

using Net = Network<Input<3, 32, 32>, Depth<2>, Columns<2>, Layers<Conv<3>, outside::Swish>, Width<8>,
                    Head<GlobalAveragePool, 10>>;

namespace {
const CustomLayer swish(layer_spec<outside::Swish>,
                        [](const torch::Tensor& x, const SlotWeights&, bool) { return torch::silu(x); });
} // namespace

int main() {
    FractalNet net(variant_of<Net>);
    const torch::Tensor logits = net->forward(torch::randn({4, 3, 32, 32}));
    logits.square().mean().backward();
    std::int64_t parameters = 0;
    for (const torch::Tensor& parameter : net->parameters()) {
        if (!parameter.grad().defined()) return 1;
        parameters += parameter.numel();
    }
    std::printf("%s: %lld parameters\n", name_of<Net>.data(), static_cast<long long>(parameters));
    return logits.size(1) == 10 && parameters == cost_of<Net>.parameters ? 0 : 1;
}
