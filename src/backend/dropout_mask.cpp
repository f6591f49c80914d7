// Draws channel dropout masks.
#include "backend/dropout_mask.hpp"

#include <fractal/exec/philox.hpp>

#include "backend/threads.hpp"

namespace fractal {

torch::Tensor dropout_mask(const MaskKey& key, int percent, std::int64_t images, std::int64_t channels,
                           const torch::TensorOptions& options) {
    const auto threshold = static_cast<std::uint32_t>((std::uint64_t(percent) << 32) / 100);
    const float survivor = 1.0F / (1.0F - static_cast<float>(percent) / 100.0F);
    const std::array<std::uint32_t, 2> seed = philox_key(key.seed);
    torch::Tensor mask = torch::empty({images, channels, 1, 1}, torch::kFloat32);
    float* const factor = mask.data_ptr<float>();
    constexpr std::int64_t worth = 1024; // draws of one thread
    in_parallel(images, (worth + channels - 1) / channels, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t n = first; n < last; ++n) {
            for (std::int64_t c = 0; c < channels; ++c) {
                const std::uint32_t drawn = philox4x32(
                    {static_cast<std::uint32_t>(key.first_image + n), static_cast<std::uint32_t>(c),
                     static_cast<std::uint32_t>(key.slot), static_cast<std::uint32_t>(key.step)},
                    seed)[0];
                factor[n * channels + c] = drawn >= threshold ? survivor : 0.0F;
            }
        }
    });
    if (options.dtype() == torch::kFloat64) { // the float factor would be off by 1e-8
        return (mask != 0).to(options) / (1.0 - percent / 100.0);
    }
    return mask.to(options);
}

torch::Tensor MaskBank::mask(const MaskKey& key, int percent, std::int64_t images, std::int64_t channels,
                             const torch::TensorOptions& options) {
    Kept& kept = kept_[key.slot];
    if (!kept.mask.defined()) kept = {key, percent, dropout_mask(key, percent, images, channels, options)};
    TORCH_CHECK(kept.mask.size(0) == images, "masks are kept of batches of ", kept.mask.size(0),
                " images, got ", images, ": expected batches of one size after keep_masks()");
    return kept.mask;
}

void MaskBank::refill(std::int64_t step) {
    for (auto& [slot, kept] : kept_) {
        kept.key.step = step;
        const torch::Tensor& mask = kept.mask;
        kept.mask.copy_(dropout_mask(kept.key, kept.percent, mask.size(0), mask.size(1), mask.options()));
    }
}

} // namespace fractal
