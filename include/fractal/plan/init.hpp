// How weights begin: which uniform distribution, of mean 0, each is drawn from.
#pragma once

#include <cstdint>

namespace fractal {

/// Rules for convolutions and linear layers. `torch_default`: kaiming-uniform with a = sqrt(5), that is a
/// bound of 1/sqrt(fan_in), LibTorch's own. `xavier`: sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).
/// `keep_variance`: the variance with which the signal is as large at the head as in the images, through all
/// firings, joins and pools (plan/signal.hpp). With the latter two the linear layer's bias is zero.
enum class Init : std::uint8_t { torch_default, xavier, keep_variance };

} // namespace fractal
