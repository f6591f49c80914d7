// What augmentation does to a training image: a POD that recipes hold and flags set. Knows no LibTorch.
#pragma once

#include <cstdint>

namespace fractal::data {

/// Horizontal flips. `alternating` (K. Jordan, airbench94): half of the images, chosen by a hash, are flipped
/// in even epochs and the other half in odd ones, so that two epochs show each image both ways exactly once.
enum class Flip : std::uint8_t { none, random, alternating };

/// What stands where a translated image has no pixel. `zero` is zero after normalisation, that is the mean
/// colour, as in FractalNet's own training; `reflect` mirrors at the border pixel, which is not repeated.
enum class Pad : std::uint8_t { zero, reflect };

struct AugmentOptions {
    Flip flip = Flip::none;
    Pad pad = Pad::zero;
    /// Translation by a uniform whole number of pixels from -translate to +translate, each way.
    /// 0 is none; smaller than height and width of the images.
    std::int32_t translate = 0;

    friend constexpr bool operator==(const AugmentOptions&, const AugmentOptions&) = default;
};

} // namespace fractal::data
