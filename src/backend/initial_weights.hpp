// Initial weights: a function of the network, the rule and the seed.
#pragma once

#include <torch/types.h>

#include <fractal/plan/init.hpp>
#include <fractal/plan/signal.hpp>
#include <fractal/plan/slots.hpp>

namespace fractal {

/// Draws the weights of one network, slot after slot in their order.
class InitialWeights {
public:
    InitialWeights(const NetworkSpec& net, Init rule, std::uint64_t seed);

    /// The next weight of a slot, in fp32 on the CPU.
    torch::Tensor draw(const Slot& slot, const WeightSpec& weight);

    /// What they are drawn for; empty but for the rule `keep_variance`.
    const SignalPlan& plan() const { return plan_; }

private:
    double bound(const Slot& slot, const WeightSpec& weight) const;

    Init rule_;
    SignalPlan plan_;
    at::Generator generator_;
};

} // namespace fractal
