// The variants that the laws are held against: all that are compiled in, and a few that no family has.
#pragma once

#include <vector>

#include <boost/mp11/list.hpp>

#include <fractal/registry/registry.hpp>
#include <fractal/spec/parse.hpp>

namespace fractal::laws {

/// A user's layer that keeps the shape and has a weight of its own.
struct Gain {
    static constexpr std::string_view name = "gain";
    static constexpr std::string_view type = "fractal::laws::Gain";
    static constexpr WeightList weights(Shape in, Shape) {
        return {{WeightSpec{"gain", {in.channels}, Fill::ones}}, 1};
    }
};

/// A user's layer that maps channels.
struct Mix {
    static constexpr std::string_view name = "mix";
    static constexpr std::string_view type = "fractal::laws::Mix";
    static constexpr bool maps_channels = true;
    static constexpr Shape output(Shape in, int width) { return {width, in.height, in.width}; }
    static constexpr WeightList weights(Shape in, Shape out) {
        return {{WeightSpec{"weight", {out.channels, in.channels}, Fill::by_fan_in}}, 1};
    }
    static constexpr std::int64_t macs(Shape in, Shape out) { return out.elements() * in.channels; }
};

/// A user's layer that shrinks the map, which a single column can bear.
struct Crop {
    static constexpr std::string_view name = "crop";
    static constexpr std::string_view type = "fractal::laws::Crop";
    static constexpr Shape output(Shape in, int) { return {in.channels, in.height - 2, in.width - 2}; }
};

using OpenAlphabet = boost::mp11::mp_push_back<Alphabet, Gain, Mix, Crop>;

namespace detail {
template <class... Words>
using Small = Network<Input<3, 16, 16>, Width<4>, Words...>;
template <class... L>
using Pattern = Layers<L..., L..., L..., L...>;
} // namespace detail

/// Networks that use what the families leave out.
using Uncommon = boost::mp11::mp_list<
    detail::Small<Depth<1>, Columns<1>, Layers<Conv<3>>, Head<Flatten, 2>>,
    detail::Small<Depth<1>, Columns<8>, Layers<Conv<1>, ReLU>, Head<Flatten, 2>>,
    detail::Small<Depth<4>, Columns<7>, Layers<Conv<3>>, Head<GlobalAveragePool, 10>>,
    detail::Small<Depth<3>, Columns<1>, Layers<Conv<3>, ReLU>, Head<Flatten, 10>, PoolBeforeJoin>,
    detail::Small<Depth<3>, Columns<4>, Layers<Conv<3>, ReLU>, Head<Flatten, 10>, PoolBeforeJoin>,
    detail::Small<Depth<4>, Columns<3>, Layers<ReLU, Conv<3>>, Head<Flatten, 10>, Transition<Conv<1>>>,
    detail::Small<Depth<4>, Columns<3>, Layers<Conv<3>>, Head<Flatten, 10>, UnitDropout<0, 10, 0, 30>>,
    detail::Small<Depth<4>, Columns<2>, Layers<Conv<5>, BatchNorm>, Head<GlobalAveragePool, 7>,
                  PoolBeforeJoin, Transition<Conv<1>>, UnitDropout<5>>,
    detail::Small<Depth<2>, Columns<3>, detail::Pattern<Conv<3>, BatchNorm, ReLU, Dropout<0>>,
                  Head<Flatten, 10>>,
    detail::Small<Depth<2>, Columns<3>, Layers<Dropout<50>, BatchNorm, Conv<3>, ReLU, Conv<7>, ReLU>,
                  Head<Flatten, 10>>,
    detail::Small<Depth<2>, Columns<3>, Layers<Gain, Mix, BatchNorm, Gain, ReLU>, Head<Flatten, 10>>,
    detail::Small<Depth<2>, Columns<1>, Layers<Conv<3>, Crop>, Head<GlobalAveragePool, 10>>,
    Network<Input<1, 29, 31>, Width<3>, Depth<4>, Columns<2>, Layers<Conv<3>, BatchNorm>, Head<Flatten, 3>>,
    Network<Input<8, 16, 16>, Width<8>, Depth<2>, Columns<2>, Layers<Conv<3>>, Head<Flatten, 3>,
            Transition<Conv<1>>>>;

/// Every variant that a law is held against.
inline const std::vector<const Variant*>& every_variant() {
    static const std::vector<const Variant*> all = [] {
        static const Registry uncommon = registry_of<Uncommon>();
        std::vector<const Variant*> list(compiled_registry().all().begin(), compiled_registry().all().end());
        list.insert(list.end(), uncommon.all().begin(), uncommon.all().end());
        return list;
    }();
    return all;
}

} // namespace fractal::laws
