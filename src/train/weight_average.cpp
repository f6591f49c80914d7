// One fused step of the average over all weights.
#include "train/weight_average.hpp"

#include <algorithm>

#include <torch/torch.h>

namespace fractal {

WeightAverage::WeightAverage(FractalNetImpl& net, double factor)
    : factor_(factor),
      weights_(net.parameters()) {
    for (const torch::Tensor& buffer : net.buffers()) weights_.push_back(buffer);
    const torch::NoGradGuard no_grad;
    for (const torch::Tensor& weight : weights_) averages_.push_back(weight.detach().clone());
}

void WeightAverage::update(std::int64_t step) {
    const torch::NoGradGuard no_grad;
    const auto done = static_cast<double>(step);
    const double factor = std::min(factor_, (1 + done) / (10 + done));
    at::_foreach_lerp_(averages_, weights_, 1 - factor);
}

void WeightAverage::restore(std::size_t place, const torch::Tensor& value) {
    const torch::NoGradGuard no_grad;
    averages_[place].copy_(value);
}

void WeightAverage::swap() {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
        const torch::Tensor weight = weights_[i].tensor_data();
        weights_[i].set_data(averages_[i]);
        averages_[i] = weight;
    }
}

} // namespace fractal
