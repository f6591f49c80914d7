// What a layer is: the questions that a layer type answers, and its answers as a plain value.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <fractal/spec/shape.hpp>
#include <fractal/spec/text.hpp>

namespace fractal {

/// What a backend needs to know to run a layer. `custom` layers are run by the forward that their author
/// registered under the layer's name.
enum class LayerKind : std::uint8_t { convolution, batch_norm, relu, dropout, custom };

/// How a weight starts: by the recipe's rule over its fan-in, or constant.
enum class Fill : std::uint8_t { by_fan_in, zeros, ones };

/// One tensor that belongs to a layer. `trainable` tensors are parameters, the others are buffers.
struct WeightSpec {
    std::string_view name;                 ///< `weight`, `bias`, …: the last part of its path
    std::array<std::int64_t, 4> extents{}; ///< unused trailing extents are 0
    Fill fill = Fill::zeros;               ///< how it starts
    bool trainable = true;                 ///< a parameter, not a buffer

    /// Number of dimensions.
    constexpr int rank() const {
        int dimensions = 0;
        while (dimensions < 4 && extents[static_cast<std::size_t>(dimensions)] != 0) ++dimensions;
        return dimensions;
    }
    /// Number of scalars.
    constexpr std::int64_t elements() const {
        std::int64_t product = 1;
        for (const std::int64_t extent : extents) {
            if (extent == 0) break;
            product *= extent;
        }
        return product;
    }
};

/// The tensors of one layer, at most four.
struct WeightList {
    std::array<WeightSpec, 4> items{}; ///< the first `count` are used
    int count = 0;                     ///< 0 for a layer without weights

    /// The first tensor.
    constexpr const WeightSpec* begin() const { return items.data(); }
    /// Past the last tensor.
    constexpr const WeightSpec* end() const { return items.data() + count; }
};

/// What a layer keeps for its backward pass, for one image in fp32.
struct Saved {
    bool input = false;     ///< the tensor it reads
    bool output = false;    ///< the tensor it writes
    std::int64_t extra = 0; ///< further bytes, such as a mask
};

/// A layer as a value: the answers of a layer type, callable at compile time and at run time.
struct LayerSpec {
    std::string_view name = "";         ///< as it stands in variant names: `conv3`, `bn`, `drop20`
    std::string_view type = "";         ///< as it stands in C++: `fractal::Conv<3>`
    LayerKind kind = LayerKind::custom; ///< what a backend makes of it
    int argument = 0;                   ///< kernel size, percent dropped; 0 where there is none
    bool maps_channels = false;         ///< whether it takes any number of channels to the unit's width
    std::string_view fault = "";        ///< why no network may hold it; empty where one may
    Shape (*output)(Shape in, int width) = nullptr; ///< what it makes of a map, in a unit of `width` channels
    WeightList (*weights)(Shape in, Shape out) = nullptr; ///< its tensors
    std::int64_t (*macs)(Shape in, Shape out) = nullptr;  ///< for one image, forward
    Saved (*saved)(Shape in, Shape out) = nullptr;        ///< for its backward pass
};

/// A layer type says its name. Whatever else it does not say is that of a layer which keeps the shape, has no
/// weights, costs no multiply-accumulates and saves its input for the backward pass; what it says otherwise
/// than here is a fault of every network that holds it:
///
///     static constexpr std::string_view name = "swish";          // required: letters, then digits
///     static constexpr std::string_view type = "my::Swish";      // required: its C++ spelling
///     static constexpr bool maps_channels = false;
///     static constexpr Shape output(Shape in, int width);        // width: the unit's channels
///     static constexpr WeightList weights(Shape in, Shape out);
///     static constexpr std::int64_t macs(Shape in, Shape out);   // for one image, forward
///     static constexpr Saved saved(Shape in, Shape out);
///     static constexpr std::string_view fault = "";              // a complaint about its own arguments
///
/// These names are taken in a layer type, also where it inherits them or keeps them private.
template <class L>
concept Layer = requires {
    typename std::bool_constant<std::string_view(L::name).empty()>;
    typename std::bool_constant<std::string_view(L::type).empty()>;
};

namespace detail {

template <class L>
concept SaysOutput = requires(Shape in, int width) {
    { L::output(in, width) } -> std::convertible_to<Shape>;
};
template <class L>
concept SaysWeights = requires(Shape in, Shape out) {
    { L::weights(in, out) } -> std::convertible_to<WeightList>;
};
template <class L>
concept SaysMacs = requires(Shape in, Shape out) {
    { L::macs(in, out) } -> std::convertible_to<std::int64_t>;
};
template <class L>
concept SaysSaved = requires(Shape in, Shape out) {
    { L::saved(in, out) } -> std::convertible_to<Saved>;
};
template <class L>
concept SaysMapsChannels = requires { typename std::bool_constant<L::maps_channels>; };
template <class L>
concept SaysFault = requires { typename std::bool_constant<std::string_view(L::fault).empty()>; };

/// The names of what a layer need not say.
struct OptionalMembers {
    int output, weights, macs, saved, maps_channels, fault;
};
/// `&WithOptional<L>::macs` is ambiguous, thus no expression, if `L` or a base of it declares a `macs` of
/// whatever kind. Nothing derives from a final type or a union: of those `&L::macs` finds most kinds.
template <class L>
struct WithOptional : L, OptionalMembers {};
template <class L>
    requires(std::is_final_v<L> || std::is_union_v<L>)
struct WithOptional<L> : OptionalMembers {};

/// Which member a layer type declares otherwise than it should; empty where none.
template <class L>
constexpr std::string_view misdeclared() {
    using With = WithOptional<L>;
    if (!SaysOutput<L> && (
                              !requires { &With::output; } || requires { &L::output; }))
        return "its output must be static constexpr Shape output(Shape in, int width)";
    if (!SaysWeights<L> && (
                               !requires { &With::weights; } || requires { &L::weights; }))
        return "its weights must be static constexpr WeightList weights(Shape in, Shape out)";
    if (!SaysMacs<L> && (
                            !requires { &With::macs; } || requires { &L::macs; }))
        return "its macs must be static constexpr std::int64_t macs(Shape in, Shape out)";
    if (!SaysSaved<L> && (
                             !requires { &With::saved; } || requires { &L::saved; }))
        return "its saved must be static constexpr Saved saved(Shape in, Shape out)";
    if (!SaysMapsChannels<L> && (
                                    !requires { &With::maps_channels; } || requires { &L::maps_channels; }))
        return "its maps_channels must be static constexpr bool";
    if (!SaysFault<L> && (
                             !requires { &With::fault; } || requires { &L::fault; }))
        return "its fault must be static constexpr std::string_view";
    return "";
}

template <class L>
constexpr Shape layer_output(Shape in, int width) {
    if constexpr (SaysOutput<L>) {
        return L::output(in, width);
    } else {
        return in;
    }
}

template <class L>
constexpr WeightList layer_weights(Shape in, Shape out) {
    if constexpr (SaysWeights<L>) {
        return L::weights(in, out);
    } else {
        return {};
    }
}

template <class L>
constexpr std::int64_t layer_macs(Shape in, Shape out) {
    if constexpr (SaysMacs<L>) {
        return L::macs(in, out);
    } else {
        return 0;
    }
}

template <class L>
constexpr Saved layer_saved(Shape in, Shape out) {
    if constexpr (SaysSaved<L>) {
        return L::saved(in, out);
    } else {
        return {.input = true};
    }
}

template <Layer L>
constexpr LayerSpec read_layer() {
    LayerSpec spec{.name = L::name,
                   .type = L::type,
                   .fault = misdeclared<L>(),
                   .output = layer_output<L>,
                   .weights = layer_weights<L>,
                   .macs = layer_macs<L>,
                   .saved = layer_saved<L>};
    if constexpr (requires { typename std::integral_constant<LayerKind, L::kind>; }) spec.kind = L::kind;
    if constexpr (requires { typename std::integral_constant<int, L::argument>; })
        spec.argument = L::argument;
    if constexpr (SaysMapsChannels<L>) spec.maps_channels = L::maps_channels;
    if constexpr (SaysFault<L>) {
        if (spec.fault.empty()) spec.fault = L::fault;
    }
    return spec;
}

} // namespace detail

/// The value form of layer type `L`.
template <Layer L>
inline constexpr LayerSpec layer_spec = detail::read_layer<L>();

} // namespace fractal
