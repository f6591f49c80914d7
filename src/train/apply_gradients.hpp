// From the gradients of a step to its new weights.
#pragma once

#include <string>

#include "train/gradient_scaler.hpp"
#include "train/sgd.hpp"

namespace fractal {

/// Unscales the gradients where the loss was scaled, clips their common norm at `clip_norm` (0 is never), and
/// steps. False when one of them was not finite: then weights and momentum stay, and the factor backs off.
bool apply_gradients(Sgd& sgd, GradientScaler* scaler, double clip_norm, double lr);

/// Why training cannot go on after a step with this loss: it is not finite, or gradients overflow at any loss
/// scale; names the scale where there is one. Empty where training can go on.
std::string step_fault(double loss, const GradientScaler* scaler);

} // namespace fractal
