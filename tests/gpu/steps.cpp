// One training step on a GPU, held to the same step on the CPU.
#include "backend/dropout_mask.hpp"
#include "gpu_support.hpp"
#include "train/apply_gradients.hpp"

using namespace fractal;
using namespace fractal::testing;

namespace {

const std::vector<const Variant*> variants{&variant_of<Usual>, &variant_of<Bare>, &variant_of<Before>,
                                           &variant_of<Dropped>};

} // namespace

TEST_CASE("gpu.float64: logits, loss, gradients and running statistics are those of the CPU") {
    for (const Variant* variant : variants) {
        CAPTURE(variant->name);
        const auto reference = one_step(*variant, torch::kCPU, torch::kFloat64);
        CHECK(distance(one_step(*variant, torch::kCUDA, torch::kFloat64), reference) <= 1e-9);
    }
}

TEST_CASE("gpu.float32: without TF32, the error is at most twice that of the CPU, or 1e-5") {
    for (const Variant* variant : variants) {
        CAPTURE(variant->name);
        const auto reference = one_step(*variant, torch::kCPU, torch::kFloat64);
        const double of_cpu = distance(one_step(*variant, torch::kCPU, torch::kFloat32), reference);
        const double of_gpu = distance(one_step(*variant, torch::kCUDA, torch::kFloat32), reference);
        CHECK(of_gpu <= std::max(1e-5, 2 * of_cpu));
    }
}

TEST_CASE("gpu.amp: fp16 and bf16 compute in their type, near fp32") {
    const auto reference = one_step(variant_of<Usual>, torch::kCPU, torch::kFloat64);
    for (const Amp amp : {Amp::fp16, Amp::bf16}) {
        CAPTURE(static_cast<int>(amp));
        const auto found = one_step(variant_of<Usual>, torch::kCUDA, torch::kFloat32, amp);
        const double error = distance({found[0], found[1]}, {reference[0], reference[1]});
        CHECK(error > 1e-5); // else autocast was not on
        CHECK(error < 5e-2);
    }
}

TEST_CASE("gpu.scaler: an fp16 step with a scaled loss is near that of fp32; an overflow is left out") {
    Recipe recipe;
    recipe.momentum = 0.9;
    const auto weights_after = [&](Amp amp, double overflow) {
        FractalNet net(variant_of<Usual>, ModuleOptions{.seed = 3});
        net->to(torch::kCUDA);
        Sgd sgd(net->parameters(), recipe);
        std::optional<GradientScaler> scaler;
        if (amp == Amp::fp16) scaler.emplace(torch::kCUDA);
        const Inputs in = inputs(8);
        torch::Tensor loss;
        {
            const Autocast autocast(amp, torch::kCUDA);
            loss = training_loss(net->forward(in.images.to(torch::kCUDA) + overflow),
                                 in.labels.to(torch::kCUDA), 0.0);
        }
        (scaler ? scaler->scale(loss) : loss).backward();
        const bool stepped = apply_gradients(sgd, scaler ? &*scaler : nullptr, 3.0, 0.1);
        CHECK(stepped == (overflow == 0.0));
        if (scaler) CHECK(scaler->factor() == (overflow == 0.0 ? 65536.0 : 32768.0));
        std::vector<torch::Tensor> weights;
        for (const torch::Tensor& p : net->parameters()) {
            weights.push_back(p.detach().to(torch::kCPU, torch::kFloat64));
        }
        return weights;
    };
    CHECK(distance(weights_after(Amp::fp16, 0.0), weights_after(Amp::off, 0.0)) < 1e-2);
    const auto left_out = weights_after(Amp::fp16, std::numeric_limits<double>::infinity());
    FractalNet fresh(variant_of<Usual>, ModuleOptions{.seed = 3});
    const auto parameters = fresh->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        CHECK(left_out[i].equal(parameters[i].detach().to(torch::kFloat64)));
    }
}

TEST_CASE(
    "gpu.checkpoint: gradients are equal bit for bit with and without, with dropout and mixed precision") {
    for (const Amp amp : {Amp::off, Amp::fp16, Amp::bf16}) {
        CAPTURE(static_cast<int>(amp));
        const auto kept = one_step(variant_of<Dropped>, torch::kCUDA, torch::kFloat32, amp, false);
        const auto again = one_step(variant_of<Dropped>, torch::kCUDA, torch::kFloat32, amp, true);
        REQUIRE(kept.size() == again.size());
        for (std::size_t i = 0; i < kept.size(); ++i) {
            CAPTURE(i);
            CHECK(kept[i].equal(again[i]));
        }
    }
}

TEST_CASE("gpu.masks: dropout masks on the device are those of the CPU") {
    for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kFloat16, torch::kBFloat16}) {
        const MaskKey key{.seed = 17, .step = 4, .slot = 9, .first_image = 0};
        const torch::Tensor here =
            dropout_mask(key, 20, 6, 33, torch::TensorOptions(torch::kCPU).dtype(type));
        const torch::Tensor there =
            dropout_mask(key, 20, 6, 33, torch::TensorOptions(torch::kCUDA).dtype(type));
        CHECK(there.is_cuda());
        CHECK(there.cpu().equal(here));
    }
}
