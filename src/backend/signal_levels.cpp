// One pass over synthetic images, which measures and scales convolution after convolution.
#include "backend/signal_levels.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "backend/reference_executor.hpp"

namespace fractal {

namespace {

double power_of(const torch::Tensor& values) { return values.square().mean().item<double>(); }

class LevellingExecutor final : public ReferenceExecutor {
public:
    LevellingExecutor(const std::shared_ptr<const std::vector<SlotWeights>>& weights, const SignalPlan& plan)
        : ReferenceExecutor(weights, PassOptions{.training = true}),
          plan_(plan) {}

    Value convolution(int slot, const LayerSpec& layer, const Value& in) override {
        return levelled(slot, ReferenceExecutor::convolution(slot, layer, in));
    }
    Value head(int slot, HeadKind kind, const Value& in) override {
        return levelled(slot, ReferenceExecutor::head(slot, kind, in));
    }

private:
    /// What the slot's weights make, `out`, once they are scaled. A bias is 0 until it has learned.
    Value levelled(int slot, const Value& out) const {
        const auto at = static_cast<std::size_t>(slot);
        const double doublings = std::round(std::log2(plan_.powers[at] / power_of(tensor_of(out))) / 2);
        if (doublings == 0 || !std::isfinite(doublings)) return out;
        const double factor = std::exp2(doublings);
        slots()[at][0].mul_(factor);
        return make_value(tensor_of(out) * factor);
    }

    const SignalPlan& plan_;
};

/// Noise of the second moment 1 with as much of it in each octave of size, as photographs have (Field 1987),
/// and nine tenths of it common to all channels.
torch::Tensor probe(const Shape& shape) {
    constexpr std::int64_t images = 2;
    constexpr double common = 0.9;
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(0);
    torch::Tensor sum = torch::zeros({images, shape.channels, shape.height, shape.width});
    for (std::int64_t side = 1; side <= std::min(shape.height, shape.width); side *= 2) {
        const torch::Tensor octave =
            std::sqrt(common) * at::randn({images, 1, side, side}, generator) +
            std::sqrt(1 - common) * at::randn({images, shape.channels, side, side}, generator);
        sum += at::upsample_bilinear2d(octave, {shape.height, shape.width}, false);
    }
    return (sum / std::sqrt(power_of(sum))).contiguous(torch::MemoryFormat::ChannelsLast);
}

bool may_normalise(const NetworkSpec& net) {
    return std::any_of(net.order.begin(), net.order.end(), [](const LayerSpec* layer) {
        return layer->kind == LayerKind::batch_norm || layer->kind == LayerKind::custom;
    });
}

} // namespace

void level_signal(const Variant& variant, const NetworkSpec& net,
                  const std::shared_ptr<const std::vector<SlotWeights>>& slots, const SignalPlan& plan) {
    if (may_normalise(net)) return;
    const torch::NoGradGuard no_grad;
    const auto executor = std::make_shared<LevellingExecutor>(slots, plan);
    variant.forward(*executor, net, make_value(probe(net.input)));
}

} // namespace fractal
