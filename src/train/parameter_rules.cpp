// Finds the head and the convolutions among the parameters.
#include "train/parameter_rules.hpp"

#include <algorithm>
#include <map>

#include <fractal/plan/slots.hpp>
#include <fractal/plan/unnormalised_path.hpp>

namespace fractal {

namespace {

double head_rate(const torch::Tensor& head, const Recipe& recipe) {
    if (recipe.head_inputs == 0) return 1;
    const auto inputs = static_cast<double>(head.size(1)); // of [classes, inputs]
    return std::min(1.0, static_cast<double>(recipe.head_inputs) / inputs);
}

double filter_rate(const NetworkSpec& net, const Recipe& recipe) {
    const double part = static_cast<double>(steady_path) / static_cast<double>(unnormalised_path(net));
    return recipe.muon_lr / recipe.lr * std::min(1.0, part);
}

} // namespace

std::vector<ParameterRule> parameter_rules(const FractalNetImpl& net, const Recipe& recipe) {
    std::map<const void*, ParameterRule> special;
    const double of_filters = filter_rate(net.spec(), recipe);
    const auto key = [](const torch::Tensor& tensor) { return tensor.unsafeGetTensorImpl(); };
    for_each_slot(net.spec(), [&](const Slot& slot) {
        const SlotWeights& weights = net.slots()[static_cast<std::size_t>(slot.index)];
        if (slot.layer == nullptr) {
            special[key(weights.front())].rate = head_rate(weights.front(), recipe);
        } else if (slot.layer->kind == LayerKind::convolution && recipe.optimizer == Optimizer::muon) {
            special[key(weights.front())] = {.rate = of_filters, .orthogonal = true};
        }
    });
    std::vector<ParameterRule> rules;
    for (const torch::Tensor& parameter : net.parameters()) {
        const auto found = special.find(key(parameter));
        rules.push_back(found == special.end() ? ParameterRule{} : found->second);
    }
    return rules;
}

} // namespace fractal
