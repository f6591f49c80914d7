// The steps of SGD.
#include "train/sgd.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <span>
#include <tuple>
#include <utility>

#include <torch/torch.h>

#include "train/orthogonal.hpp"

namespace fractal {

namespace {

/// [O, C, K, K], kept channels last, as [O, K K C].
torch::Tensor matrix_of(const torch::Tensor& filters) { return filters.permute({0, 2, 3, 1}).flatten(1); }

/// The way back.
torch::Tensor filters_of(const torch::Tensor& matrix, const torch::Tensor& like) {
    return matrix.view({like.size(0), like.size(2), like.size(3), like.size(1)}).permute({0, 3, 1, 2});
}

} // namespace

Sgd::Sgd(std::vector<torch::Tensor> parameters, const Recipe& recipe, std::vector<ParameterRule> rules,
         torch::ScalarType products)
    : parameters_(std::move(parameters)),
      rules_(std::move(rules)),
      momenta_(parameters_.size()),
      momentum_(recipe.momentum),
      penalty_(recipe.decoupled_decay ? 0 : recipe.weight_decay),
      decay_(recipe.decoupled_decay ? recipe.weight_decay : 0),
      nesterov_(recipe.nesterov),
      products_(products) {
    if (rules_.empty()) rules_.assign(parameters_.size(), ParameterRule{});
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

bool Sgd::steps(std::size_t parameter, bool orthogonally) const {
    return parameters_[parameter].grad().defined() && rules_[parameter].orthogonal == orthogonally;
}

void Sgd::begin_momentum(std::size_t parameter) {
    if (momentum_ > 0 && !momenta_[parameter].defined()) {
        momenta_[parameter] = torch::zeros_like(parameters_[parameter]);
    }
}

void Sgd::step(double lr) {
    const torch::NoGradGuard no_grad;
    // The operator asks for parameters that all have, or all lack, a buffer: those of a first step go apart.
    std::map<std::pair<double, bool>, Group> groups;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!steps(i, /*orthogonally=*/false)) continue;
        const bool first = !momenta_[i].defined();
        if (first && momentum_ > 0) momenta_[i] = torch::empty_like(parameters_[i]);
        add_to(groups[{rules_[i].rate, first}], i);
    }
    for (auto& [key, group] : groups) {
        const auto [part, first] = key;
        const double rate = lr * part;
        if (decay_ > 0) at::_foreach_mul_(group.weights, 1 - rate * decay_);
        at::_fused_sgd_(group.weights, group.slopes, group.buffers, penalty_, momentum_, rate,
                        /*dampening=*/0.0, nesterov_, /*maximize=*/false, /*is_first_step=*/first);
    }
    step_orthogonally(torch::tensor(lr, torch::kFloat64), {});
}

void Sgd::step(const torch::Tensor& lr, const std::optional<torch::Tensor>& left_out) {
    const torch::NoGradGuard no_grad;
    std::map<double, Group> groups;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!steps(i, /*orthogonally=*/false)) continue;
        // A first step that is left out would not fill the buffer; from zero, a first step is like any other.
        begin_momentum(i);
        add_to(groups[rules_[i].rate], i);
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
    step_orthogonally(lr, left_out);
}

torch::Tensor Sgd::moved_momentum(std::size_t parameter, const std::optional<torch::Tensor>& left_out) {
    const torch::Tensor& slope = parameters_[parameter].grad();
    if (momentum_ == 0) return slope;
    begin_momentum(parameter);
    torch::Tensor& buffer = momenta_[parameter];
    if (left_out) {
        buffer.copy_(at::where(left_out->gt(0), buffer, buffer * momentum_ + slope));
    } else {
        at::add_out(buffer, slope, buffer, momentum_);
    }
    return nesterov_ ? at::add(slope, buffer, momentum_) : buffer;
}

void Sgd::step_orthogonally(const torch::Tensor& lr, const std::optional<torch::Tensor>& left_out) {
    // Matrices of one size are worked on together, as many as leave no mark on memory: those of small
    // networks take less time than a call does.
    constexpr std::int64_t elements_at_once = std::int64_t{1} << 21;
    std::map<std::tuple<std::int64_t, std::int64_t, double>, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!steps(i, /*orthogonally=*/true)) continue;
        const std::int64_t rows = parameters_[i].size(0);
        alike[{rows, parameters_[i].numel() / rows, rules_[i].rate}].push_back(i);
    }
    for (const auto& [key, places] : alike) {
        const auto [rows, columns, part] = key;
        const double tall =
            std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(columns)));
        const auto at_once =
            static_cast<std::size_t>(std::max<std::int64_t>(1, elements_at_once / (rows * columns)));
        // In powers of two: the library keeps code for each number of matrices that it has met.
        for (std::span<const std::size_t> left = places; !left.empty();) {
            const std::size_t count = std::bit_floor(std::min(at_once, left.size()));
            step_together(left.first(count), lr * part, tall, left_out);
            left = left.subspan(count);
        }
    }
}

void Sgd::step_together(std::span<const std::size_t> places, torch::Tensor rate, double scale,
                        const std::optional<torch::Tensor>& left_out) {
    std::vector<torch::Tensor> moved;
    for (const std::size_t i : places) moved.push_back(matrix_of(moved_momentum(i, left_out)));
    torch::Tensor updates = orthogonalized(at::stack(moved), products_);
    if (left_out) {
        updates = at::where(left_out->gt(0), torch::zeros({}, updates.options()), updates);
        rate = rate * (1 - *left_out);
    }
    updates *= rate * scale;
    for (std::size_t n = 0; n < places.size(); ++n) {
        torch::Tensor& weight = parameters_[places[n]];
        if (decay_ > 0) weight *= 1 - rate * decay_;
        weight -= filters_of(updates[static_cast<std::int64_t>(n)], weight);
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
