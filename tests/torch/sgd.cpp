// The fused step against the formulas of SGD, and gradient scaling against its definition.
#include <torch/torch.h>

#include "torch_check.hpp"
#include "train/gradient_scaler.hpp"
#include "train/sgd.hpp"

using namespace fractal;

namespace {

torch::Tensor parameter(std::vector<double> values) {
    return torch::tensor(values, torch::kFloat64).requires_grad_();
}

void set_gradient(torch::Tensor& weights, std::vector<double> values) {
    weights.mutable_grad() = torch::tensor(values, torch::kFloat64);
}

} // namespace

TEST_CASE("momentum, weight decay and Nesterov follow their formulas over several steps") {
    for (const bool nesterov : {false, true}) {
        CAPTURE(nesterov);
        Recipe recipe;
        recipe.momentum = 0.9;
        recipe.weight_decay = 0.01;
        recipe.nesterov = nesterov;
        torch::Tensor w = parameter({1.0, -2.0});
        Sgd sgd({w}, recipe);
        std::vector<double> expected{1.0, -2.0};
        std::vector<double> velocity{0.0, 0.0};
        for (int step = 0; step < 4; ++step) {
            const std::vector<double> slope{0.5 * step - 0.2, 0.1};
            set_gradient(w, slope);
            sgd.step(0.1);
            for (std::size_t i = 0; i < 2; ++i) {
                const double g = slope[i] + 0.01 * expected[i];
                velocity[i] = step == 0 ? g : 0.9 * velocity[i] + g;
                expected[i] -= 0.1 * (nesterov ? g + 0.9 * velocity[i] : velocity[i]);
            }
            CHECK(w.detach().allclose(torch::tensor(expected, torch::kFloat64), 1e-12, 1e-12));
        }
    }
}

TEST_CASE("decoupled decay shrinks the weight beside the momentum, on the host and on the device alike") {
    Recipe recipe;
    recipe.momentum = 0.9;
    recipe.weight_decay = 0.2;
    recipe.decoupled_decay = true;
    torch::Tensor w = parameter({1.0, -2.0});
    torch::Tensor v = parameter({1.0, -2.0});
    Sgd host({w}, recipe);
    Sgd device({v}, recipe);
    std::vector<double> expected{1.0, -2.0};
    std::vector<double> velocity{0.0, 0.0};
    const torch::Tensor rate = torch::tensor(0.1, torch::kFloat32);
    for (int step = 0; step < 4; ++step) {
        const std::vector<double> slope{0.5 * step - 0.2, 0.1};
        set_gradient(w, slope);
        set_gradient(v, slope);
        host.step(0.1);
        device.step(rate);
        for (std::size_t i = 0; i < 2; ++i) {
            velocity[i] = 0.9 * velocity[i] + slope[i];
            expected[i] = expected[i] * (1 - 0.1 * 0.2) - 0.1 * velocity[i];
        }
        CHECK(w.detach().allclose(torch::tensor(expected, torch::kFloat64), 1e-12, 1e-12));
        CHECK(v.detach().allclose(w.detach(), 1e-6, 1e-6)); // the rate is a float there
    }
    const torch::Tensor before = v.detach().clone();
    device.step(rate, torch::ones({}));
    CHECK(v.detach().equal(before));
}

TEST_CASE("a parameter without a gradient keeps weight and momentum") {
    torch::Tensor a = parameter({1.0});
    torch::Tensor b = parameter({1.0});
    Recipe recipe;
    recipe.weight_decay = 0.1;
    Sgd sgd({a, b}, recipe);
    set_gradient(a, {1.0});
    set_gradient(b, {1.0});
    sgd.step(0.1);
    const torch::Tensor weight = b.detach().clone();
    const torch::Tensor momentum = sgd.momenta()[1].clone();
    sgd.zero_gradients();
    set_gradient(a, {1.0});
    sgd.step(0.1);
    CHECK(b.detach().equal(weight));
    CHECK(sgd.momenta()[1].equal(momentum));
}

TEST_CASE("clipping scales all gradients by one factor, and leaves small ones") {
    torch::Tensor a = parameter({0.0});
    torch::Tensor b = parameter({0.0});
    Sgd sgd({a, b}, Recipe{});
    set_gradient(a, {3.0});
    set_gradient(b, {4.0});
    sgd.clip_gradients(10.0);
    CHECK(a.grad().item<double>() == 3.0);
    sgd.clip_gradients(1.0);
    CHECK(a.grad().item<double>() == doctest::Approx(0.6).epsilon(1e-5));
    CHECK(b.grad().item<double>() == doctest::Approx(0.8).epsilon(1e-5));
}

TEST_CASE("a rate on the device steps like one on the host, and a step left out changes nothing") {
    Recipe recipe;
    recipe.momentum = 0.9;
    recipe.weight_decay = 0.01;
    torch::Tensor a = parameter({1.0, -2.0});
    torch::Tensor b = parameter({1.0, -2.0});
    Sgd host({a}, recipe);
    Sgd device({b}, recipe);
    const torch::Tensor rate = torch::zeros({});
    const torch::Tensor left_out = torch::zeros({});
    for (int step = 0; step < 4; ++step) {
        set_gradient(a, {0.5 * step - 0.2, 0.1});
        set_gradient(b, {0.5 * step - 0.2, 0.1});
        rate.fill_(0.125 * step);
        left_out.fill_(step == 0 || step == 2 ? 1.0 : 0.0); // the first, and one with momentum
        if (step % 2 == 1) host.step(0.125 * step);
        device.step(rate, left_out);
        CHECK(b.detach().equal(a.detach()));
        if (step >= 1) CHECK(device.momenta()[0].equal(host.momenta()[0]));
    }
}

TEST_CASE("an overflow halves the factor and is reported; two thousand good steps double it") {
    GradientScaler scaler(torch::kCPU);
    std::vector<torch::Tensor> gradients{torch::tensor({65536.0F, std::numeric_limits<float>::infinity()})};
    scaler.unscale(gradients);
    CHECK_FALSE(scaler.finite());
    scaler.update();
    CHECK(scaler.factor() == 32768.0);
    gradients = {torch::tensor({32768.0F})};
    scaler.unscale(gradients);
    CHECK(scaler.finite());
    CHECK(gradients[0].item<float>() == 1.0F);
    scaler.update();
    for (int i = 1; i < 2000; ++i) {
        scaler.unscale(gradients);
        CHECK(scaler.finite());
        scaler.update();
    }
    CHECK(scaler.factor() == 65536.0);
    CHECK(scaler.good_steps() == 0);
}
