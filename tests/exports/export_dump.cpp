// Weights, images, logits and a TorchScript archive of networks, for tests/exports/formats.py to compare.
#include <cstdlib>
#include <iostream>
#include <string>

#include <torch/torch.h>

#include <fractal/registry/registry.hpp>

#include "backend/torchscript.hpp"
#include "weights/module_weights.hpp"

namespace {

/// Weights and running statistics that are none of the values that a network begins with.
void vary(fractal::FractalNetImpl& module, const torch::Tensor& images) {
    for (auto& entry : module.named_parameters()) {
        if (entry.value().dim() == 1) entry.value().add_(torch::rand_like(entry.value()) - 0.5);
    }
    module.train();
    module.forward(images);
    module.eval();
}

void dump(const std::string& name, const std::string& folder) {
    const fractal::Variant* variant = fractal::compiled_registry().find(name);
    if (variant == nullptr) throw std::runtime_error(name + " is not compiled in");
    torch::manual_seed(1);
    fractal::FractalNet module(*variant, fractal::ModuleOptions{.seed = 1});
    const fractal::Shape& shape = variant->spec->input;
    const torch::Tensor images = torch::randn({3, shape.channels, shape.height, shape.width});
    vary(*module, images);
    const std::string file = folder + "/" + std::string(variant->full_name.substr(4));
    fractal::write_tensors(file + ".safetensors", fractal::weights_of(*module));
    fractal::write_tensors(file + ".logits", {{{"images", images}, {"logits", module->forward(images)}}, {}});
    fractal::FractalNet reference(*variant, fractal::ModuleOptions{.kernels = fractal::Kernels::reference});
    fractal::load_weights(*reference, fractal::weights_of(*module), file);
    fractal::write_torchscript(*reference, file + ".pt");
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: export_dump FOLDER NAME...\n";
        return EXIT_FAILURE;
    }
    const torch::NoGradGuard no_grad;
    try {
        for (int i = 2; i < argc; ++i) dump(argv[i], argv[1]);
    } catch (const std::exception& error) {
        std::cerr << "export_dump: " << error.what() << "\n";
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
