// What a training step computes and moves, read off the network's type: one more reading, an executor whose
// values are shapes. It fuses as the executor on LibTorch does (src/backend/fused_executor.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <fractal/plan/convolution_choice.hpp>
#include <fractal/registry/variant.hpp>

#include "kernels/chain.hpp"
#include "pass_bytes.hpp"

namespace fractal::bench {

/// One convolution of a network.
struct Convolution {
    Shape in{};
    int out_channels = 0;
    int kernel = 0;
    bool wants_data_gradient = false; ///< nothing is learnt before the first one

    auto key() const {
        return std::array{in.channels,  in.height, in.width,
                          out_channels, kernel,    wants_data_gradient ? 1 : 0};
    }
    bool operator<(const Convolution& other) const { return key() < other.key(); }

    ConvolutionExtents extents(std::int64_t images) const {
        return {images, in.height, in.width, in.channels, out_channels};
    }
    std::int64_t macs(std::int64_t images) const {
        return images * in.height * in.width * in.channels * out_channels * kernel * kernel;
    }
    std::int64_t weights() const { return std::int64_t{in.channels} * out_channels * kernel * kernel; }
    std::int64_t maps(std::int64_t images) const {
        return images * in.height * in.width * (in.channels + out_channels);
    }
};

/// Passes of one kind over memory.
struct Traffic {
    int passes = 0;
    std::int64_t bytes = 0;

    void add(int more, std::int64_t of_bytes) {
        passes += more;
        bytes += of_bytes;
    }
};

/// A training step of `images` images, in bfloat16 by autocast.
struct StepCount {
    std::map<Convolution, int> convolutions; ///< with how often each is there
    std::array<Traffic, 4> joins{};          ///< by Pass
    Traffic sums;                            ///< of the gradients of maps that are read more than once
    Traffic casts;                           ///< of weights and their gradients, and of the images
    Traffic optimizer;                       ///< SGD with momentum
    std::int64_t head_macs = 0;              ///< forward
};

/// `own` are the kernels of this project that convolutions may run by.
StepCount count_step(const Variant& variant, std::int64_t images, OwnConvolutions own);

} // namespace fractal::bench
