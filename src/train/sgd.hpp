// Stochastic gradient descent in one fused step over all weights, orthogonal steps of some of them, and the
// clipping of their gradient.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <torch/types.h>

#include "train/recipe.hpp"

namespace fractal {

/// How one parameter learns.
struct ParameterRule {
    double rate = 1;         ///< its learning rate, as a part of the step's
    bool orthogonal = false; ///< whether its steps are orthogonal; it is [O, C, K, K] then
};

/// SGD with momentum, Nesterov's form and L2 penalty, as torch.optim.SGD computes it. Decoupled weight decay
/// leaves the gradient alone and multiplies each weight that has one by 1 - rate * decay before the step
/// (Loshchilov and Hutter, arXiv 1711.05101, with the rate in the place of its multiplier).
///
/// An orthogonal step (Muon, Jordan et al. 2024) takes what SGD would step by, without a penalty, as a matrix
/// [O, K K C], and puts the nearest orthogonal matrix in its place, times sqrt(O / (K K C)) where that is
/// above one: all directions that the gradients agree on are learned at one pace.
class Sgd {
public:
    /// The buffers of momentum start with the first step or are set by `restore_momentum`. Without `rules`
    /// all parameters learn at the step's rate. Matrices of orthogonal steps are multiplied in `products`.
    Sgd(std::vector<torch::Tensor> parameters, const Recipe& recipe, std::vector<ParameterRule> rules = {},
        torch::ScalarType products = torch::kFloat32);

    /// Scales all gradients so that their common norm is at most `limit`, as clip_grad_norm_ does.
    void clip_gradients(double limit);
    void step(double lr);
    /// The same without a decision on the host: the rate is a scalar on the weights' device, and so is
    /// `left_out`, with which 1 leaves weights and momentum as they are.
    void step(const torch::Tensor& lr, const std::optional<torch::Tensor>& left_out = {});
    void zero_gradients();

    const std::vector<torch::Tensor>& parameters() const { return parameters_; }
    /// Those that there are, of all parameters.
    std::vector<torch::Tensor> gradients() const;
    /// Momentum by parameter; undefined before a parameter's first step.
    const std::vector<torch::Tensor>& momenta() const { return momenta_; }
    void restore_momentum(std::size_t parameter, const torch::Tensor& momentum);

private:
    /// What one call of the operator takes: parameters of one rate, their gradients and momenta.
    struct Group {
        std::vector<torch::Tensor> weights;
        std::vector<torch::Tensor> slopes;
        std::vector<torch::Tensor> buffers;
    };

    void add_to(Group& group, std::size_t parameter) const;
    /// Whether a parameter has a gradient and takes such steps.
    bool steps(std::size_t parameter, bool orthogonally) const;
    /// Momentum for a parameter that has none yet.
    void begin_momentum(std::size_t parameter);
    void step_orthogonally(const torch::Tensor& lr, const std::optional<torch::Tensor>& left_out);
    /// The same for parameters of one size, at this rate; the steps, not the decay, times `scale`.
    void step_together(std::span<const std::size_t> places, torch::Tensor rate, double scale,
                       const std::optional<torch::Tensor>& left_out);
    /// Moves a parameter's momentum; what plain SGD would step by.
    torch::Tensor moved_momentum(std::size_t parameter, const std::optional<torch::Tensor>& left_out);

    std::vector<torch::Tensor> parameters_;
    std::vector<ParameterRule> rules_; ///< by parameter
    std::vector<torch::Tensor> momenta_;
    double momentum_;
    double penalty_; ///< weight decay as a part of the gradient
    double decay_;   ///< beside it
    bool nesterov_;
    torch::ScalarType products_;
};

} // namespace fractal
