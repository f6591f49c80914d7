// Gradient checkpointing changes memory and time, and nothing else: whatever the plan.
#include <array>
#include <string>
#include <string_view>

#include <torch/torch.h>

#include <fractal/torch/module.hpp>

#include "backend/tensor_memory.hpp"
#include "checkpoint_nets.hpp"
#include "torch_check.hpp"
#include "train/amp.hpp"

using namespace fractal;

namespace {

const ForwardTable& forwards() {
    static const ForwardTable table =
        ForwardTable::of<Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>,
                         Layers<BatchNorm, ReLU, Dropout<20>, Conv<3>>, Layers<ReLU, Conv<3>>,
                         Layers<Dropout<20>, Conv<3>, BatchNorm, Conv<1>, ReLU>>();
    return table;
}

constexpr std::array<std::string_view, 7> names{
    "net/3x16x16-d3-c3-w4-flat10-conv3.bn.relu.drop20",
    "net/3x16x16-d2-c4-w4-gap10-bn.relu.drop20.conv3",
    "net/3x8x8-d1-c5-w4-flat10-relu.conv3",
    "net/3x16x16-d2-c3-w4-flat10-drop20.conv3.bn.conv1.relu-prejoin",
    "net/3x16x16-d3-c3-w4-gap10-conv3.bn.relu.drop20-t1-ud10.20.30",
    "net/3x16x16-d3-c1-w4-flat10-bn.relu.drop20.conv3",
    "net/3x8x8-d1-c6-w2-gap10-conv3.bn.relu.drop20",
};

/// Logits, gradients and buffers of two training steps, whose gradients add up.
std::vector<torch::Tensor> two_steps(const Variant& variant, const CheckpointPlan& plan, Amp amp,
                                     DropPathMode paths = DropPathMode::none) {
    FractalNet net(
        variant,
        ModuleOptions{.seed = 3, .checkpoint = plan, .drop_path = paths, .drop_path_probability = 0.4});
    torch::manual_seed(5);
    const Shape& shape = variant.spec->input;
    const torch::Tensor images = torch::randn({8, shape.channels, shape.height, shape.width});
    const torch::Tensor labels = torch::randint(10, {8}, torch::kInt64);
    std::vector<torch::Tensor> seen;
    for (int step = 0; step < 2; ++step) {
        torch::Tensor logits;
        {
            const Autocast autocast(amp, torch::kCPU);
            logits = net->forward(images);
        }
        torch::cross_entropy_loss(logits.to(torch::kFloat32), labels).backward();
        seen.push_back(logits.detach());
    }
    for (const torch::Tensor& parameter : net->parameters()) seen.push_back(parameter.grad());
    for (const torch::Tensor& buffer : net->buffers()) seen.push_back(buffer.clone());
    return seen;
}

/// How many of the tensors are not the same bits.
int differences(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
    REQUIRE(a.size() == b.size());
    int count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool both = a[i].defined() && b[i].defined(); // a dropped firing's weights have no gradient
        count += (both ? a[i].equal(b[i]) : a[i].defined() == b[i].defined()) ? 0 : 1;
    }
    return count;
}

} // namespace

TEST_CASE("logits, gradients and running statistics are equal bit for bit under any plan") {
    std::mt19937 draws(1);
    for (const std::string_view name : names) {
        NetworkSpec net;
        const Variant variant = forwards().variant(name, net);
        for (const Amp amp : {Amp::off, Amp::bf16}) {
            const auto kept = two_steps(variant, {}, amp);
            std::vector<CheckpointPlan> plans{CheckpointPlan::units(net), CheckpointPlan::square_root(net),
                                              random_plan(net, 1.0, draws)};
            for (const double density : {0.2, 0.5}) plans.push_back(random_plan(net, density, draws));
            for (std::size_t i = 0; i < plans.size(); ++i) {
                CAPTURE(std::string(name));
                CAPTURE(static_cast<int>(amp));
                CAPTURE(i);
                CHECK(differences(kept, two_steps(variant, plans[i], amp)) == 0);
            }
        }
    }
}

TEST_CASE("with paths dropped all bits are equal too") {
    std::mt19937 draws(2);
    for (const std::string_view name : {names[0], names[1], names[3]}) {
        NetworkSpec net;
        const Variant variant = forwards().variant(name, net);
        for (const DropPathMode paths : {DropPathMode::local, DropPathMode::global, DropPathMode::mixed}) {
            const auto kept = two_steps(variant, {}, Amp::bf16, paths);
            std::vector<CheckpointPlan> plans{CheckpointPlan::units(net), random_plan(net, 1.0, draws)};
            for (const double density : {0.3, 0.6}) plans.push_back(random_plan(net, density, draws));
            for (std::size_t i = 0; i < plans.size(); ++i) {
                CAPTURE(std::string(name));
                CAPTURE(static_cast<int>(paths));
                CAPTURE(i);
                CHECK(differences(kept, two_steps(variant, plans[i], Amp::bf16, paths)) == 0);
            }
        }
    }
}

TEST_CASE("every single mark leaves all bits as they are") {
    NetworkSpec net;
    const Variant variant = forwards().variant(names[3], net);
    const auto kept = two_steps(variant, {}, Amp::bf16);
    for (const Segment& node : nodes_of(net)) {
        CheckpointPlan plan;
        plan.mark(net, node);
        CAPTURE(static_cast<int>(node.kind));
        CAPTURE(node.at.firing);
        CHECK(differences(kept, two_steps(variant, plan, Amp::bf16)) == 0);
    }
}

TEST_CASE("parts of a batch meet the masks of the whole batch") {
    NetworkSpec spec;
    const Variant variant = forwards().variant("net/3x8x8-d1-c5-w4-flat10-relu.conv3", spec);
    NetworkSpec dropping = spec;
    dropping.unit_dropout[0] = 50;
    Variant with_dropout = variant;
    with_dropout.spec = &dropping;
    FractalNet net(with_dropout, ModuleOptions{.seed = 9});
    const torch::Tensor images = torch::randn({8, 3, 8, 8});
    const torch::Tensor whole = net->forward(images);
    for (const std::int64_t first : {0, 4}) {
        net->set_step(0);
        const torch::Tensor part = net->forward(images.slice(0, first, first + 4), first);
        CHECK(torch::allclose(part, whole.slice(0, first, first + 4), 1e-5, 1e-6));
    }
    CHECK_FALSE(torch::allclose((net->set_step(0), net->forward(images.slice(0, 4, 8))), whole.slice(0, 4, 8),
                                1e-5, 1e-6));
}

TEST_CASE("with frozen weights the others get the gradients that they get without a plan") {
    const auto gradients = [](const CheckpointPlan& plan, std::string_view frozen) {
        NetworkSpec spec;
        const Variant variant = forwards().variant(names[0], spec);
        FractalNet net(variant, ModuleOptions{.seed = 3, .checkpoint = plan});
        for (const auto& parameter : net->named_parameters()) {
            if (parameter.key().starts_with(frozen)) parameter.value().requires_grad_(false);
        }
        torch::manual_seed(5);
        net->forward(torch::randn({4, 3, 16, 16})).sum().backward();
        std::vector<torch::Tensor> seen;
        for (const torch::Tensor& parameter : net->parameters()) seen.push_back(parameter.grad());
        return seen;
    };
    NetworkSpec spec;
    forwards().variant(names[0], spec);
    for (const std::string_view frozen : {"unit0", "unit"}) {
        CAPTURE(frozen);
        CHECK(differences(gradients(CheckpointPlan::units(spec), frozen), gradients({}, frozen)) == 0);
    }
}

TEST_CASE("evaluation pays no heed to marks") {
    NetworkSpec spec;
    const Variant variant = forwards().variant(names[0], spec);
    FractalNet net(variant, ModuleOptions{.checkpoint = CheckpointPlan::units(spec)});
    net->eval();
    const torch::Tensor logits = net->forward(torch::randn({2, 3, 16, 16}));
    logits.sum().backward();
    CHECK(net->parameters()[0].grad().defined());
}

TEST_CASE("a checkpointed forward pass keeps less") {
    install_tensor_memory();
    NetworkSpec spec;
    const Variant variant = forwards().variant(names[0], spec);
    const auto kept_bytes = [&](const CheckpointPlan& plan) {
        FractalNet net(variant, ModuleOptions{.checkpoint = plan});
        const torch::Tensor images = torch::randn({16, 3, 16, 16});
        const std::int64_t before = tensor_bytes();
        const torch::Tensor logits = net->forward(images);
        return tensor_bytes() - before;
    };
    CHECK(kept_bytes(CheckpointPlan::units(spec)) < kept_bytes({}) / 3);
}
