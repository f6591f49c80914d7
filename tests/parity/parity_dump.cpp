// Trains networks for a few steps and writes every tensor on the way, for tests/parity/compare.py to judge.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <CLI/CLI.hpp>

#include <fractal/registry/registry.hpp>
#include <fractal/spec/parse.hpp>
#include <fractal/torch/module.hpp>

#include "train/sgd.hpp"
#include "weights/safetensors.hpp"

namespace {

using Tensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// A compiled variant of the order and columns that a full name asks for, with that name's own network.
fractal::Variant compiled_as(const fractal::NetworkSpec& net, const std::string& name) {
    for (const fractal::Variant* variant : fractal::compiled_registry().all()) {
        const fractal::NetworkSpec& known = *variant->spec;
        if (known.columns != net.columns || order_name(known.order).view() != order_name(net.order).view())
            continue;
        fractal::Variant found = *variant;
        found.spec = &net;
        return found;
    }
    throw std::runtime_error(name + ": no variant of its order and columns is compiled in");
}

void put(Tensors& tensors, const std::string& name, const torch::Tensor& tensor) {
    tensors.emplace_back(name, tensor.detach().contiguous().clone());
}

/// BatchNorm begins as 1 and 0, with which some mistakes would cancel; here it begins anywhere near.
void vary_norms(fractal::FractalNetImpl& module) {
    const torch::NoGradGuard no_grad;
    for (auto& entry : module.named_parameters()) {
        if (entry.value().dim() == 1) entry.value().add_(torch::rand_like(entry.value()) - 0.5);
    }
}

Tensors record(const std::string& name, torch::ScalarType dtype, std::int64_t batch, std::int64_t steps,
               std::uint64_t seed) {
    const fractal::ParsedName parsed = fractal::parse_full_name(name);
    if (!parsed.fault.empty()) throw std::runtime_error(std::string(parsed.fault.view()));
    const fractal::NetworkSpec& net = parsed.net;
    const fractal::Variant variant = compiled_as(net, name);

    torch::manual_seed(seed);
    fractal::FractalNet module(variant, fractal::ModuleOptions{.seed = seed});
    vary_norms(*module);
    module->to(dtype);
    const torch::Tensor input =
        torch::randn({batch, net.input.channels, net.input.height, net.input.width}, dtype).requires_grad_();
    const torch::Tensor target = torch::randint(net.classes, {batch}, torch::kInt64);

    Tensors tensors;
    put(tensors, "input", input);
    put(tensors, "target", target);
    const auto put_all = [&](const std::string& prefix, const auto& named) {
        for (const auto& entry : named) put(tensors, prefix + entry.key(), entry.value());
    };
    put_all("initial/", module->named_parameters());
    put_all("initial/", module->named_buffers());

    constexpr double lr = 0.01;
    fractal::Sgd sgd(module->parameters(), fractal::Recipe{});
    torch::Tensor losses = torch::zeros({steps}, dtype);
    for (std::int64_t step = 0; step < steps; ++step) {
        const torch::Tensor output = module->forward(input);
        const torch::Tensor loss = torch::cross_entropy_loss(output, target);
        loss.backward();
        losses[step] = loss.detach();
        if (step == 0) {
            put(tensors, "output", output);
            put(tensors, "loss", loss);
            put(tensors, "grad/input", input.grad());
            for (const auto& entry : module->named_parameters()) {
                // A firing that drop-path left out has no gradient, which is not a gradient of zero.
                if (entry.value().grad().defined()) put(tensors, "grad/" + entry.key(), entry.value().grad());
            }
            put_all("buffer/", module->named_buffers());
            const torch::NoGradGuard no_grad;
            module->eval();
            put(tensors, "output_eval", module->forward(input));
            module->train();
        }
        sgd.step(lr);
        sgd.zero_gradients();
        input.mutable_grad().reset();
    }
    put(tensors, "losses", losses);
    put_all("final/", module->named_parameters());
    put_all("final/", module->named_buffers());
    return tensors;
}

} // namespace

int main(int argc, char** argv) {
    std::string names;
    std::string dtype;
    std::string folder;
    std::int64_t batch = 4;
    std::int64_t steps = 10;
    std::uint64_t seed = 1;
    CLI::App app("Writes every tensor of a few training steps of networks, one dictionary for each.");
    app.add_option("--names", names, "file with one full name a line")->required();
    app.add_option("--dtype", dtype, "float64 or float32")
        ->required()
        ->check(CLI::IsMember({"float64", "float32"}));
    app.add_option("--batch", batch, "images");
    app.add_option("--steps", steps, "training steps");
    app.add_option("--seed", seed, "of weights, images and masks");
    app.add_option("--out-dir", folder, "folder for 0.safetensors, 1.safetensors, …")->required();
    CLI11_PARSE(app, argc, argv);
    try {
        std::ifstream lines(names);
        int index = 0;
        for (std::string name; std::getline(lines, name); ++index) {
            const auto type = dtype == "float64" ? torch::kFloat64 : torch::kFloat32;
            fractal::write_tensors(folder + "/" + std::to_string(index) + ".safetensors",
                                   {record(name, type, batch, steps, seed), {}});
        }
    } catch (const std::exception& error) {
        std::cerr << "parity_dump: " << error.what() << "\n";
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
