// The built-in layers. A user's own layer is a type like these, in the user's own header.
#pragma once

#include <boost/mp11.hpp>

#include <fractal/spec/layer.hpp>

namespace fractal {

/// KxK convolution without bias, stride 1, same padding, to the unit's width (semantics: Words).
template <int Kernel>
struct Conv {
    static constexpr std::string_view name = numbered<"conv", Kernel>;
    static constexpr std::string_view type = numbered<"fractal::Conv<", Kernel, ">">;
    static constexpr LayerKind kind = LayerKind::convolution;
    static constexpr int argument = Kernel;
    static constexpr bool maps_channels = true;
    static constexpr std::string_view fault =
        Kernel > 0 && Kernel % 2 == 1 ? "" : "its kernel must be odd, so that same padding keeps the shape";

    static constexpr Shape output(Shape in, int width) { return {width, in.height, in.width}; }
    static constexpr WeightList weights(Shape in, Shape out) {
        return {{WeightSpec{"weight", {out.channels, in.channels, Kernel, Kernel}, Fill::by_fan_in}}, 1};
    }
    static constexpr std::int64_t macs(Shape in, Shape out) {
        return out.elements() * in.channels * Kernel * Kernel;
    }
    static constexpr Saved saved(Shape, Shape) { return {.input = true}; }
};

/// Batch normalisation with affine weights, eps 1e-5, momentum 0.1. Per-channel statistics are saved too, but
/// they do not grow with the batch and count nothing per image.
struct BatchNorm {
    static constexpr std::string_view name = "bn";
    static constexpr std::string_view type = "fractal::BatchNorm";
    static constexpr LayerKind kind = LayerKind::batch_norm;
    static constexpr double epsilon = 1e-5; ///< added to the variance
    static constexpr double momentum = 0.1; ///< of the running statistics

    static constexpr WeightList weights(Shape in, Shape) {
        return {
            {WeightSpec{"weight", {in.channels}, Fill::ones}, WeightSpec{"bias", {in.channels}, Fill::zeros},
             WeightSpec{"running_mean", {in.channels}, Fill::zeros, false},
             WeightSpec{"running_var", {in.channels}, Fill::ones, false}},
            4};
    }
    static constexpr Saved saved(Shape, Shape) { return {.input = true}; }
};

/// max(x, 0). Its gradient needs only the sign of its output.
struct ReLU {
    static constexpr std::string_view name = "relu";
    static constexpr std::string_view type = "fractal::ReLU";
    static constexpr LayerKind kind = LayerKind::relu;

    static constexpr Saved saved(Shape, Shape) { return {.output = true}; }
};

/// Drops whole channels with a probability of `Percent` / 100 while training; survivors are scaled by
/// 1 / (1 - p). Keeps one fp32 factor per channel.
template <int Percent>
struct Dropout {
    static constexpr std::string_view name = numbered<"drop", Percent>;
    static constexpr std::string_view type = numbered<"fractal::Dropout<", Percent, ">">;
    static constexpr LayerKind kind = LayerKind::dropout;
    static constexpr int argument = Percent;
    static constexpr std::string_view fault =
        Percent >= 0 && Percent <= 99 ? "" : "its percentage must be from 0 to 99";

    static constexpr Saved saved(Shape in, Shape) { return {.extra = 4 * std::int64_t{in.channels}}; }
};

namespace detail {
template <class Index>
using DropoutOf = Dropout<Index::value>;
} // namespace detail

/// The layers that a name is looked up in when no other alphabet is given. A user's alphabet is this list
/// with layers appended: `boost::mp11::mp_push_back<Alphabet, Swish>`.
using Alphabet =
    boost::mp11::mp_append<boost::mp11::mp_list<Conv<1>, Conv<3>, Conv<5>, Conv<7>, BatchNorm, ReLU>,
                           boost::mp11::mp_transform<detail::DropoutOf, boost::mp11::mp_iota_c<100>>>;

} // namespace fractal
