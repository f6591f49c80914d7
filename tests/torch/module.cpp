// A variant as a torch::nn::Module: what LibTorch's users expect of one.
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string_view>
#include <utility>

#include <torch/torch.h>

#include <fractal/torch/module.hpp>

#include "torch_check.hpp"

using namespace fractal;

namespace {

using Net = Network<Input<3, 8, 8>, Depth<2>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>,
                    Width<4>, Head<GlobalAveragePool, 10>>;

/// A layer of the user's own with a matrix for each of 16 places.
struct Stack {
    static constexpr std::string_view name = "stack";
    static constexpr std::string_view type = "Stack";
    static constexpr WeightList weights(Shape in, Shape out) {
        return {{WeightSpec{"matrices", {out.channels, in.channels, 16}, Fill::by_fan_in}}, 1};
    }
};

bool same_weights(const torch::nn::Module& a, const torch::nn::Module& b) {
    const auto ours = a.named_parameters();
    for (const auto& entry : b.named_parameters()) {
        if (!ours[entry.key()].equal(entry.value())) return false;
    }
    return ours.size() == b.named_parameters().size();
}

} // namespace

TEST_CASE("parameters add up to the cost that was known before") {
    FractalNet net(variant_of<Net>);
    std::int64_t count = 0;
    for (const torch::Tensor& parameter : net->parameters()) count += parameter.numel();
    CHECK(count == cost_of<Net>.parameters);
    CHECK(net->named_parameters().contains("unit1.step2.column1.layer0.weight"));
    CHECK(net->named_buffers().contains("unit0.step1.column0.layer1.running_var"));
}

TEST_CASE("weights are a function of the seed") {
    CHECK(same_weights(*FractalNet(variant_of<Net>, ModuleOptions{.seed = 7}),
                       *FractalNet(variant_of<Net>, ModuleOptions{.seed = 7})));
    CHECK_FALSE(same_weights(*FractalNet(variant_of<Net>, ModuleOptions{.seed = 7}),
                             *FractalNet(variant_of<Net>, ModuleOptions{.seed = 8})));
    CHECK_FALSE(
        same_weights(*FractalNet(variant_of<Net>, ModuleOptions{.seed = 7}),
                     *FractalNet(variant_of<Net>, ModuleOptions{.seed = 7 + (std::uint64_t{1} << 32)})));
}

TEST_CASE("a weight of three dimensions starts by the fans of all its places") {
    using Stacked = Network<Input<3, 8, 8>, Depth<1>, Columns<1>, Layers<Conv<3>, BatchNorm, Stack>,
                            Width<64>, Head<GlobalAveragePool, 10>>;
    const auto largest = [](Init init) {
        FractalNet net(variant_of<Stacked>, ModuleOptions{.init = init});
        return net->named_parameters()["unit0.step1.column0.layer2.matrices"].abs().max().item<double>();
    };
    const double fan = 64 * 16; // both ways
    const std::pair<Init, double> bounds[] = {{Init::torch_default, 1 / std::sqrt(fan)},
                                              {Init::xavier, std::sqrt(6 / (fan + fan))},
                                              {Init::keep_variance, std::sqrt(3 / fan)}};
    for (const auto& [init, bound] : bounds) {
        // Of 65,536 draws the largest is near the bound: one in 10^28 sets stays below 0.999 of it.
        CHECK(largest(init) <= doctest::Approx(bound).epsilon(1e-6));
        CHECK(largest(init) > 0.999 * bound);
    }
}

TEST_CASE("dropout acts in training alone, with other masks at each step") {
    FractalNet net(variant_of<Net>);
    const torch::Tensor images = torch::randn({4, 3, 8, 8});
    const torch::Tensor first = net->forward(images);
    CHECK(net->step() == 1);
    CHECK_FALSE(net->forward(images).equal(first));
    net->eval();
    CHECK(net->forward(images).equal(net->forward(images)));
    CHECK(net->step() == 2);
    net->train();
    net->set_step(0);
    CHECK(net->forward(images).equal(first));
}

TEST_CASE("to, save, load and clone work as for any module") {
    FractalNet net(variant_of<Net>, ModuleOptions{.seed = 1});
    net->to(torch::kFloat64);
    const torch::Tensor images = torch::randn({2, 3, 8, 8}, torch::kFloat64);
    net->forward(images).sum().backward();
    CHECK((net->parameters()[0].grad().scalar_type() == torch::kFloat64));

    std::stringstream file;
    torch::save(net, file);
    FractalNet other(variant_of<Net>, ModuleOptions{.seed = 2});
    other->to(torch::kFloat64);
    torch::load(other, file);
    CHECK(same_weights(*net, *other));

    const auto copy = std::dynamic_pointer_cast<FractalNetImpl>(net->clone());
    CHECK(same_weights(*net, *copy));
    net->eval();
    copy->eval();
    CHECK(copy->forward(images).equal(net->forward(images)));
    {
        const torch::NoGradGuard no_grad;
        copy->parameters()[0].add_(1);
    }
    CHECK_FALSE(same_weights(*net, *copy));
}

TEST_CASE("images of another shape are refused by name") {
    FractalNet net(variant_of<Net>);
    CHECK_THROWS_WITH_AS(net->forward(torch::randn({1, 3, 9, 8})),
                         doctest::Contains("expected images of shape"), c10::Error);
}

namespace {

/// A user's module with a network in it.
struct WrapperImpl : torch::nn::Cloneable<WrapperImpl> {
    WrapperImpl() { reset(); }
    void reset() override { net = register_module("net", FractalNet(variant_of<Net>)); }
    FractalNet net{nullptr};
};

} // namespace

TEST_CASE("a clone of a module that holds a network has the network's weights and step") {
    const auto wrapper = std::make_shared<WrapperImpl>();
    {
        const torch::NoGradGuard no_grad;
        for (torch::Tensor& weight : wrapper->net->parameters()) weight.add_(1);
    }
    wrapper->net->set_step(7);
    wrapper->eval();
    const auto copy = std::dynamic_pointer_cast<WrapperImpl>(wrapper->clone());
    CHECK(same_weights(*wrapper->net, *copy->net));
    CHECK(copy->net->step() == 7);
    CHECK_FALSE(copy->net->is_training());
}

TEST_CASE("a network runs in a torch::nn::Sequential") {
    FractalNet net(variant_of<Net>);
    net->eval();
    torch::nn::Sequential chain(net, torch::nn::LogSoftmax(1));
    const torch::Tensor images = torch::randn({2, 3, 8, 8});
    CHECK(chain->forward(images).allclose(torch::log_softmax(net->forward(images), 1)));
}

TEST_CASE("derivatives of derivatives are refused by our kernels, and right by the reference") {
    const torch::Tensor images = torch::randn({2, 3, 8, 8}, torch::requires_grad());
    const auto penalty = [&](Kernels kernels) {
        FractalNet net(variant_of<Net>, ModuleOptions{.kernels = kernels});
        const torch::Tensor loss = net->forward(images).square().sum();
        torch::autograd::grad({loss}, {images}, {}, true, true)[0].norm().backward();
        return net->parameters()[0].grad();
    };
    CHECK_THROWS_WITH_AS(penalty(Kernels::automatic), doctest::Contains("differentiable once"), c10::Error);
    CHECK(penalty(Kernels::reference).abs().sum().item<double>() > 0);
}

TEST_CASE("a checkpointed network refuses gradients of chosen tensors, which would give others theirs") {
    NetworkSpec spec = *variant_of<Net>.spec;
    FractalNet net(variant_of<Net>, ModuleOptions{.checkpoint = CheckpointPlan::units(spec)});
    const torch::Tensor images = torch::randn({2, 3, 8, 8}, torch::requires_grad());
    CHECK_THROWS_WITH_AS(torch::autograd::grad({net->forward(images).sum()}, {images}),
                         doctest::Contains("without a checkpoint plan"), c10::Error);
    CHECK_FALSE(net->parameters()[0].grad().defined());
    net->forward(images).sum().backward();
    CHECK(net->parameters()[0].grad().defined());
}

TEST_CASE("a batch of no images leaves running statistics alone") {
    FractalNet net(variant_of<Net>);
    net->forward(torch::randn({0, 3, 8, 8}));
    for (const torch::Tensor& buffer : net->buffers()) CHECK(buffer.isfinite().all().item<bool>());
}

TEST_CASE("a network may be moved to bfloat16 whole") {
    FractalNet net(variant_of<Net>);
    net->to(torch::kBFloat16);
    const torch::Tensor images = torch::randn({2, 3, 8, 8}).to(torch::kBFloat16);
    net->forward(images).sum().backward();
    CHECK((net->parameters()[0].grad().scalar_type() == torch::kBFloat16));
    net->eval();
    CHECK(net->forward(images).isfinite().all().item<bool>());
}

TEST_CASE("weights and statistics may be tensors with strides of their own") {
    const auto logits = [](Kernels kernels) {
        FractalNet net(variant_of<Net>, ModuleOptions{.kernels = kernels});
        const torch::NoGradGuard no_grad;
        for (auto& parameter : net->named_parameters()) {
            if (parameter.value().dim() == 1) {
                parameter.value().set_data(torch::full({1}, 0.5).expand(parameter.value().sizes()));
            }
        }
        for (torch::Tensor& buffer : net->buffers()) {
            buffer.set_data(torch::full({2 * buffer.numel()}, 0.25).slice(0, 0, c10::nullopt, 2));
        }
        torch::manual_seed(5);
        const torch::Tensor images = torch::randn({4, 3, 8, 8});
        const torch::Tensor trained = net->forward(images);
        net->eval();
        return std::pair(trained, net->forward(images));
    };
    const auto [trained, evaluated] = logits(Kernels::automatic);
    const auto [trained_plainly, evaluated_plainly] = logits(Kernels::reference);
    CHECK(trained.allclose(trained_plainly, 1e-4, 1e-5));
    CHECK(evaluated.allclose(evaluated_plainly, 1e-4, 1e-5));
}

TEST_CASE("masks that are kept are of batches of one size") {
    FractalNet net(variant_of<Net>, ModuleOptions{.kernels = Kernels::reference});
    net->keep_masks();
    net->forward(torch::randn({4, 3, 8, 8}));
    net->forward(torch::randn({4, 3, 8, 8}));
    CHECK_THROWS_WITH_AS(net->forward(torch::randn({1, 3, 8, 8})),
                         doctest::Contains("masks are kept of batches of 4 images, got 1"), c10::Error);
}
