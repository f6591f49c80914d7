// Trains a linear model with gradient scaling, infinities put into its gradients, and a scaler that is saved
// and restored on the way; writes what each step came to, for tests/parity/scaler.py to judge.
#include <limits>
#include <optional>
#include <set>
#include <string>

#include <torch/torch.h>

#include "dump_main.hpp"
#include "train/apply_gradients.hpp"
#include "weights/safetensors.hpp"

namespace {

constexpr std::int64_t steps = 40;
constexpr std::int64_t restored_before = 23;
constexpr std::int64_t images = 6;
constexpr fractal::ScalerOptions scaler_options{.factor = 1024.0, .growth_interval = 4};
constexpr double clip_norm = 2.0;
constexpr double lr = 0.05;
const std::set<std::int64_t> infinite{2, 9, 10, 20, 33};
const std::set<std::int64_t> not_a_number{11, 26};

fractal::Recipe recipe() {
    fractal::Recipe recipe;
    recipe.momentum = 0.9;
    recipe.nesterov = true;
    recipe.weight_decay = 0.01;
    return recipe;
}

fractal::TensorFile record() {
    torch::manual_seed(7);
    const torch::Tensor inputs = torch::randn({steps, images, 8});
    const torch::Tensor targets = torch::randn({steps, images, 4});
    torch::Tensor weight = torch::randn({4, 8}).requires_grad_();
    torch::Tensor bias = torch::randn({4}).requires_grad_();
    fractal::TensorFile file;
    const auto put = [&](const std::string& name, const torch::Tensor& tensor) {
        file.tensors.emplace_back(name, tensor.detach().contiguous().clone());
    };
    put("inputs", inputs);
    put("targets", targets);
    put("initial/weight", weight);
    put("initial/bias", bias);

    torch::Tensor injected = torch::zeros({steps});
    torch::Tensor factors = torch::zeros({steps}, torch::kFloat64);
    torch::Tensor good_steps = torch::zeros({steps}, torch::kInt64);
    torch::Tensor stepped = torch::zeros({steps}, torch::kInt64);
    torch::Tensor norms = torch::zeros({steps});
    torch::Tensor weights = torch::zeros({steps, 4, 8});
    torch::Tensor biases = torch::zeros({steps, 4});

    fractal::Sgd sgd({weight, bias}, recipe());
    std::optional<fractal::GradientScaler> scaler(std::in_place, torch::kCPU, scaler_options);
    for (std::int64_t step = 0; step < steps; ++step) {
        if (step == restored_before) {
            const double factor = scaler->factor();
            const std::int64_t good = scaler->good_steps();
            scaler.emplace(torch::kCPU, scaler_options).restore(factor, good);
        }
        const torch::Tensor output = at::linear(inputs[step], weight, bias);
        scaler->scale(at::mse_loss(output, targets[step])).backward();
        if (infinite.contains(step)) injected[step] = std::numeric_limits<float>::infinity();
        if (not_a_number.contains(step)) injected[step] = std::numeric_limits<float>::quiet_NaN();
        {
            const torch::NoGradGuard no_grad;
            weight.mutable_grad()[1][2] += injected[step];
        }
        stepped[step] = static_cast<std::int64_t>(fractal::apply_gradients(sgd, &*scaler, clip_norm, lr));
        norms[step] = at::linalg_vector_norm(torch::cat({weight.grad().flatten(), bias.grad()}));
        sgd.zero_gradients();
        factors[step] = scaler->factor();
        good_steps[step] = scaler->good_steps();
        weights[step] = weight.detach();
        biases[step] = bias.detach();
    }
    put("injected", injected);
    put("factor", factors);
    put("good_steps", good_steps);
    put("stepped", stepped);
    put("clipped_norm", norms);
    put("weight", weights);
    put("bias", biases);
    return file;
}

} // namespace

int main(int argc, char** argv) { return fractal::testing::dump_main("scaler_dump", argc, argv, record); }
