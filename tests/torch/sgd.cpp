// The fused step against the formulas of SGD, and gradient scaling against its definition.
#include <set>

#include <torch/torch.h>

#include "torch_check.hpp"
#include "train/gradient_scaler.hpp"
#include "train/orthogonal.hpp"
#include "train/parameter_rules.hpp"
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
        std::vector<ParameterRule> rules;
        for (const double rate : rates) rules.push_back({.rate = rate});
        Sgd all(together, recipe, rules);
        Sgd device(on_device, recipe, rules);
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

TEST_CASE(
    "a head of many inputs learns at a lower rate; by Muon convolutions take orthogonal steps at theirs") {
    using Flat = Network<Input<3, 8, 8>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm>, Width<4>,
                         Head<Flatten, 10>>; // 4 * 4 * 4 inputs
    FractalNet net(variant_of<Flat>);
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::muon}) {
        for (const auto& [inputs, part] : {std::pair{0, 1.0}, {16, 0.25}, {64, 1.0}, {1000, 1.0}}) {
            Recipe recipe;
            recipe.lr = 0.5;
            recipe.muon_lr = 0.125;
            recipe.optimizer = optimizer;
            recipe.head_inputs = inputs;
            const std::vector<ParameterRule> rules = parameter_rules(*net, recipe);
            REQUIRE(rules.size() == net->parameters().size());
            const auto names = net->named_parameters();
            for (std::size_t i = 0; i < rules.size(); ++i) {
                const bool by_muon = names[i].value().dim() == 4 && optimizer == Optimizer::muon;
                CHECK(rules[i].orthogonal == by_muon);
                CHECK(rules[i].rate == (by_muon ? 0.25 : names[i].key() == "head.weight" ? part : 1.0));
            }
        }
    }
}

TEST_CASE("filters learn by Muon at a lower rate where many follow one another without a normalisation") {
    const auto rates = []<class... L>(Layers<L...>) {
        using Deep = Network<Input<3, 8, 8>, Depth<2>, Columns<5>, Layers<L...>, Width<4>,
                             Head<GlobalAveragePool, 10>>; // 32 firings on the longest path
        FractalNet net(variant_of<Deep>);
        Recipe recipe;
        recipe.optimizer = Optimizer::muon;
        recipe.lr = recipe.muon_lr = 0.5;
        std::set<double> found;
        for (const ParameterRule& rule : parameter_rules(*net, recipe)) {
            if (rule.orthogonal) found.insert(rule.rate);
        }
        return found;
    };
    CHECK(rates(Layers<Conv<3>, ReLU>{}) == std::set{steady_path / 32.0});
    CHECK(rates(Layers<Conv<1>, ReLU, Conv<3>>{}) == std::set{steady_path / 64.0});
    CHECK(rates(Layers<Conv<3>, BatchNorm, Conv<1>>{}) == std::set{1.0});
}

TEST_CASE("orthogonal steps keep the singular vectors, and their values are near one whatever they were") {
    torch::manual_seed(5);
    for (const auto& [rows, columns] : {std::pair{6, 6}, {4, 27}, {16, 3}}) {
        const torch::Tensor matrices = torch::randn({3, rows, columns}, torch::kFloat64);
        const auto [u, values, vt] = at::linalg_svd(matrices, /*full_matrices=*/false);
        for (const double scale : {1.0, 1e-4}) {
            const torch::Tensor found = orthogonalized(scale * matrices, torch::kFloat64).to(torch::kFloat64);
            // in the basis of the singular vectors it is diagonal
            const torch::Tensor inside = u.mT().matmul(found).matmul(vt.mT());
            const torch::Tensor diagonal = inside.diagonal(0, 1, 2);
            CHECK((inside - torch::diag_embed(diagonal)).abs().max().item<double>() < 1e-5);
            CHECK(diagonal.min().item<double>() > 0.4); // the least of a random matrix may be small yet
            CHECK(diagonal.max().item<double>() < 1.25);
        }
    }
    const torch::Tensor rounded = orthogonalized(torch::randn({2, 8, 40}), torch::kBFloat16);
    const torch::Tensor square = rounded.bmm(rounded.mT());
    CHECK((square - torch::eye(8)).abs().max().item<double>() < 0.6);
    CHECK(orthogonalized(torch::zeros({1, 4, 9}), torch::kFloat32).eq(0).all().item<bool>());
}

TEST_CASE("orthogonal steps in bfloat16 are those of double precision, of momenta of few directions too") {
    torch::manual_seed(6);
    for (const std::vector<std::int64_t>& sizes :
         {std::vector<std::int64_t>{1, 64, 64}, {1, 64, 576}, {1, 128, 27}}) {
        CAPTURE(sizes[1]);
        const auto [u, ignored, vt] =
            at::linalg_svd(torch::randn(sizes, torch::kFloat64), /*full_matrices=*/false);
        for (const double least : {1e-1, 1e-2, 1e-4}) {
            CAPTURE(least);
            const torch::Tensor values =
                torch::logspace(0, std::log10(least), vt.size(1), 10, torch::kFloat64);
            const torch::Tensor matrix = (u * values).matmul(vt);
            const torch::Tensor exact = orthogonalized(matrix, torch::kFloat64).to(torch::kFloat64);
            const torch::Tensor found = orthogonalized(matrix, torch::kBFloat16).to(torch::kFloat64);
            CHECK(((found - exact).norm() / exact.norm()).item<double>() < 0.15);
            CHECK(at::linalg_svdvals(found).max().item<double>() < 1.25);
        }
    }
}

TEST_CASE("an orthogonal step is of its momentum, at its rate, and on the device as on the host") {
    torch::manual_seed(6);
    const auto filters = [](std::vector<std::int64_t> extents) {
        return torch::randn(extents).contiguous(torch::MemoryFormat::ChannelsLast);
    };
    for (const bool nesterov : {false, true}) {
        Recipe recipe;
        recipe.momentum = 0.9;
        recipe.nesterov = nesterov;
        recipe.weight_decay = 0.2;
        recipe.decoupled_decay = true;
        // two of one size are stacked, another stands alone; a bias learns as ever
        std::vector<torch::Tensor> host{filters({4, 2, 3, 3}), filters({4, 2, 3, 3}), filters({16, 3, 1, 1}),
                                        torch::randn({4})};
        std::vector<torch::Tensor> device;
        for (torch::Tensor& weight : host) {
            device.push_back(weight.clone().requires_grad_());
            weight.requires_grad_();
        }
        const ParameterRule muon{.rate = 0.5, .orthogonal = true};
        const std::vector<ParameterRule> rules{muon, muon, muon, {}};
        Sgd on_host(host, recipe, rules);
        Sgd on_device(device, recipe, rules);
        std::vector<torch::Tensor> expected;
        std::vector<torch::Tensor> velocity;
        for (const torch::Tensor& weight : host) {
            expected.push_back(weight.detach().clone());
            velocity.push_back(torch::zeros_like(weight));
        }
        for (int step = 0; step < 3; ++step) {
            for (std::size_t i = 0; i < host.size(); ++i) {
                const torch::Tensor slope = torch::randn_like(host[i]).detach();
                host[i].mutable_grad() = slope.clone();
                device[i].mutable_grad() = slope.clone();
                velocity[i] = 0.9 * velocity[i] + slope;
                torch::Tensor update = nesterov ? slope + 0.9 * velocity[i] : velocity[i];
                const double rate = 0.125 * rules[i].rate;
                if (rules[i].orthogonal) {
                    const torch::Tensor matrix = update.flatten(1).unsqueeze(0);
                    const double tall =
                        static_cast<double>(matrix.size(1)) / static_cast<double>(matrix.size(2));
                    update = orthogonalized(matrix, torch::kFloat32).view(update.sizes()) *
                             std::sqrt(std::max(1.0, tall));
                }
                expected[i] = expected[i] * (1 - rate * 0.2) - rate * update;
            }
            on_host.step(0.125);
            on_device.step(torch::tensor(0.125));
        }
        for (std::size_t i = 0; i < host.size(); ++i) {
            CHECK(host[i].detach().allclose(expected[i], 1e-4, 1e-4));
            CHECK(device[i].detach().allclose(host[i].detach(), 1e-5, 1e-5));
        }
        // A step that is left out, for gradients that are infinite.
        std::vector<torch::Tensor> before;
        for (torch::Tensor& weight : device) {
            before.push_back(weight.detach().clone());
            weight.mutable_grad().fill_(std::numeric_limits<float>::infinity());
        }
        on_device.step(torch::tensor(0.125), torch::ones({}));
        for (std::size_t i = 0; i < device.size(); ++i) {
            CHECK(device[i].detach().equal(before[i]));
            CHECK(on_device.momenta()[i].isfinite().all().item<bool>());
        }
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
