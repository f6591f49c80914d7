// The gradient scaler's operators.
#include "train/gradient_scaler.hpp"

#include <torch/torch.h>

namespace fractal {

GradientScaler::GradientScaler(torch::Device device, const ScalerOptions& options)
    : options_(options),
      factor_(torch::full({}, options.factor, torch::TensorOptions(device).dtype(torch::kFloat32))),
      good_steps_(torch::zeros({}, torch::TensorOptions(device).dtype(torch::kInt32))),
      found_infinity_(torch::zeros({}, torch::TensorOptions(device).dtype(torch::kFloat32))) {}

torch::Tensor GradientScaler::scale(const torch::Tensor& loss) const {
    return loss * factor_.to(loss.scalar_type());
}

void GradientScaler::unscale(const std::vector<torch::Tensor>& gradients) {
    const torch::NoGradGuard no_grad;
    found_infinity_.zero_();
    at::_amp_foreach_non_finite_check_and_unscale_(
        gradients, found_infinity_, factor_.to(torch::kFloat64).reciprocal().to(torch::kFloat32));
}

bool GradientScaler::finite() const { return found_infinity_.item<float>() == 0.0F; }

void GradientScaler::update() {
    at::_amp_update_scale_(factor_, good_steps_, found_infinity_, options_.growth, options_.backoff,
                           options_.growth_interval);
}

double GradientScaler::factor() const { return factor_.item<float>(); }

std::int64_t GradientScaler::good_steps() const { return good_steps_.item<std::int32_t>(); }

void GradientScaler::restore(double factor, std::int64_t good_steps) {
    factor_.fill_(factor);
    good_steps_.fill_(good_steps);
}

} // namespace fractal
