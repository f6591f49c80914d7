// Selections: named conditions on networks, with one reading over types and one over registry rows.
//
//     using TinyDeep = Select<All, DepthIs<4>, ParametersBelow<500'000>>;
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <fractal/registry/variant.hpp>

namespace fractal {

/// What a condition sees of a network, whether it comes from a type or from a row.
struct Candidate {
    std::string_view family; ///< empty for a type, which belongs to no family by itself
    const NetworkSpec& net;  ///< the network's value
    const Cost* known_cost =
        nullptr; ///< null for a type, whose cost is worked out where a condition asks for it

    /// Its costs, by whichever way.
    constexpr Cost cost() const { return known_cost != nullptr ? *known_cost : fractal::cost(net); }
};

/// A condition says `static constexpr bool holds(const Candidate&)`.
template <class T>
concept Condition = requires(const Candidate& candidate) {
    { T::holds(candidate) } -> std::same_as<bool>;
};

/// Every variant.
struct All {
    static constexpr bool holds(const Candidate&) { return true; }
};

/// The variants of the families whose name is `Name`; of types, which have no family, all.
template <Text Name>
struct Family {
    static constexpr bool holds(const Candidate& candidate) {
        return candidate.family.empty() || candidate.family == Name.view();
    }
};

/// Networks of `Depth` units.
template <int Depth>
struct DepthIs {
    static constexpr bool holds(const Candidate& candidate) { return candidate.net.depth == Depth; }
};

/// Networks of `Least` to `Most` units, both included.
template <int Least, int Most>
struct DepthBetween {
    static constexpr bool holds(const Candidate& candidate) {
        return Least <= candidate.net.depth && candidate.net.depth <= Most;
    }
};

/// Networks whose units have `Columns` columns.
template <int Columns>
struct ColumnsAre {
    static constexpr bool holds(const Candidate& candidate) { return candidate.net.columns == Columns; }
};

/// Networks whose units have `Least` to `Most` columns, both included.
template <int Least, int Most>
struct ColumnsBetween {
    static constexpr bool holds(const Candidate& candidate) {
        return Least <= candidate.net.columns && candidate.net.columns <= Most;
    }
};

/// Networks of fewer than `Bound` parameters.
template <std::int64_t Bound>
struct ParametersBelow {
    static constexpr bool holds(const Candidate& candidate) { return candidate.cost().parameters < Bound; }
};

/// Networks of fewer than `Bound` multiply-accumulates for one image, forward.
template <std::int64_t Bound>
struct MacsBelow {
    static constexpr bool holds(const Candidate& candidate) { return candidate.cost().macs < Bound; }
};

/// Networks that save fewer than `Bound` bytes for the backward pass of one image.
template <std::int64_t Bound>
struct ActivationBytesBelow {
    static constexpr bool holds(const Candidate& candidate) {
        return candidate.cost().activation_bytes < Bound;
    }
};

/// Networks whose layer order is exactly `L...`.
template <Layer... L>
struct OrderIs {
    static constexpr bool holds(const Candidate& candidate) {
        const NetworkSpec wanted = [] {
            NetworkSpec net;
            Layers<L...>::write(net);
            return net;
        }();
        return order_name(candidate.net.order).view() == order_name(wanted.order).view();
    }
};

/// Networks with layer `L` somewhere in their order.
template <Layer L>
struct HasLayer {
    static constexpr bool holds(const Candidate& candidate) {
        for (const LayerSpec* layer : candidate.net.order) {
            if (layer->name == layer_spec<L>.name) return true;
        }
        return false;
    }
};

/// Networks for which a condition does not hold.
template <Condition C>
struct Not {
    static constexpr bool holds(const Candidate& candidate) { return !C::holds(candidate); }
};

/// Networks for which at least one condition holds.
template <Condition... Conditions>
struct AnyOf {
    static constexpr bool holds(const Candidate& candidate) { return (Conditions::holds(candidate) || ...); }
};

/// Networks of `Base`, itself a condition such as `All` or another selection, for which all conditions hold.
template <Condition Base, Condition... Conditions>
struct Select {
    static constexpr bool holds(const Candidate& candidate) {
        return Base::holds(candidate) && (Conditions::holds(candidate) && ...);
    }
};

/// The reading over a registry row.
template <Condition Selection>
constexpr bool selects(const Variant& variant) {
    return Selection::holds({variant.family, *variant.spec, &variant.cost});
}

namespace detail {
template <class Selection>
struct Selects {
    template <class Net>
    using fn = std::bool_constant<Selection::holds({{}, spec_of<Net>})>;
};
} // namespace detail

/// The reading over types: those of list `Nets` that a selection holds for, in their order.
template <Condition Selection, class Nets>
using Selected = boost::mp11::mp_copy_if_q<Nets, detail::Selects<Selection>>;

/// A selection as the driver sees it: `--select tiny-deep`.
struct NamedSelection {
    std::string_view name;         ///< in kebab case
    bool (*holds)(const Variant&); ///< whether it holds a variant
    std::string_view about;        ///< the comment above the selection
};

/// The selections that CMake found for this program's registry, in the order of their header.
std::span<const NamedSelection> named_selections();

} // namespace fractal
