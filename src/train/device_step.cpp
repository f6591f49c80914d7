// The step without the host.
#include "train/device_step.hpp"

#include <optional>

#include <fmt/format.h>
#include <torch/torch.h>

#include "train/amp.hpp"
#include "train/training_pass.hpp"

namespace fractal {

std::string recording_obstacle(const NetworkSpec& net, const Recipe& recipe) {
    for (const LayerSpec* layer : net.order) {
        if (layer->kind == LayerKind::custom) {
            return fmt::format(
                "layer '{}' is not built in, and may depend on the host; choose an order of "
                "built-in layers",
                layer->name);
        }
    }
    const DropPathMode mode = drop_path(recipe).value_or(net.drop_path);
    if (net.columns > 1 && (mode == DropPathMode::local || mode == DropPathMode::mixed)) {
        return "local and mixed drop-path choose among too many sets of paths to record each; give "
               "--drop-path "
               "global, of which each column is recorded, or none";
    }
    if (recipe.checkpoint != Checkpoint::none) {
        return "a checkpointed segment runs again in the backward pass, which is not recorded; give "
               "--checkpoint none";
    }
    return {};
}

DeviceStep::DeviceStep(FractalNetImpl& net, Sgd& sgd, GradientScaler* scaler, const Recipe& recipe, Amp amp,
                       torch::Device device, std::int64_t batch)
    : net_(net),
      sgd_(sgd),
      scaler_(scaler),
      clip_norm_(recipe.clip_norm),
      label_smoothing_(recipe.label_smoothing),
      amp_(amp),
      device_(device) {
    net.keep_masks();
    const Shape& shape = net.spec().input;
    const torch::TensorOptions on_device(device);
    images_ = torch::zeros({batch, shape.channels, shape.height, shape.width}, on_device)
                  .contiguous(torch::MemoryFormat::ChannelsLast);
    labels_ = torch::zeros({batch}, on_device.dtype(torch::kInt64));
    lr_ = torch::zeros({}, on_device.dtype(torch::kFloat32));
    loss_ = torch::zeros({}, on_device);
    correct_ = torch::zeros({}, on_device.dtype(torch::kInt64));
}

void DeviceStep::load(const torch::Tensor& images, const torch::Tensor& labels, double lr) {
    images_.copy_(images);
    labels_.copy_(labels);
    lr_.fill_(lr);
    net_.refill_masks();
}

void DeviceStep::run() {
    sgd_.zero_gradients();
    torch::Tensor logits;
    torch::Tensor loss;
    {
        const Autocast autocast(amp_, device_);
        logits = net_.forward(images_);
        loss = training_loss(logits, labels_, label_smoothing_);
    }
    (scaler_ != nullptr ? scaler_->scale(loss) : loss).backward();
    std::optional<torch::Tensor> left_out;
    if (scaler_ != nullptr) {
        scaler_->unscale(sgd_.gradients());
        left_out = scaler_->found_infinity();
    }
    if (clip_norm_ > 0) sgd_.clip_gradients(clip_norm_);
    sgd_.step(lr_, left_out);
    if (scaler_ != nullptr) scaler_->update();
    sgd_.zero_gradients();
    const torch::NoGradGuard no_grad;
    loss_.copy_(loss);
    correct_.copy_((logits.argmax(1) == labels_).sum());
}

} // namespace fractal
