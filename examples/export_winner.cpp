// Trains a few networks, keeps the best one, and writes it for PyTorch: winner.py, and its weights beside it.
#include <cstdio>

#include <fractal/registry/registry.hpp>
#include <fractal/torch/export.hpp>

#include "bright_quarter.hpp"

using namespace fractal;

namespace {

template <class... L>
using Candidate = Network<Input<1, 8, 8>, Depth<2>, Columns<2>, Layers<Conv<3>, L...>, Width<8>,
                          Head<GlobalAveragePool, 4>>;
using Candidates = boost::mp11::mp_list<Candidate<>, Candidate<ReLU>, Candidate<BatchNorm, ReLU>>;

/// Trains a network and returns its accuracy on new images, as a fraction of 1.
double train(FractalNet& net) {
    torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.05).momentum(0.9));
    torch::Tensor images;
    torch::Tensor labels;
    for (int step = 0; step < 60; ++step) {
        make_batch(images, labels);
        optimizer.zero_grad();
        torch::nn::functional::cross_entropy(net->forward(images), labels).backward();
        optimizer.step();
    }
    net->eval();
    const torch::NoGradGuard no_grad;
    make_batch(images, labels);
    return net->forward(images).argmax(1).eq(labels).to(torch::kFloat).mean().item<double>();
}

} // namespace

int main() {
    torch::manual_seed(1);
    const Registry registry = registry_of<Candidates>();
    FractalNet winner = nullptr;
    double best = -1;
    for (const Variant* variant : registry.all()) {
        FractalNet net(*variant);
        const double accuracy = train(net);
        std::printf("%3.0f %%  %s\n", 100 * accuracy, variant->full_name.data());
        if (accuracy > best) {
            best = accuracy;
            winner = net;
        }
    }
    export_pytorch(*winner, "winner.py");
    const torch::NoGradGuard no_grad;
    const torch::Tensor logits = winner->forward(torch::ones({1, 1, 8, 8}))[0];
    std::printf("wrote winner.py and winner.safetensors; the logits of a white image are");
    for (int label = 0; label < 4; ++label) std::printf(" %.5f", logits[label].item<double>());
    std::printf("\n");
}
