// Rows of one image around those that are convolved.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fractal/plan/convolution_extents.hpp>

#include "kernels/aligned_scratch.hpp"
#include "kernels/scalar.hpp"

namespace fractal::kernels {

namespace {

/// Some rows of a map's image and the one above and below them, each with a pixel of zeros at either end.
/// What is above and below the image is zero.
class RowWindow {
public:
    /// For `most` rows at once.
    RowWindow(const ConvolutionExtents& extents, const BFloat16* in, std::int64_t most)
        : extents_(extents),
          in_(in),
          slots_(most + 2),
          pitch_((extents.width + 2) * extents.inputs + slack) {
        const std::size_t bytes = static_cast<std::size_t>((slots_ + 1) * pitch_) * sizeof(BFloat16);
        memory_ = reinterpret_cast<BFloat16*>(aligned_scratch(bytes));
        std::memset(memory_, 0, bytes);
    }

    /// Has the rows [begin, end) of an image and those around them, of which it keeps those that it has.
    void read(std::int64_t image, std::int64_t begin, std::int64_t end) {
        const std::int64_t last = std::min(end + 1, extents_.height);
        if (image != image_) next_ = std::max<std::int64_t>(begin - 1, 0);
        image_ = image;
        const std::int64_t elements = extents_.width * extents_.inputs;
        for (; next_ < last; ++next_) {
            std::memcpy(memory_ + next_ % slots_ * pitch_ + extents_.inputs,
                        in_ + (image * extents_.height + next_) * elements,
                        static_cast<std::size_t>(elements) * sizeof(BFloat16));
        }
    }
    /// A row, from the pixel of zeros before its first one on.
    const BFloat16* row(std::int64_t y) const {
        const bool inside = y >= 0 && y < extents_.height;
        return memory_ + (inside ? y % slots_ : slots_) * pitch_;
    }

private:
    /// Elements of zero behind a row, that vectors may reach over its end.
    static constexpr std::int64_t slack = 32;

    const ConvolutionExtents& extents_;
    const BFloat16* in_;
    std::int64_t slots_;
    std::int64_t pitch_;
    BFloat16* memory_; ///< the rows, and one of zeros
    std::int64_t image_ = -1;
    std::int64_t next_ = 0; ///< the row to read next
};

} // namespace

} // namespace fractal::kernels
