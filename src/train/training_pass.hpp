// Forward and backward over one batch, whole or in parts.
#pragma once

#include <cstdint>

#include <fractal/torch/module.hpp>

#include "data/batches.hpp"
#include "train/amp.hpp"
#include "train/gradient_scaler.hpp"

namespace fractal {

/// The cross-entropy that is trained on, in fp32 at least, spread over all classes by `smoothing`.
torch::Tensor training_loss(const torch::Tensor& logits, const torch::Tensor& labels, double smoothing);

/// How a batch is run.
struct PassSettings {
    torch::Device device{torch::kCPU};
    Amp amp = Amp::off; ///< resolved
    double label_smoothing = 0;
    std::int64_t part = 0;                  ///< images that run at once; 0 is the whole batch
    const GradientScaler* scaler = nullptr; ///< what the loss is scaled by, if it is
};

/// What a batch gave.
struct PassResult {
    double loss = 0; ///< mean over the images, unscaled
    std::int64_t correct = 0;
    std::int64_t macs = 0; ///< forward, for one image
};

/// Adds the gradients of a batch's mean loss to those of the network's weights, as the network's next step.
/// In parts each part's loss weighs as many images as it has, and dropout masks are those of the whole batch,
/// so gradients are equal up to rounding as long as no layer computes across images.
PassResult training_pass(FractalNetImpl& net, const data::Batch& batch, const PassSettings& settings);

} // namespace fractal
