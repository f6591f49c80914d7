// What a layer of one's own may answer, and the words that refuse the rest.
#include <initializer_list>
#include <string>
#include <string_view>

#include <fractal/plan/cost.hpp>
#include <fractal/spec/network.hpp>

#include "check.hpp"

namespace fractal {
namespace {

/// A layer of the user's own that keeps the shape and has these weights.
LayerSpec with_weights(WeightList (*weights)(Shape in, Shape out)) {
    LayerSpec layer = detail::read_layer<ReLU>();
    layer.name = "mine";
    layer.type = "user::Mine";
    layer.kind = LayerKind::custom;
    layer.weights = weights;
    return layer;
}

/// What is wrong with Conv<3> and `layer` in a network, less the network's name.
std::string fault_with(const LayerSpec& layer) {
    NetworkSpec net = spec_of<Network<Input<3, 8, 8>, Depth<1>, Columns<2>, Layers<Conv<3>>, Width<4>,
                                      Head<GlobalAveragePool, 10>>>;
    net.order.append(layer);
    const Line fault = network_fault(net);
    const std::string_view before = "net/3x8x8-d1-c2-w4-gap10-conv3.mine: ";
    if (fault.view().starts_with(before)) return std::string(fault.view().substr(before.size()));
    return std::string(fault.view());
}

TEST_CASE("a layer's weights may have any rank, and a fan-in where they are drawn by it") {
    const auto weights = [](Shape in, Shape) -> WeightList {
        return {{WeightSpec{"matrix", {in.channels, in.channels, 3}, Fill::by_fan_in},
                 WeightSpec{"bias", {in.channels}, Fill::by_fan_in}, WeightSpec{"scale", {}, Fill::ones},
                 WeightSpec{"seen_2", {1, 1, 1, 1}, Fill::zeros, false}},
                4};
    };
    CHECK(fault_with(with_weights(weights)) == "");
    CHECK(fault_with(with_weights([](Shape, Shape) { return WeightList{}; })) == "");
}

TEST_CASE("weights that no backend could hold are refused by name") {
    const std::string unit = "layer user::Mine in unit 0: ";
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{}, 5};
          })) == unit + "it has 5 weights; give 0 to 4");
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{}, 1};
          })) == unit + "its weight 1 is called ``; use letters, digits and underscores");
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{WeightSpec{"a", {1}}, WeightSpec{"b.c", {1}}}, 2};
          })) == unit + "its weight 2 is called `b.c`; use letters, digits and underscores");
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{WeightSpec{"a", {1}}, WeightSpec{"b", {1}}, WeightSpec{"a", {1}}}, 3};
          })) == unit + "two of its weights are called a; give each a name of its own");
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{WeightSpec{"a", {4, -1}}}, 1};
          })) == unit + "extent 2 of its a is -1; each is at least 1, up to the first that is not used");
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{WeightSpec{"a", {4, 0, 3}}}, 1};
          })) == unit + "extent 3 of its a is 3; each is at least 1, up to the first that is not used");
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{WeightSpec{"a", {4}}, WeightSpec{"b", {4, 4}, Fill::by_fan_in}}, 2};
          })) == unit +
                     "its b is filled by_fan_in, and a, its first weight, is no [out, in, ...] that has a "
                     "fan-in; fill with zeros or ones, or put such a weight first");
    CHECK(fault_with(with_weights([](Shape, Shape) -> WeightList {
              return {{WeightSpec{"a", {1 << 20, 1 << 20, 2}}}, 1};
          })) == unit + "its a has more than 2^40 scalars; give it fewer");
}

TEST_CASE("two layers of one name are refused, of which names could not tell") {
    LayerSpec layer = with_weights([](Shape, Shape) { return WeightList{}; });
    layer.name = "conv3";
    layer.kind = LayerKind::convolution;
    CHECK(fault_with(layer) ==
          "net/3x8x8-d1-c2-w4-gap10-conv3.conv3: layers 1 and 2 of the order, fractal::Conv<3> and "
          "user::Mine, are "
          "both called conv3; give each a name of its own");
}

TEST_CASE("what is beyond counting is refused, and what may be had is not") {
    NetworkSpec net = spec_of<Network<Input<3, 32, 32>, Depth<5>, Columns<8>, Layers<Conv<3>, ReLU>,
                                      Width<512>, Head<Flatten, 1000>>>;
    CHECK(network_fault(net).empty());
    CHECK(cost(net).macs > 0);
    net.input = {3, 999'999, 999'999};
    CHECK(network_fault(net).view().find("more than 2^56 multiply-accumulates") != std::string_view::npos);
    net.input = {3, 1'000'000, 32};
    CHECK(network_fault(net).view().find("channels, height and width are at most 999999") !=
          std::string_view::npos);
    net.input = {3, 32, 32};
    net.classes = 1'000'000;
    CHECK(network_fault(net).view().find("a head has at most 999999 classes") != std::string_view::npos);
    static_assert(!ValidNetwork<Network<Input<3, 32, 32>, Depth<1>, Columns<1>, Layers<Conv<2'000'000'001>>,
                                        Width<8192>, Head<Flatten, 10>>>);
}

TEST_CASE("costs below nothing are refused") {
    LayerSpec layer = with_weights([](Shape, Shape) { return WeightList{}; });
    layer.macs = [](Shape, Shape) -> std::int64_t { return -1; };
    CHECK(fault_with(layer) == "layer user::Mine in unit 0: its macs are -1 for 4x8x8; give 0 or more");
    layer.macs = [](Shape, Shape) -> std::int64_t { return 0; };
    layer.saved = [](Shape, Shape) -> Saved { return {.extra = -8}; };
    CHECK(fault_with(layer) ==
          "layer user::Mine in unit 0: it saves -8 extra bytes for 4x8x8; give 0 or more");
}

} // namespace
} // namespace fractal
