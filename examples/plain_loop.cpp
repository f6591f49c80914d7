// A network type in a plain LibTorch training loop: it is a torch::nn::Module like any other.
#include <cstdio>

#include <fractal/torch/module.hpp>

#include "bright_quarter.hpp"

using Order = fractal::Layers<fractal::Conv<3>, fractal::BatchNorm, fractal::ReLU>;
using Net = fractal::Network<fractal::Input<1, 8, 8>, fractal::Depth<2>, fractal::Columns<3>, Order,
                             fractal::Width<8>, fractal::Head<fractal::GlobalAveragePool, 4>>;

int main() {
    torch::manual_seed(1);
    fractal::FractalNet net(fractal::variant_of<Net>);
    torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.05).momentum(0.9));

    torch::Tensor images;
    torch::Tensor labels;
    for (int step = 0; step < 100; ++step) {
        make_batch(images, labels);
        const torch::Tensor loss = torch::nn::functional::cross_entropy(net->forward(images), labels);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if (step % 20 == 19) {
            std::printf("step %3d  loss %.3f\n", step + 1, loss.item<double>());
        }
    }

    net->eval();
    const torch::NoGradGuard no_grad;
    make_batch(images, labels);
    const double accuracy = net->forward(images).argmax(1).eq(labels).to(torch::kFloat).mean().item<double>();
    std::printf("accuracy on new images: %.0f %%\n", 100 * accuracy);
    return accuracy > 0.8 ? 0 : 1;
}
