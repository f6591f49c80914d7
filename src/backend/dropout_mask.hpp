// Channel dropout masks as a function of seed, step and slot, so that nothing has to be kept to draw them
// again.
#pragma once

#include <cstdint>
#include <map>

#include <torch/types.h>

namespace fractal {

/// What masks are drawn by: the trial's seed, the number of the training step and the layer's slot.
struct MaskKey {
    std::uint64_t seed = 0;
    std::int64_t step = 0;
    std::int32_t slot = 0;
    std::int64_t first_image = 0; ///< place in its batch of the first image that masks are drawn for
};

/// Factors [images, channels, 1, 1] of 0 or 1 / (1 - percent / 100). Channel c of a batch's image n is kept
/// when the first word of Philox4x32-10 at counter (n, c, slot, step) under the seed reaches percent / 100 of
/// its range.
torch::Tensor dropout_mask(const MaskKey& key, int percent, std::int64_t images, std::int64_t channels,
                           const torch::TensorOptions& options);

/// Masks in tensors that stay where they are, for steps that are recorded and replayed: a replay reads what
/// the host has put there since. One for each slot.
class MaskBank {
public:
    /// The mask of `key.slot`, drawn by `key` when it is first asked for.
    torch::Tensor mask(const MaskKey& key, int percent, std::int64_t images, std::int64_t channels,
                       const torch::TensorOptions& options);
    /// Draws all masks so far for another step.
    void refill(std::int64_t step);

private:
    struct Kept {
        MaskKey key;
        int percent = 0;
        torch::Tensor mask;
    };
    std::map<std::int32_t, Kept> kept_;
};

} // namespace fractal
