// A training step that decides nothing on the host: what varies from step to step lies in tensors on the
// device, so that the step can be recorded in a CUDA graph and replayed.
#pragma once

#include <string>

#include <fractal/torch/module.hpp>

#include "train/gradient_scaler.hpp"
#include "train/recipe.hpp"
#include "train/sgd.hpp"

namespace fractal {

/// Why a network's steps under a recipe cannot be recorded; empty where they can. A record repeats what the
/// host told the device when it was made, so what changes from step to step must lie in tensors.
std::string recording_obstacle(const NetworkSpec& net, const Recipe& recipe);

/// Zeroing, forward, loss, backward, unscaling, clipping and SGD on one full batch, from buffers of its own.
/// The arguments are to outlive it.
class DeviceStep {
public:
    DeviceStep(FractalNetImpl& net, Sgd& sgd, GradientScaler* scaler, const Recipe& recipe, Amp amp,
               torch::Device device, std::int64_t batch);

    /// Puts the next batch [batch, C, H, W], its labels, its learning rate and the dropout masks of the
    /// network's next step where `run` reads them.
    void load(const torch::Tensor& images, const torch::Tensor& labels, double lr);
    void run();

    /// Of the last batch: the mean loss, and how many images were got right; scalars on the device.
    const torch::Tensor& loss() const { return loss_; }
    const torch::Tensor& correct() const { return correct_; }

private:
    FractalNetImpl& net_;
    Sgd& sgd_;
    GradientScaler* scaler_;
    double clip_norm_;
    double label_smoothing_;
    Amp amp_;
    torch::Device device_;
    torch::Tensor images_;
    torch::Tensor labels_;
    torch::Tensor lr_;
    torch::Tensor loss_;
    torch::Tensor correct_;
};

} // namespace fractal
