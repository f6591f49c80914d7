// A layer of one's own: its name, its weights and what it costs. This header is free of LibTorch, so that
// networks with the layer can be named, counted and compiled as modules; channel_gate.cpp runs it.
#pragma once

#include <fractal/spec/layers.hpp>

namespace mine {

/// Scales each channel by sigmoid(W m + b), where m is the mean of every channel: squeeze-and-excitation
/// (Hu et al., arXiv 1709.01507) with one linear map in place of two. Keeps the shape.
struct ChannelGate {
    static constexpr std::string_view name = "gate";
    static constexpr std::string_view type = "mine::ChannelGate";

    static constexpr fractal::WeightList weights(fractal::Shape in, fractal::Shape) {
        return {{fractal::WeightSpec{"weight", {in.channels, in.channels}, fractal::Fill::by_fan_in},
                 fractal::WeightSpec{"bias", {in.channels}, fractal::Fill::zeros}},
                2};
    }
    static constexpr std::int64_t macs(fractal::Shape in, fractal::Shape) {
        return std::int64_t{in.channels} * in.channels;
    }
    /// The map itself, and for each channel its mean and its gate.
    static constexpr fractal::Saved saved(fractal::Shape in, fractal::Shape) {
        return {.input = true, .extra = 8 * std::int64_t{in.channels}};
    }
};

/// What names are looked up in: the layers that come with the library, and this one.
using Alphabet = boost::mp11::mp_push_back<fractal::Alphabet, ChannelGate>;

} // namespace mine
