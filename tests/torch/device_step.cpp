// The step that CUDA graphs record, on the CPU: it computes what a plain step computes, and what it cannot
// record is refused. That a record of it replays as it ran is shown by the tests labelled gpu.
#include "train/device_step.hpp"
#include "torch_check.hpp"
#include "train/amp.hpp"
#include "train/apply_gradients.hpp"
#include "train/training_pass.hpp"

using namespace fractal;

namespace {

template <class Order, class... Options>
using Small =
    Network<Input<3, 16, 16>, Depth<2>, Columns<2>, Order, Width<4>, Head<GlobalAveragePool, 10>, Options...>;
using Net = Small<Layers<Conv<3>, BatchNorm, ReLU>>;

constexpr std::int64_t batch = 6;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Five steps; the images of step `overflow` are infinite.
struct Run {
    std::vector<torch::Tensor> weights;
    std::vector<double> losses;
    std::int64_t correct = 0;
    double factor = 0;
};

template <class Step>
Run five_steps(FractalNetImpl& net, const GradientScaler* scaler, int overflow, Step step) {
    torch::manual_seed(8);
    Run run;
    for (int i = 0; i < 5; ++i) {
        const torch::Tensor images = torch::randn({batch, 3, 16, 16}) + (i == overflow ? infinity : 0.0);
        const torch::Tensor labels = torch::randint(10, {batch}, torch::kInt64);
        const double lr = 0.25 / (1 << i); // exact in fp32
        const auto [loss, correct] = step(images, labels, lr);
        run.losses.push_back(loss);
        run.correct += correct;
    }
    for (const torch::Tensor& parameter : net.parameters()) run.weights.push_back(parameter.detach());
    for (const torch::Tensor& buffer : net.buffers()) run.weights.push_back(buffer);
    if (scaler != nullptr) run.factor = scaler->factor();
    return run;
}

using Told = std::pair<double, std::int64_t>;

/// Five steps of a network; `make_step(net, sgd, scaler)` makes what trains it for one.
template <class Net, class MakeStep>
Run run_of(const Recipe& recipe, bool scaled, int overflow, const MakeStep& make_step) {
    FractalNet net(variant_of<Net>, ModuleOptions{.seed = 3});
    Sgd sgd(net->parameters(), recipe);
    std::optional<GradientScaler> scaler;
    if (scaled) scaler.emplace(torch::kCPU);
    GradientScaler* there = scaler ? &*scaler : nullptr;
    return five_steps(*net, there, overflow, make_step(*net, sgd, there));
}

template <class Net>
Run recorded(const Recipe& recipe, Amp amp, bool scaled, int overflow) {
    return run_of<Net>(recipe, scaled, overflow, [&](FractalNetImpl& net, Sgd& sgd, GradientScaler* scaler) {
        return [step = DeviceStep(net, sgd, scaler, recipe, amp, torch::kCPU, batch)](
                   const auto& images, const auto& labels, double lr) mutable {
            step.load(images, labels, lr);
            step.run();
            return Told(step.loss().template item<double>(), step.correct().template item<std::int64_t>());
        };
    });
}

template <class Net>
Run plain(const Recipe& recipe, Amp amp, bool scaled, int overflow) {
    return run_of<Net>(recipe, scaled, overflow, [&](FractalNetImpl& net, Sgd& sgd, GradientScaler* scaler) {
        return [&net, &sgd, scaler, &recipe, amp](const auto& images, const auto& labels, double lr) {
            torch::Tensor logits;
            torch::Tensor loss;
            {
                const Autocast autocast(amp, torch::kCPU);
                logits = net.forward(images);
                loss = training_loss(logits, labels, recipe.label_smoothing);
            }
            (scaler != nullptr ? scaler->scale(loss) : loss).backward();
            apply_gradients(sgd, scaler, recipe.clip_norm, lr);
            sgd.zero_gradients();
            return Told(loss.item<double>(),
                        (logits.argmax(1) == labels).sum().template item<std::int64_t>());
        };
    });
}

} // namespace

TEST_CASE("a step without the host ends in the same bits, clipped, scaled and in mixed precision") {
    Recipe recipe;
    recipe.momentum = 0.9;
    recipe.nesterov = true;
    recipe.weight_decay = 0.01;
    recipe.label_smoothing = 0.1;
    recipe.clip_norm = 0.5; // below the gradients' norm
    constexpr int never = -1;
    for (const Amp amp : {Amp::off, Amp::bf16}) {
        for (const bool scaled : {false, true}) {
            for (const int overflow : {never, 0, 3}) {
                if (overflow != never && !scaled) continue;
                CAPTURE(static_cast<int>(amp));
                CAPTURE(scaled);
                CAPTURE(overflow);
                const Run ours = recorded<Net>(recipe, amp, scaled, overflow);
                const Run theirs = plain<Net>(recipe, amp, scaled, overflow);
                CHECK(ours.correct == theirs.correct);
                CHECK(ours.factor == theirs.factor);
                if (scaled) CHECK(ours.factor == (overflow == never ? 65536.0 : 32768.0));
                for (int i = 0; i < 5; ++i) {
                    const auto place = static_cast<std::size_t>(i);
                    if (std::isfinite(theirs.losses[place])) {
                        CHECK(ours.losses[place] == theirs.losses[place]);
                    } else {
                        CHECK_FALSE(std::isfinite(ours.losses[place]));
                    }
                }
                REQUIRE(ours.weights.size() == theirs.weights.size());
                for (std::size_t i = 0; i < ours.weights.size(); ++i) {
                    CAPTURE(i);
                    CHECK(torch::equal(ours.weights[i].nan_to_num(77), theirs.weights[i].nan_to_num(77)));
                }
            }
        }
    }
}

TEST_CASE("masks and columns of a step are those that the step draws") {
    using Dropping =
        Small<Layers<Conv<3>, ReLU, Dropout<20>>, UnitDropout<10, 20>, DropPath<DropPathMode::global>>;
    const Run ours = recorded<Dropping>(Recipe{}, Amp::off, false, -1);
    const Run theirs = plain<Dropping>(Recipe{}, Amp::off, false, -1);
    CHECK(ours.losses == theirs.losses);
    for (std::size_t i = 0; i < ours.weights.size(); ++i) CHECK(ours.weights[i].equal(theirs.weights[i]));
}

TEST_CASE("what a record would repeat or leave out is refused with the reason") {
    const Recipe recipe;
    CHECK(recording_obstacle(spec_of<Net>, recipe).empty());
    CHECK(recording_obstacle(spec_of<Small<Layers<Conv<3>>, DropPath<DropPathMode::mixed>>>, recipe)
              .starts_with("local and mixed drop-path"));
    Recipe dropping;
    for (const auto mode : {DropPathChoice::local, DropPathChoice::mixed}) {
        dropping.drop_path = mode;
        CHECK(recording_obstacle(spec_of<Net>, dropping).find("give --drop-path global") !=
              std::string::npos);
    }
    dropping.drop_path = DropPathChoice::global;
    CHECK(recording_obstacle(spec_of<Net>, dropping).empty());
    Recipe checkpointed;
    checkpointed.checkpoint = Checkpoint::full;
    CHECK(recording_obstacle(spec_of<Net>, checkpointed).find("--checkpoint none") != std::string::npos);
}
