// A task that small networks learn in seconds: which quarter of a noisy image is bright?
#pragma once

#include <torch/torch.h>

/// Images [64, 1, 8, 8] of noise with one bright quarter, and its number, from 0 to 3, as labels [64].
inline void make_batch(torch::Tensor& images, torch::Tensor& labels) {
    images = torch::randn({64, 1, 8, 8});
    labels = torch::randint(4, {64}, torch::kLong);
    for (std::int64_t i = 0; i < images.size(0); ++i) {
        const std::int64_t quarter = labels[i].item<std::int64_t>();
        images[i][0].narrow(0, quarter / 2 * 4, 4).narrow(1, quarter % 2 * 4, 4) += 1.0;
    }
}
