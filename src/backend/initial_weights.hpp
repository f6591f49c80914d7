// Initial weights: a function of the network, the rule and the seed.
#pragma once

#include <fractal/plan/init.hpp>
#include <fractal/plan/slots.hpp>

#include <vector>

#include <torch/types.h>

namespace fractal {

/// Draws the weights of one network, slot after slot in their order.
class InitialWeights {
public:
    InitialWeights(const NetworkSpec& net, Init rule, std::uint64_t seed);

    /// The next weight of a slot, in fp32 on the CPU.
    torch::Tensor draw(const Slot& slot, const WeightSpec& weight);

private:
    double bound(const Slot& slot, const WeightSpec& weight) const;

    Init rule_;
    std::vector<double> variances_; ///< by slot; of the rule `keep_variance`
    at::Generator generator_;
};

} // namespace fractal
