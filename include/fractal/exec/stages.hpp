// The stages of a firing: its layers, with consecutive pointwise ones grouped into one.
#pragma once

#include <array>
#include <span>
#include <type_traits>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <fractal/spec/network.hpp>

namespace fractal {

/// Consecutive layers that an executor may run as one kernel: BatchNorm, ReLU and Dropout in any order.
template <class... L>
struct Pointwise {
    /// The layers as values, in their order.
    static constexpr std::array<LayerSpec, sizeof...(L)> layers{layer_spec<L>...};
};

/// Any other layer, a stage by itself.
template <class L>
struct Single {
    /// The layer as a value.
    static constexpr std::array<LayerSpec, 1> layers{layer_spec<L>};
};

namespace detail {

template <class L>
constexpr bool is_pointwise() {
    constexpr LayerKind kind = layer_spec<L>.kind;
    return kind == LayerKind::batch_norm || kind == LayerKind::relu || kind == LayerKind::dropout;
}

/// Puts a layer before the stages that follow it: into the first of them where both are pointwise.
template <class L, class Following>
struct Prepend {
    using Alone = std::conditional_t<is_pointwise<L>(), Pointwise<L>, Single<L>>;
    using type = boost::mp11::mp_push_front<Following, Alone>;
};
template <class L, class... Chained, class... Rest>
    requires(is_pointwise<L>())
struct Prepend<L, boost::mp11::mp_list<Pointwise<Chained...>, Rest...>> {
    using type = boost::mp11::mp_list<Pointwise<L, Chained...>, Rest...>;
};

template <class L, class Following>
using PrependTo = typename Prepend<L, Following>::type;

} // namespace detail

/// `Layers<Conv<3>, BatchNorm, ReLU>` becomes `mp_list<Single<Conv<3>>, Pointwise<BatchNorm, ReLU>>`.
template <class Order>
using StagesOf = boost::mp11::mp_reverse_fold<Order, boost::mp11::mp_list<>, detail::PrependTo>;

/// The layers of one stage as a value.
using Stage = std::span<const LayerSpec>;

namespace detail {
template <class Stages>
struct StageTable;
template <class... S>
struct StageTable<boost::mp11::mp_list<S...>> {
    static constexpr std::array<Stage, sizeof...(S)> items{S::layers...};
};
} // namespace detail

/// The stages of a layer order as values: what the forward pass of every variant runs over. (Code for each
/// order instead would be most of what a variant costs to compile.)
template <class Order>
inline constexpr std::span<const Stage> stages_of = detail::StageTable<StagesOf<Order>>::items;

} // namespace fractal
