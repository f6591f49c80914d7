// Initial weights: a function of the network, the rule and the seed.
#pragma once

#include <fractal/plan/init.hpp>
#include <fractal/plan/slots.hpp>

#include <torch/types.h>

namespace fractal {

/// Draws one weight of a slot in fp32 on the CPU. Slots are to be drawn in their order from one generator.
torch::Tensor initial_weight(const WeightSpec& weight, const WeightList& slot, Init rule,
                             at::Generator& generator);

} // namespace fractal
