// Dynamic loss scaling for fp16, by LibTorch's own operators, on any device.
#pragma once

#include <vector>

#include <torch/types.h>

namespace fractal {

/// The defaults of torch.amp.GradScaler.
struct ScalerOptions {
    double factor = 65536.0; ///< to begin with
    double growth = 2.0;
    double backoff = 0.5;
    std::int64_t growth_interval = 2000; ///< good steps in a row after which the factor grows
};

/// Multiplies the loss so that small gradients survive fp16, and looks for the largest factor that does not
/// overflow: as torch.amp.GradScaler (Micikevicius et al. 2018, arXiv 1710.03740).
class GradientScaler {
public:
    /// With a factor that fell below this, gradients overflow although they are made a thousand times
    /// smaller: no factor helps.
    static constexpr double lowest_factor = 1.0 / 1024;

    explicit GradientScaler(torch::Device device, const ScalerOptions& options = {});

    /// The loss to call backward() on.
    torch::Tensor scale(const torch::Tensor& loss) const;
    /// Divides gradients by the factor, and looks whether all of them are finite.
    void unscale(const std::vector<torch::Tensor>& gradients);
    /// Whether those unscaled last were finite; if not, the step is to be left out. Waits for the device.
    bool finite() const;
    /// The same on the device: 1 where one was not finite, else 0.
    const torch::Tensor& found_infinity() const { return found_infinity_; }
    /// Grows the factor after so many good steps in a row, lets it back off after a bad one.
    void update();

    double factor() const;
    std::int64_t good_steps() const;
    void restore(double factor, std::int64_t good_steps);

private:
    ScalerOptions options_;
    torch::Tensor factor_;
    torch::Tensor good_steps_;
    torch::Tensor found_infinity_;
};

} // namespace fractal
