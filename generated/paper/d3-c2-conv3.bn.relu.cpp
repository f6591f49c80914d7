// paper/d3-c2-conv3.bn.relu: one variant as a compiled module. Emitted by CMake; do not edit.
#include <fractal/registry/variant.hpp>

namespace fractal::modules {

extern const Variant paper_d3_c2_conv3_bn_relu;
constinit const Variant paper_d3_c2_conv3_bn_relu = variant<
    Network<Input<3, 32, 32>, Depth<3>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU>, Width<64>, Head<Flatten, 10>>>(
    "paper/d3-c2-conv3.bn.relu", Cost{.parameters = 1558538, .macs = 192323584, .activation_bytes = 3567616, .firings = 9, .longest_path = 6});

}  // namespace fractal::modules

#include <fractal/registry/no_libtorch.hpp>
