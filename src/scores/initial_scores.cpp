// Two networks of equal weights: one in float64 for synflow, one for what needs a batch.
#include "scores/initial_scores.hpp"

#include <chrono>
#include <cmath>
#include <limits>

#include <torch/torch.h>

#include "backend/reference_executor.hpp"
#include "train/training_pass.hpp"

namespace fractal {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

FractalNet untrained(const Variant& variant, int classes, const Recipe& recipe, torch::Device device) {
    FractalNet net(variant, ModuleOptions{.classes = classes,
                                          .init = recipe.init,
                                          .seed = recipe.seed,
                                          .drop_path = DropPathMode::none,
                                          .kernels = Kernels::reference});
    net->to(device);
    return net;
}

/// A training pass without dropout that adds up, for each two images, in how many values of ReLUs they agree:
/// both are let through, or neither is.
class InitialPass final : public ReferenceExecutor {
public:
    explicit InitialPass(const FractalNetImpl& net)
        : ReferenceExecutor(std::make_shared<const std::vector<SlotWeights>>(net.slots()),
                            PassOptions{.training = true}) {}

    Value pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) override {
        Value value = in;
        for (std::size_t i = 0; i < chain.size(); ++i) {
            value =
                ReferenceExecutor::pointwise(first_slot + static_cast<int>(i), chain.subspan(i, 1), value);
            if (chain[i].kind == LayerKind::relu) add(tensor_of(value).detach());
        }
        return value;
    }
    Value channel_dropout(int, int, const Value& in) override { return in; }

    /// [N, N] in float64; undefined where no ReLU ran.
    const torch::Tensor& agreement() const { return agreement_; }

private:
    void add(const torch::Tensor& out) {
        const torch::Tensor on = (out > 0).flatten(1).to(torch::kFloat32);
        const torch::Tensor off = 1 - on;
        const torch::Tensor here = (on.matmul(on.t()) + off.matmul(off.t())).to(torch::kFloat64);
        agreement_ = agreement_.defined() ? agreement_ + here : here;
    }

    torch::Tensor agreement_;
};

double synflow(FractalNetImpl& net) {
    net.eval();
    net.to(torch::kFloat64);
    const Shape& shape = net.spec().input;
    std::vector<torch::Tensor> weights;
    for (const torch::Tensor& parameter : net.parameters()) {
        const torch::NoGradGuard no_grad;
        torch::Tensor(parameter).abs_();
        if (parameter.dim() >= 2) weights.push_back(parameter);
    }
    const torch::Tensor ones = torch::ones({1, shape.channels, shape.height, shape.width},
                                           weights.front().options().requires_grad(false));
    const std::vector<torch::Tensor> gradients = torch::autograd::grad({net.forward(ones).sum()}, weights);
    torch::Tensor sum = torch::zeros({}, ones.options());
    for (std::size_t i = 0; i < weights.size(); ++i) sum += (weights[i].detach() * gradients[i]).sum();
    return std::log(sum.item<double>());
}

/// log |det K|, K being the agreements of a batch; nothing is said of a network without ReLU.
double naswot(const torch::Tensor& agreement) {
    return agreement.defined() ? std::get<1>(at::linalg_slogdet(agreement)).item<double>() : nan;
}

} // namespace

InitialScores initial_scores(const Variant& variant, int classes, const Recipe& recipe,
                             const data::Batch& batch, torch::Device device) {
    const auto begin = std::chrono::steady_clock::now();
    InitialScores scores;
    scores.synflow = synflow(*untrained(variant, classes, recipe, device));

    const FractalNet net = untrained(variant, classes, recipe, device);
    const torch::Tensor images = batch.images.to(device);
    const auto pass = std::make_shared<InitialPass>(*net);
    const torch::Tensor logits = tensor_of(variant.forward(
        *pass, net->spec(), make_value(images.contiguous(torch::MemoryFormat::ChannelsLast))));
    scores.naswot = naswot(pass->agreement());
    scores.head_signal = (logits.detach().std() / images.std()).item<double>();
    training_loss(logits, batch.labels.to(device), 0).backward();
    for (const torch::Tensor& parameter : net->parameters()) {
        scores.gradient_norm += parameter.grad().norm().item<double>();
    }
    scores.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return scores;
}

} // namespace fractal
