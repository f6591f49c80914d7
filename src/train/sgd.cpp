// The fused step of SGD.
#include "train/sgd.hpp"

#include <utility>

#include <torch/torch.h>

namespace fractal {

Sgd::Sgd(std::vector<torch::Tensor> parameters, const Recipe& recipe, std::vector<double> rates)
    : parameters_(std::move(parameters)),
      rates_(std::move(rates)),
      momenta_(parameters_.size()),
      momentum_(recipe.momentum),
      penalty_(recipe.decoupled_decay ? 0 : recipe.weight_decay),
      decay_(recipe.decoupled_decay ? recipe.weight_decay : 0),
      nesterov_(recipe.nesterov) {
    if (rates_.empty()) rates_.assign(parameters_.size(), 1.0);
}

std::vector<torch::Tensor> Sgd::gradients() const {
    std::vector<torch::Tensor> found;
    for (const torch::Tensor& parameter : parameters_) {
        if (parameter.grad().defined()) found.push_back(parameter.grad());
    }
    return found;
}

void Sgd::clip_gradients(double limit) {
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> found = gradients();
    if (found.empty()) return;
    const torch::Tensor norm = at::linalg_vector_norm(torch::stack(at::_foreach_norm(found)), 2);
    constexpr double tiny = 1e-6; // of clip_grad_norm_, against a norm of 0
    at::_foreach_mul_(found, (limit / (norm + tiny)).clamp_max(1.0));
}

void Sgd::add_to(Group& group, std::size_t parameter) const {
    group.weights.push_back(parameters_[parameter]);
    group.slopes.push_back(parameters_[parameter].grad());
    if (momentum_ > 0) group.buffers.push_back(momenta_[parameter]);
}

void Sgd::step(double lr) {
    const torch::NoGradGuard no_grad;
    // The operator asks for parameters that all have, or all lack, a buffer: those of a first step go apart.
    std::map<std::pair<double, bool>, Group> groups;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!parameters_[i].grad().defined()) continue;
        const bool first = !momenta_[i].defined();
        if (first && momentum_ > 0) momenta_[i] = torch::empty_like(parameters_[i]);
        add_to(groups[{rates_[i], first}], i);
    }
    for (auto& [key, group] : groups) {
        const auto [part, first] = key;
        const double rate = lr * part;
        if (decay_ > 0) at::_foreach_mul_(group.weights, 1 - rate * decay_);
        at::_fused_sgd_(group.weights, group.slopes, group.buffers, penalty_, momentum_, rate,
                        /*dampening=*/0.0, nesterov_, /*maximize=*/false, /*is_first_step=*/first);
    }
}

void Sgd::step(const torch::Tensor& lr, const std::optional<torch::Tensor>& left_out) {
    const torch::NoGradGuard no_grad;
    std::map<double, Group> groups;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!parameters_[i].grad().defined()) continue;
        // A first step that is left out would not fill the buffer; from zero, a first step is like any other.
        if (momentum_ > 0 && !momenta_[i].defined()) momenta_[i] = torch::zeros_like(parameters_[i]);
        add_to(groups[rates_[i]], i);
    }
    for (auto& [part, group] : groups) {
        const torch::Tensor rate = part == 1 ? lr : lr * part;
        if (decay_ > 0) {
            at::_foreach_mul_(group.weights, 1 - (left_out ? rate * (1 - *left_out) : rate) * decay_);
        }
        at::_fused_sgd_(group.weights, group.slopes, group.buffers, penalty_, momentum_, rate,
                        /*dampening=*/0.0, nesterov_, /*maximize=*/false, /*is_first_step=*/false,
                        /*grad_scale=*/{}, left_out);
    }
}

void Sgd::zero_gradients() {
    for (torch::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

void Sgd::restore_momentum(std::size_t parameter, const torch::Tensor& momentum) {
    const torch::NoGradGuard no_grad;
    momenta_[parameter] = torch::empty_like(parameters_[parameter]);
    momenta_[parameter].copy_(momentum);
}

} // namespace fractal
