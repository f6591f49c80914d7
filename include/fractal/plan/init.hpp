// How weights begin: the bound of the uniform distribution that each is drawn from.
#pragma once

#include <cstdint>

namespace fractal {

/// Rules for convolutions and linear layers. `torch_default`: kaiming-uniform with a = sqrt(5), that is a
/// bound of 1/sqrt(fan_in), LibTorch's own. `xavier`: sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010),
/// the linear layer's bias zero.
enum class Init : std::uint8_t { torch_default, xavier };

} // namespace fractal
