// What becomes of a convolution's sums before they are stored.
#pragma once

namespace fractal::kernels {

/// Plus a figure for each channel, negative values to zero.
struct Finish {
    const float* bias = nullptr; ///< [outputs], or null
    bool relu = false;
};

namespace {

/// A vector of channels, by what `Finish` says of them.
template <class V>
V finished(V value, V bias, bool relu) {
    value += bias;
    return relu ? (value < 0 ? V{} : value) : value;
}

} // namespace

} // namespace fractal::kernels
