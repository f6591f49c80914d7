// How one image is placed in one epoch: drawn from (seed, epoch, image) alone, so that a run may stop and go
// on at any step, on any number of threads.
#pragma once

#include <cstdint>

#include "data/augment_options.hpp"

namespace fractal::data {

/// Output pixel (y, x) is pixel (y + dy, x + dx) of the image, which is first mirrored left to right if
/// `flip`.
struct Placement {
    std::int32_t dy = 0;
    std::int32_t dx = 0;
    bool flip = false;

    friend constexpr bool operator==(const Placement&, const Placement&) = default;
};

/// The placement of image `image` (its index in the whole training set, before any split) in epoch `epoch`.
[[nodiscard]] Placement place(const AugmentOptions& options, std::uint64_t seed, std::uint64_t epoch,
                              std::uint32_t image);

/// UsageError unless `options.translate` is from 0 to less than height and width.
void check_augment(const AugmentOptions& options, std::int64_t height, std::int64_t width);

} // namespace fractal::data
