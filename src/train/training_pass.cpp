// Runs a batch part by part.
#include "train/training_pass.hpp"

#include <algorithm>

#include <torch/torch.h>

namespace fractal {

torch::Tensor training_loss(const torch::Tensor& logits, const torch::Tensor& labels, double smoothing) {
    return at::cross_entropy_loss(logits.to(at::promoteTypes(logits.scalar_type(), torch::kFloat32)), labels,
                                  {}, at::Reduction::Mean, -100, smoothing);
}

PassResult training_pass(FractalNetImpl& net, const data::Batch& batch, const PassSettings& settings) {
    const torch::Tensor images = batch.images.to(settings.device);
    const torch::Tensor labels = batch.labels.to(settings.device);
    const std::int64_t count = labels.size(0);
    const std::int64_t part = settings.part > 0 ? std::min(settings.part, count) : count;
    const std::int64_t step = net.step();
    PassResult result;
    for (std::int64_t first = 0; first < count; first += part) {
        const std::int64_t end = std::min(first + part, count);
        const double weight = static_cast<double>(end - first) / static_cast<double>(count);
        const torch::Tensor part_labels = labels.slice(0, first, end);
        net.set_step(step);
        torch::Tensor logits;
        torch::Tensor loss;
        {
            const Autocast autocast(settings.amp, settings.device);
            logits = net.forward(images.slice(0, first, end), first);
            loss = training_loss(logits, part_labels, settings.label_smoothing);
        }
        const torch::Tensor weighted = weight == 1 ? loss : loss * weight;
        (settings.scaler != nullptr ? settings.scaler->scale(weighted) : weighted).backward();
        result.loss += weight * loss.item<double>();
        result.correct += (logits.detach().argmax(1) == part_labels).sum().item<std::int64_t>();
    }
    result.macs = net.macs();
    return result;
}

} // namespace fractal
