// Dynamic loss scaling for fp16, by LibTorch's own operators, on any device.
#pragma once

#include <vector>

#include <torch/types.h>

namespace fractal {

/// Multiplies the loss so that small gradients survive fp16, and looks for the largest factor that does not
/// overflow: as torch.amp.GradScaler (Micikevicius et al. 2018, arXiv 1710.03740).
class GradientScaler {
public:
    explicit GradientScaler(torch::Device device);

    /// The loss to call backward() on.
    torch::Tensor scale(const torch::Tensor& loss) const;
    /// Divides gradients by the factor. False when one of them is not finite: the step is to be left out.
    bool unscale(std::vector<torch::Tensor>& gradients);
    /// Doubles the factor after 2,000 good steps in a row, halves it after a bad one.
    void update();

    double factor() const;
    std::int64_t good_steps() const;
    void restore(double factor, std::int64_t good_steps);

private:
    torch::Tensor factor_;
    torch::Tensor good_steps_;
    torch::Tensor found_infinity_;
};

} // namespace fractal
