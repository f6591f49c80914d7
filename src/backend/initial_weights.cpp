// Draws initial weights.
#include "backend/initial_weights.hpp"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

namespace fractal {

namespace {

/// Scalars of the slot's first tensor that meet in one output, and those that one input meets.
struct Fan {
    double in;
    double out;
};

/// Of an [out, in, ...].
Fan fan_of(const WeightSpec& matrix) {
    const auto elements = static_cast<double>(matrix.elements());
    return {elements / static_cast<double>(matrix.extents[0]),
            elements / static_cast<double>(matrix.extents[1])};
}

/// The bound of a uniform distribution around 0.
double bound_of(double variance) { return std::sqrt(3 * variance); }

/// LibTorch's generator on CPUs heeds the lower half alone; seeds that fit into it stay as they are.
std::uint64_t folded(std::uint64_t seed) {
    constexpr std::uint64_t golden = 0x9E37'79B9;
    return (seed ^ (seed >> 32) * golden) & 0xFFFF'FFFF;
}

} // namespace

InitialWeights::InitialWeights(const NetworkSpec& net, Init rule, std::uint64_t seed)
    : rule_(rule),
      generator_(at::make_generator<at::CPUGeneratorImpl>(folded(seed))) {
    if (rule == Init::keep_variance) plan_ = kept_signal(net);
}

torch::Tensor InitialWeights::draw(const Slot& slot, const WeightSpec& weight) {
    const at::IntArrayRef extents(weight.extents.data(), static_cast<std::size_t>(weight.rank()));
    if (weight.fill != Fill::by_fan_in) return torch::full(extents, weight.fill == Fill::ones ? 1.0F : 0.0F);
    const double limit = bound(slot, weight);
    return torch::empty(extents).uniform_(-limit, limit, generator_);
}

double InitialWeights::bound(const Slot& slot, const WeightSpec& weight) const {
    const Fan fan = fan_of(slot.weights.items[0]);
    const bool is_bias = weight.rank() == 1;
    switch (rule_) {
        case Init::torch_default:
            return 1.0 / std::sqrt(fan.in);
        case Init::xavier:
            return is_bias ? 0.0 : bound_of(2 / (fan.in + fan.out));
        case Init::keep_variance: {
            const double variance = plan_.variances[static_cast<std::size_t>(slot.index)];
            return is_bias ? 0.0 : bound_of(variance > 0 ? variance : 1 / fan.in);
        }
    }
    return 0.0;
}

} // namespace fractal
