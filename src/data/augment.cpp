// The draws of augmentation.
#include "data/augment.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "data/draws.hpp"

namespace fractal::data {

Placement place(const AugmentOptions& options, std::uint64_t seed, std::uint64_t epoch, std::uint32_t image) {
    Placement result;
    if (options.flip == Flip::random || options.translate > 0) {
        const auto words = draw(seed, Purpose::augmentation, image, epoch);
        const auto steps = static_cast<std::uint32_t>(2 * options.translate + 1);
        result.flip = options.flip == Flip::random && (words[0] >> 31) != 0;
        result.dy = static_cast<std::int32_t>(bounded(words[1], steps)) - options.translate;
        result.dx = static_cast<std::int32_t>(bounded(words[2], steps)) - options.translate;
    }
    if (options.flip == Flip::alternating) {
        const bool first = (draw(seed, Purpose::alternating_flip, image, 0)[0] >> 31) != 0;
        result.flip = first != (epoch % 2 != 0);
    }
    return result;
}

void check_augment(const AugmentOptions& options, std::int64_t height, std::int64_t width) {
    const std::int64_t limit = std::min(height, width) - 1;
    if (options.translate < 0 || options.translate > limit) {
        throw UsageError("a translation by up to " + std::to_string(options.translate) +
                         " pixels does not fit images of " + std::to_string(height) + " x " +
                         std::to_string(width) + "; expected 0 to " + std::to_string(limit));
    }
}

} // namespace fractal::data
