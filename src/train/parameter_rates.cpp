// Finds the head among the parameters.
#include "train/parameter_rates.hpp"

#include <algorithm>

namespace fractal {

std::vector<double> parameter_rates(const FractalNetImpl& net, const Recipe& recipe) {
    const torch::Tensor& head = net.slots().back().front(); // [classes, inputs]
    const double part =
        recipe.head_inputs == 0
            ? 1.0
            : std::min(1.0, static_cast<double>(recipe.head_inputs) / static_cast<double>(head.size(1)));
    std::vector<double> rates;
    for (const torch::Tensor& parameter : net.parameters()) {
        rates.push_back(parameter.is_same(head) ? part : 1.0);
    }
    return rates;
}

} // namespace fractal
