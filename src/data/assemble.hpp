// The one pass of batch assembly: bytes are picked by flip and translation, normalised and converted through
// a table, and written where the batch wants them. Knows no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "data/augment.hpp"

namespace fractal::data {

/// Source image: bytes, channel by channel (C x H x W), contiguous.
struct ByteImageView {
    const std::uint8_t* pixels;
    std::int32_t channels;
    std::int32_t height;
    std::int32_t width;
};

/// Destination of one image; strides in elements. channels_last has `pixel` = C and `channel` = 1.
template <class Element>
struct ImageTarget {
    Element* first;
    std::ptrdiff_t channel;
    std::ptrdiff_t row;
    std::ptrdiff_t pixel;
};

/// Writes `source`, placed and padded, to `target`. `table` has 256 elements per channel: the normalised
/// value of each byte, computed once, so that every type is rounded once and the kernel needs no arithmetic.
/// `Element` is any unsigned integer of the element type's size: bits are only moved, and zero bits are zero.
template <class Element>
void assemble_image(const ByteImageView& source, const Placement& placement, Pad pad, const Element* table,
                    const ImageTarget<Element>& target);

extern template void assemble_image(const ByteImageView&, const Placement&, Pad, const std::uint16_t*,
                                    const ImageTarget<std::uint16_t>&);
extern template void assemble_image(const ByteImageView&, const Placement&, Pad, const std::uint32_t*,
                                    const ImageTarget<std::uint32_t>&);
extern template void assemble_image(const ByteImageView&, const Placement&, Pad, const std::uint64_t*,
                                    const ImageTarget<std::uint64_t>&);

} // namespace fractal::data
