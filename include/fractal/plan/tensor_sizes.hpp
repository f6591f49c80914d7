// Bytes of the tensors that a training step makes, under given options.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fractal/plan/convolution_choice.hpp>
#include <fractal/plan/direct_convolution.hpp>
#include <fractal/plan/matrix_convolution.hpp>
#include <fractal/plan/winograd.hpp>
#include <fractal/spec/network_spec.hpp>

namespace fractal {

/// What memory is predicted for.
struct MemoryOptions {
    std::int64_t batch = 1; ///< images in one pass
    bool autocast = false;  ///< feature maps in a type of 2 bytes instead of fp32
    bool fused = false;     ///< pointwise layers, joins and pools by the kernels that fuse them
    /// By which kernels of ours 3x3 convolutions run where those are the fastest; under autocast only.
    OwnConvolutions convolutions = OwnConvolutions::none;
    bool weights = true; ///< whether to count the gradients of weights and their copies of lower precision
    /// Whether gradients of weights add to those of earlier parts of the batch: these are all there from the
    /// beginning, and are not counted, and new ones go as soon as they are added.
    bool accumulates = false;
    /// Bytes that the allocator takes for a tensor of some bytes; null where it takes no more than asked.
    std::int64_t (*block)(std::int64_t bytes) = nullptr;
};

namespace detail {

/// Bytes that a convolution by kernels of ours takes beside its results.
struct OwnScratch {
    std::int64_t maps = 0;            ///< forward, and backward to the data: weights in an order of its own
    std::int64_t weight_gradient = 0; ///< backward to the weights: sums, and gathered tiles of both maps
};

/// Bytes of tensors under given options.
class TensorSizes {
public:
    constexpr explicit TensorSizes(const MemoryOptions& options) : options_(options) {}

    constexpr std::int64_t map(const Shape& shape, int scalar) const {
        return block(options_.batch * shape.elements() * scalar);
    }
    /// Copies of `count` weights in the lower precision.
    constexpr std::int64_t cast_weights(std::int64_t count) const {
        return options_.weights && options_.autocast ? block(2 * count) : 0;
    }
    constexpr std::int64_t weight_gradients(std::int64_t count) const {
        return options_.weights ? block(4 * count) : 0;
    }
    /// What stays of gradients of weights of so many bytes.
    constexpr std::int64_t left(std::int64_t gradients) const { return options_.accumulates ? 0 : gradients; }
    /// What a convolution of `count` weights takes beside its result: copies in an order of its own.
    constexpr std::int64_t forward_scratch(std::int64_t count) const {
        return options_.weights ? block(scalar() * count) : 0;
    }
    constexpr std::int64_t backward_scratch(std::int64_t count) const {
        return options_.autocast ? weight_gradients(count) * 9 / 8 : 2 * weight_gradients(count);
    }
    /// Bytes of one scalar of a convolution's output.
    constexpr int scalar() const { return options_.autocast ? 2 : 4; }
    constexpr std::int64_t images(std::int64_t bytes) const { return block(options_.batch * bytes); }
    constexpr bool fused() const { return options_.fused; }
    /// What a convolution by kernels of ours takes beside its results; nothing where it runs by others.
    constexpr std::optional<OwnScratch> own_scratch(const LayerSpec& layer, const Shape& in,
                                                    const Shape& out) const {
        if (!options_.autocast || layer.argument != 3) return std::nullopt;
        const ConvolutionExtents extents{options_.batch, in.height, in.width, in.channels, out.channels};
        const auto kernel = convolution_kernel(extents, options_.convolutions);
        if (!kernel) return std::nullopt;
        const auto weights = [&](std::int64_t bytes) { return options_.weights ? block(bytes) : 0; };
        if (*kernel == ConvolutionKernel::direct) {
            const DirectExtents direct{extents};
            return OwnScratch{.maps = weights(2 * direct.weights()),
                              .weight_gradient = weights(4 * direct.sums())};
        }
        if (*kernel == ConvolutionKernel::matrix) {
            const MatrixExtents tiled{extents};
            return OwnScratch{.maps = weights(2 * std::max(tiled.weights(false), tiled.weights(true))),
                              .weight_gradient =
                                  block(2 * tiled.gathered_inputs()) + block(2 * tiled.gathered_gradients())};
        }
        const WinogradExtents filtered{extents};
        return OwnScratch{.maps = weights(2 * filtered.weights()),
                          .weight_gradient = weights(4 * filtered.weights()) +
                                             block(2 * filtered.gathered_elements(extents.inputs)) +
                                             block(2 * filtered.gathered_elements(extents.outputs))};
    }

private:
    constexpr std::int64_t block(std::int64_t bytes) const {
        return options_.block == nullptr ? bytes : options_.block(bytes);
    }

    MemoryOptions options_;
};

} // namespace detail

} // namespace fractal
