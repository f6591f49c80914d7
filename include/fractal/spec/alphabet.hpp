// An alphabet: the layers that names may speak of, as a table that can be searched by name.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <boost/mp11/list.hpp>

#include <fractal/spec/layers.hpp>

namespace fractal {

namespace detail {
template <class List>
struct LayerTable;
template <template <class...> class List, class... L>
struct LayerTable<List<L...>> {
    static constexpr std::array<LayerSpec, sizeof...(L)> items{layer_spec<L>...};
    static_assert(std::none_of(items.begin(), items.end(),
                               [](const LayerSpec& one) {
                                   return std::any_of(
                                       items.begin(), items.end(), [&](const LayerSpec& other) {
                                           return one.name == other.name && one.type != other.type;
                                       });
                               }),
                  "two layers of this alphabet have one name; give each a name of its own");
};
} // namespace detail

/// The layers of type list `List`, in its order.
template <class List>
inline constexpr std::span<const LayerSpec> layers_of = detail::LayerTable<List>::items;

/// Place of the layer called `name` in `layers`, or their number where there is none.
constexpr std::size_t index_of_layer(std::span<const LayerSpec> layers, std::string_view name) {
    const auto named = [name](const LayerSpec& layer) { return layer.name == name; };
    return static_cast<std::size_t>(std::find_if(layers.begin(), layers.end(), named) - layers.begin());
}

} // namespace fractal
