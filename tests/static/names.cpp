// Names: the canonical text of a network, its inverse, and what is no name.
#include <string_view>

#include <fractal/spec/name.hpp>
#include <fractal/spec/network.hpp>
#include <fractal/spec/parse.hpp>

namespace fractal {
namespace {

using Plain = Network<Input<3, 32, 32>, Depth<3>, Columns<2>, Layers<Conv<3>, BatchNorm, Dropout<20>>,
                      Width<64>, Head<Flatten, 10>>;
using Laden = Network<Head<GlobalAveragePool, 100>, Layers<ReLU, Conv<5>>, UnitDropout<0, 10>,
                      Input<1, 28, 20>, Depth<2>, Columns<8>, Width<16>, Transition<Conv<1>>, PoolBeforeJoin,
                      DropPath<DropPathMode::local>>;

static_assert(name_of<Plain> == "net/3x32x32-d3-c2-w64-flat10-conv3.bn.drop20");
static_assert(name_of<Laden> == "net/1x28x20-d2-c8-w16-gap100-relu.conv5-prejoin-t1-ud0.10-dplocal");
static_assert(short_name("paper", spec_of<Plain>) == "paper/d3-c2-conv3.bn.drop20");

constexpr bool returns(std::string_view name) {
    const ParsedName parsed = parse_full_name(name);
    return parsed.fault.empty() && full_name(parsed.net) == name;
}
static_assert(returns(name_of<Plain>) && returns(name_of<Laden>));

constexpr bool short_name_returns() {
    const ParsedName parsed = parse_short_name("paper/d3-c2-conv3.bn.drop20", "paper", spec_of<Plain>);
    return parsed.fault.empty() && full_name(parsed.net) == name_of<Plain>;
}
static_assert(short_name_returns());

constexpr bool refused(std::string_view name) { return !parse_full_name(name).fault.empty(); }
static_assert(refused(""));
static_assert(refused("net/3x32x32"));
static_assert(refused("net/3x32x32-d03-c2-w64-flat10-conv3"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv3."));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv9"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv3-t1-prejoin"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv3-ud100"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv3-ud10.0"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv3-dpnone"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv3-dpglobal-ud10"));
static_assert(refused("net/3x32x32-d3-c2-w64-flat10-conv3 "));

} // namespace
} // namespace fractal
