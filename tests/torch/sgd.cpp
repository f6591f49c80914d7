// The fused step against the formulas of SGD, and gradient scaling against its definition.
#include <torch/torch.h>

#include "torch_check.hpp"
#include "train/gradient_scaler.hpp"
#include "train/parameter_rates.hpp"
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

TEST_CASE("parameters with rates of their own step as if alone at that rate") {
    Recipe recipe;
    recipe.momentum = 0.9;
    recipe.weight_decay = 0.1;
    for (const bool decoupled : {false, true}) {
        recipe.decoupled_decay = decoupled;
        std::vector<torch::Tensor> together, on_device, alone;
        for (auto* weights : {&together, &on_device, &alone}) {
            for (const double value : {1.0, -2.0, 3.0}) weights->push_back(parameter({value}));
        }
        const std::vector<double> rates{1.0, 0.25, 1.0};
        Sgd all(together, recipe, rates);
        Sgd device(on_device, recipe, rates);
        std::vector<Sgd> each;
        for (const torch::Tensor& weight : alone) each.emplace_back(std::vector{weight}, recipe);
        for (int step = 0; step < 4; ++step) {
            for (std::size_t i = 0; i < rates.size(); ++i) {
                const double slope = step + static_cast<double>(i);
                for (auto* weights : {&together, &on_device, &alone}) set_gradient((*weights)[i], {slope});
                each[i].step(0.125 * rates[i]); // exact in fp32
            }
            all.step(0.125);
            device.step(torch::tensor(0.125));
        }
        for (std::size_t i = 0; i < rates.size(); ++i) {
            CHECK(together[i].equal(alone[i]));
            CHECK(on_device[i].detach().allclose(alone[i].detach(), 1e-6, 1e-6));
        }
    }
}

TEST_CASE("a head of many inputs learns at a lower rate, its bias and all else do not") {
    using Flat = Network<Input<3, 8, 8>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm>, Width<4>,
                         Head<Flatten, 10>>; // 4 * 4 * 4 inputs
    FractalNet net(variant_of<Flat>);
    const auto is_head = [&](std::size_t i) {
        return net->parameters()[i].is_same(net->named_parameters()["head.weight"]);
    };
    for (const auto& [inputs, part] : {std::pair{0, 1.0}, {16, 0.25}, {64, 1.0}, {1000, 1.0}}) {
        Recipe recipe;
        recipe.head_inputs = inputs;
        const std::vector<double> rates = parameter_rates(*net, recipe);
        REQUIRE(rates.size() == net->parameters().size());
        for (std::size_t i = 0; i < rates.size(); ++i) CHECK(rates[i] == (is_head(i) ? part : 1.0));
    }
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
