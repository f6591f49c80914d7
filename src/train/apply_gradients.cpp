// Unscaling, clipping, stepping: in this order, since the norm to clip is that of the unscaled gradients.
#include "train/apply_gradients.hpp"

#include <cmath>

#include <fmt/format.h>

namespace fractal {

bool apply_gradients(Sgd& sgd, GradientScaler* scaler, double clip_norm, double lr) {
    bool finite = true;
    if (scaler != nullptr) {
        scaler->unscale(sgd.gradients());
        finite = scaler->finite();
        scaler->update();
    }
    if (!finite) return false;
    if (clip_norm > 0) sgd.clip_gradients(clip_norm);
    sgd.step(lr);
    return true;
}

std::string step_fault(double loss, const GradientScaler* scaler) {
    const bool finite = std::isfinite(loss);
    if (finite && (scaler == nullptr || scaler->factor() >= GradientScaler::lowest_factor)) return {};
    const std::string what =
        finite ? "gradients overflowed again and again" : fmt::format("the loss became {}", loss);
    return scaler == nullptr ? what : fmt::format("{}, at loss scale {:g},", what, scaler->factor());
}

} // namespace fractal
