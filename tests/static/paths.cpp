// Paths of networks, against the recursion of their number and against paths that were counted by hand.
#include <fractal/plan/cost.hpp>
#include <fractal/plan/paths.hpp>

namespace fractal {
namespace {

template <int D, int C>
constexpr PathCount paths_of =
    path_count(spec_of<Network<Input<3, 32, 32>, Depth<D>, Columns<C>, Layers<Conv<3>, ReLU>, Width<16>,
                               Head<Flatten, 10>>>);

/// One column is a chain.
static_assert(paths_of<3, 1> == PathCount{1, 3});
/// Two firings, or one beside them.
static_assert(paths_of<1, 2> == PathCount{2, 1.5});
/// Of two such, after each other: two ways through each, and one firing beside all of it.
static_assert(paths_of<1, 3> == PathCount{5, (4 * 3 + 1) / 5.});
/// p(C) = p(C - 1)^2 + 1, and units multiply.
static_assert(paths_of<1, 4>.paths == 26 && paths_of<1, 5>.paths == 677 && paths_of<1, 6>.paths == 458'330);
static_assert(paths_of<4, 3>.paths == 5 * 5 * 5 * 5 && paths_of<2, 6>.paths == 458'330. * 458'330);
/// Lengths add up, and no path is longer than the longest.
static_assert(paths_of<4, 2>.length == 4 * paths_of<1, 2>.length);
static_assert(paths_of<1, 6>.length < 32 && paths_of<1, 6>.length > 16);

} // namespace
} // namespace fractal
