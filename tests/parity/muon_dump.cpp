// Steps filters by Muon under gradients that are drawn; writes gradients and weights, for
// tests/parity/muon.py to judge.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <torch/torch.h>

#include "dump_main.hpp"
#include "train/sgd.hpp"
#include "weights/safetensors.hpp"

namespace {

constexpr std::int64_t steps = 6;
constexpr double lr = 0.05;

fractal::Recipe recipe(bool nesterov) {
    fractal::Recipe recipe;
    recipe.momentum = 0.9;
    recipe.nesterov = nesterov;
    recipe.decoupled_decay = true;
    recipe.weight_decay = 0.1;
    return recipe;
}

/// Filters wide, wide of the same size, tall, and square.
const std::vector<std::vector<std::int64_t>> extents{{8, 4, 3, 3}, {8, 4, 3, 3}, {12, 2, 1, 1}, {9, 1, 3, 3}};

fractal::TensorFile record() {
    torch::manual_seed(7);
    fractal::TensorFile file;
    const auto put = [&](const std::string& name, const torch::Tensor& tensor) {
        file.tensors.emplace_back(name, tensor.detach().contiguous().clone());
    };
    for (const bool nesterov : {false, true}) {
        const std::string prefix = nesterov ? "nesterov" : "plain";
        std::vector<torch::Tensor> weights;
        for (const auto& shape : extents) {
            weights.push_back(
                torch::randn(shape).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_());
            put(fmt::format("{}/{}/initial", prefix, weights.size() - 1), weights.back());
        }
        fractal::Sgd sgd(weights, recipe(nesterov),
                         std::vector(weights.size(), fractal::ParameterRule{.rate = 1, .orthogonal = true}));
        for (std::int64_t step = 0; step < steps; ++step) {
            for (std::size_t i = 0; i < weights.size(); ++i) {
                weights[i].mutable_grad() = torch::randn_like(weights[i]);
                put(fmt::format("{}/{}/gradient{}", prefix, i, step), weights[i].grad());
            }
            sgd.step(lr);
        }
        for (std::size_t i = 0; i < weights.size(); ++i) {
            put(fmt::format("{}/{}/final", prefix, i), weights[i]);
        }
    }
    return file;
}

} // namespace

int main(int argc, char** argv) { return fractal::testing::dump_main("muon_dump", argc, argv, record); }
