// Mixed precision in a trial: what `auto` picked is said, and a precision that is not there is refused.
#include "base/error.hpp"
#include "torch_check.hpp"
#include "train/apply_gradients.hpp"
#include "trial_support.hpp"

using namespace fractal;
using namespace fractal::testing;

namespace {

using Net = Network<Input<3, 32, 32>, Depth<2>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU>, Width<4>,
                    Head<GlobalAveragePool, 10>>;

constexpr double infinity = std::numeric_limits<double>::infinity();

void set_gradient(torch::Tensor& weights, std::vector<double> values) {
    weights.mutable_grad() = torch::tensor(values, torch::kFloat32);
}

} // namespace

TEST_CASE("automatic precision is what the device has, and the trial says which") {
    const Amp picked = resolve_amp(Amp::automatic, torch::kCPU);
    CHECK((picked == Amp::bf16 || picked == Amp::off));
    const Workplace workplace = small_workplace();
    Recipe recipe = small_recipe();
    recipe.amp = Amp::automatic;
    Watcher watcher(1);
    Trial(workplace, variant_of<Net>, recipe, {}, watcher).run();
    REQUIRE(watcher.notes.size() == 1);
    CHECK(watcher.notes[0] == (picked == Amp::bf16 ? "precision: bf16" : "precision: fp32"));

    // What was asked for by name needs no word.
    recipe.amp = Amp::bf16;
    Watcher silent(1);
    Trial(workplace, variant_of<Net>, recipe, {}, silent).run();
    CHECK(silent.notes.empty());
}

TEST_CASE("fp16 on a processor runs with gradient scaling where there is fp16, and is refused elsewhere") {
    const Workplace workplace = small_workplace();
    Recipe recipe = small_recipe();
    recipe.amp = Amp::fp16;
    recipe.epochs = 1;
    Watcher watcher(Watcher::never);
    bool has_fp16 = true;
    try {
        resolve_amp(Amp::fp16, torch::kCPU);
    } catch (const UsageError& refusal) {
        has_fp16 = false;
        CHECK(std::string(refusal.what()).find("AVX512-FP16") != std::string::npos);
    }
    // Weights that another machine trained can be evaluated all the same.
    CHECK(evaluation_amp(Amp::fp16, torch::kCPU) == (has_fp16 ? Amp::fp16 : Amp::off));
    if (!has_fp16) {
        CHECK_THROWS_AS(Trial(workplace, variant_of<Net>, recipe, {}, watcher), UsageError);
        return;
    }
    const TemporaryFolder folder;
    const std::string state = folder.file("state.safetensors");
    CHECK(
        (Trial(workplace, variant_of<Net>, recipe, {{}, state}, watcher).run().outcome == Outcome::finished));
    CHECK(read_tensors(state).metadata.at("fractal.progress").find("\"scaler_good_steps\":10") !=
          std::string::npos);
}

TEST_CASE("the clipped norm is that of the unscaled gradients") {
    for (const double clip_norm : {10.0, 1.0}) {
        CAPTURE(clip_norm);
        torch::Tensor weights = torch::zeros({2}).requires_grad_();
        Recipe recipe;
        recipe.momentum = 0;
        Sgd sgd({weights}, recipe);
        GradientScaler scaler(torch::kCPU);
        set_gradient(weights, {3.0 * 65536, 4.0 * 65536}); // of norm 5 once unscaled
        CHECK(apply_gradients(sgd, &scaler, clip_norm, 1.0));
        const double length = clip_norm < 5 ? clip_norm : 5.0;
        CHECK(weights[0].item<double>() == doctest::Approx(-0.6 * length).epsilon(1e-5));
        CHECK(weights[1].item<double>() == doctest::Approx(-0.8 * length).epsilon(1e-5));
    }
}

TEST_CASE("a step whose gradients are not finite changes neither weights nor momentum") {
    torch::Tensor weights = torch::ones({2}).requires_grad_();
    Sgd sgd({weights}, Recipe{});
    GradientScaler scaler(torch::kCPU);
    set_gradient(weights, {65536.0, 65536.0});
    CHECK(apply_gradients(sgd, &scaler, 0.0, 0.5));
    const torch::Tensor before = weights.detach().clone();
    const torch::Tensor momentum = sgd.momenta()[0].clone();
    for (const double bad : {infinity, std::numeric_limits<double>::quiet_NaN()}) {
        const double factor = scaler.factor();
        set_gradient(weights, {1.0, bad});
        CHECK_FALSE(apply_gradients(sgd, &scaler, 3.0, 0.5));
        CHECK(weights.detach().equal(before));
        CHECK(sgd.momenta()[0].equal(momentum));
        CHECK(scaler.factor() == factor / 2);
    }
}

TEST_CASE("gradients that are never finite bring the factor below its floor in 27 steps, and end the trial") {
    torch::Tensor weights = torch::ones({1}).requires_grad_();
    Sgd sgd({weights}, Recipe{});
    GradientScaler scaler(torch::kCPU);
    int steps = 0;
    while (step_fault(2.3, &scaler).empty() && steps < 100) {
        set_gradient(weights, {infinity});
        apply_gradients(sgd, &scaler, 0.0, 0.5);
        ++steps;
    }
    CHECK(steps == 27); // from 2^16 to 2^-11
    CHECK(step_fault(2.3, &scaler) == "gradients overflowed again and again, at loss scale 0.000488281,");
}

TEST_CASE("a loss that is not finite is a fault at once, and the scale is named where there is one") {
    const GradientScaler scaler(torch::kCPU);
    CHECK(step_fault(2.3, nullptr).empty());
    CHECK(step_fault(2.3, &scaler).empty());
    CHECK(step_fault(infinity, nullptr) == "the loss became inf");
    CHECK(step_fault(infinity, &scaler) == "the loss became inf, at loss scale 65536,");
}
