// A pass of a batch, one as in training for the signal, and one in float64 for synflow.
#include "scores/initial_scores.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

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

/// The weights of a network, and running statistics that a pass in training may move.
std::shared_ptr<const std::vector<SlotWeights>> weights_for_a_pass(const FractalNetImpl& net) {
    const auto slots = std::make_shared<std::vector<SlotWeights>>(net.slots());
    for (SlotWeights& slot : *slots) {
        for (torch::Tensor& weight : slot) {
            if (!weight.requires_grad()) weight = weight.clone();
        }
    }
    return slots;
}

/// A training pass without dropout that adds up, for each two images, in how many values of ReLUs they agree:
/// both are let through, or neither is.
class InitialPass final : public ReferenceExecutor {
public:
    /// Without `agreement`, ReLUs are not compared.
    InitialPass(const FractalNetImpl& net, bool agreement)
        : ReferenceExecutor(weights_for_a_pass(net), PassOptions{.training = true}),
          compares_(agreement) {}

    Value pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) override {
        Value value = in;
        for (std::size_t i = 0; i < chain.size(); ++i) {
            value =
                ReferenceExecutor::pointwise(first_slot + static_cast<int>(i), chain.subspan(i, 1), value);
            if (compares_ && chain[i].kind == LayerKind::relu) add(tensor_of(value).detach());
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

    bool compares_;
    torch::Tensor agreement_;
};

/// Leaves nothing of the weights.
double synflow_of(FractalNetImpl& net) {
    net.zero_grad();
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

/// The standard deviation of the logits over that of the pixels, in a step of training.
double signal_at_head(const Variant& variant, const FractalNetImpl& net, std::uint64_t seed,
                      const torch::Tensor& images) {
    const torch::NoGradGuard no_grad;
    const auto step = std::make_shared<ReferenceExecutor>(weights_for_a_pass(net),
                                                          PassOptions{.training = true, .seed = seed});
    const torch::Tensor logits = tensor_of(variant.forward(*step, net.spec(), make_value(images)));
    return (logits.std() / images.std()).item<double>();
}

double norm_of_gradients(const FractalNetImpl& net, const torch::Tensor& logits,
                         const torch::Tensor& labels) {
    training_loss(logits, labels.to(logits.device()), 0).backward();
    double sum = 0;
    for (const torch::Tensor& parameter : net.parameters()) sum += parameter.grad().norm().item<double>();
    return sum;
}

/// log |det K|, K being the agreements of a batch; nothing is said of a network without ReLU.
double naswot_of(const torch::Tensor& agreement) {
    return agreement.defined() ? std::get<1>(at::linalg_slogdet(agreement)).item<double>() : nan;
}

} // namespace

InitialScores initial_scores(const Variant& variant, int classes, const Recipe& recipe,
                             const data::Batch& batch, torch::Device device,
                             std::span<const InitialScore> only) {
    using enum InitialScore;
    const auto asked = [&](InitialScore score) { return is_asked(only, score); };
    InitialScores scores{.gradient_norm = nan, .synflow = nan, .naswot = nan, .head_signal = nan};
    FractalNet net = untrained(variant, classes, recipe, device);
    const torch::Tensor images = batch.images.to(device).contiguous(torch::MemoryFormat::ChannelsLast);
    if (asked(gradient_norm) || asked(naswot)) {
        const torch::AutoGradMode gradients(asked(gradient_norm));
        const auto pass = std::make_shared<InitialPass>(*net, asked(naswot));
        const torch::Tensor logits = tensor_of(variant.forward(*pass, net->spec(), make_value(images)));
        if (asked(naswot)) scores.naswot = naswot_of(pass->agreement());
        if (asked(gradient_norm)) scores.gradient_norm = norm_of_gradients(*net, logits, batch.labels);
    }
    if (asked(head_signal)) scores.head_signal = signal_at_head(variant, *net, recipe.seed, images);
    if (asked(synflow)) scores.synflow = synflow_of(*net);
    return scores;
}

} // namespace fractal
