// Draws initial weights.
#include "backend/initial_weights.hpp"

#include <cmath>

#include <torch/torch.h>

namespace fractal {

namespace {

/// Scalars of the slot's first tensor that meet in one output, and those that one input meets.
struct Fan {
    double in;
    double out;
};

Fan fan_of(const WeightSpec& matrix) {
    const auto& e = matrix.extents; // [out, in] or [out, in, kernel, kernel]
    const double taps = matrix.rank() == 4 ? static_cast<double>(e[2] * e[3]) : 1.0;
    return {static_cast<double>(e[1]) * taps, static_cast<double>(e[0]) * taps};
}

double bound(const WeightSpec& weight, const Fan& fan, Init rule) {
    const bool is_bias = weight.rank() == 1;
    switch (rule) {
        case Init::torch_default:
            return 1.0 / std::sqrt(fan.in);
        case Init::xavier:
            return is_bias ? 0.0 : std::sqrt(6.0 / (fan.in + fan.out));
    }
    return 0.0;
}

} // namespace

torch::Tensor initial_weight(const WeightSpec& weight, const WeightList& slot, Init rule,
                             at::Generator& generator) {
    const at::IntArrayRef extents(weight.extents.data(), static_cast<std::size_t>(weight.rank()));
    if (weight.fill != Fill::by_fan_in) return torch::full(extents, weight.fill == Fill::ones ? 1.0F : 0.0F);
    const double limit = bound(weight, fan_of(slot.items[0]), rule);
    return torch::empty(extents).uniform_(-limit, limit, generator);
}

} // namespace fractal
