// Which kernels run a 3x3 convolution: the one place where it is decided.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fractal/plan/convolution_extents.hpp>
#include <fractal/plan/matrix_convolution.hpp>

namespace fractal {

/// A kind of kernels of ours.
enum class ConvolutionKernel : std::uint8_t { direct, winograd, matrix };

/// Which kernels of ours convolutions may run by.
enum class OwnConvolutions : std::uint8_t {
    none,
    direct, ///< those that multiply as it stands, and err no more than a library's
    all,    ///< Winograd's filtering too
    matrix  ///< those on a matrix unit, which err as little as direct ones
};

/// The fastest kind of what is allowed, on a machine that gains by kernels of ours; nothing, where the
/// library's convolution is faster (measured by bench/convolutions.cpp and on whole steps).
constexpr std::optional<ConvolutionKernel> convolution_kernel(const ConvolutionExtents& extents,
                                                              OwnConvolutions allowed) {
    const auto multiple = [](std::int64_t count) { return count % ConvolutionExtents::channels == 0; };
    if (allowed == OwnConvolutions::none || !multiple(extents.inputs) || !multiple(extents.outputs))
        return std::nullopt;
    if (allowed == OwnConvolutions::matrix) {
        // Of fewer images most of a tile would be empty.
        if (extents.images < MatrixExtents::tile_rows) return std::nullopt;
        return ConvolutionKernel::matrix;
    }
    // On maps of 2x2 what is padded takes what is saved.
    if (extents.height <= 2 || extents.width <= 2) return std::nullopt;
    // With fewer channels the transforms of the filtering take what fewer products save.
    const std::int64_t fewest = std::min(extents.inputs, extents.outputs);
    if (allowed == OwnConvolutions::all && fewest >= 2 * ConvolutionExtents::channels)
        return ConvolutionKernel::winograd;
    // With more channels the library comes as close to the peak.
    if (fewest <= 2 * ConvolutionExtents::channels) return ConvolutionKernel::direct;
    return std::nullopt;
}

} // namespace fractal
