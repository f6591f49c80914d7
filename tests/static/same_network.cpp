// Which specifications are the same network, and which only look so (docs/semantics.md, Same network).
#include <fractal/plan/fingerprint.hpp>

namespace fractal {
namespace {

template <int C, class Order, class... Options>
constexpr std::uint64_t print = fingerprint_of<
    Network<Input<3, 32, 32>, Depth<2>, Columns<C>, Order, Width<8>, Head<Flatten, 10>, Options...>>;

// A ReLU and a dropout that stand side by side commute; with anything else neither does.
static_assert(print<2, Layers<Conv<3>, ReLU, Dropout<20>>> == print<2, Layers<Conv<3>, Dropout<20>, ReLU>>);
static_assert(print<2, Layers<Conv<3>, ReLU, BatchNorm>> != print<2, Layers<Conv<3>, BatchNorm, ReLU>>);
static_assert(print<2, Layers<Conv<3>, Dropout<20>, BatchNorm>> !=
              print<2, Layers<Conv<3>, BatchNorm, Dropout<20>>>);
static_assert(print<2, Layers<ReLU, Conv<3>, Dropout<20>>> != print<2, Layers<Dropout<20>, Conv<3>, ReLU>>);

// Dropout<0> is nothing, and a ReLU after a ReLU is one; other percentages are other networks.
static_assert(print<2, Layers<Conv<3>, Dropout<0>>> == print<2, Layers<Conv<3>>>);
static_assert(print<2, Layers<Conv<3>, ReLU, ReLU>> == print<2, Layers<Conv<3>, ReLU>>);
static_assert(print<2, Layers<Conv<3>, ReLU, Dropout<20>, ReLU>> ==
              print<2, Layers<Conv<3>, ReLU, Dropout<20>>>);
static_assert(print<2, Layers<Conv<3>, Dropout<20>>> != print<2, Layers<Conv<3>, Dropout<30>>>);

// With one column there is no join to pool before; with two there is.
static_assert(print<1, Layers<Conv<3>>, PoolBeforeJoin> == print<1, Layers<Conv<3>>>);
static_assert(print<2, Layers<Conv<3>>, PoolBeforeJoin> != print<2, Layers<Conv<3>>>);

// In a chain, layers of neighbouring firings meet across a pool; between joins they do not.
static_assert(print<1, Layers<ReLU, Conv<3>, ReLU>> != print<1, Layers<ReLU, Conv<3>>>);
static_assert(print<2, Layers<ReLU, Conv<3>, ReLU>> != print<2, Layers<ReLU, Conv<3>>>);

// Options, width and head are part of the network; the class count is not.
static_assert(print<2, Layers<Conv<3>>, Transition<Conv<1>>> != print<2, Layers<Conv<3>>>);
static_assert(print<2, Layers<Conv<3>>, UnitDropout<0, 10>> != print<2, Layers<Conv<3>>>);
static_assert(print<2, Layers<Conv<3>>, UnitDropout<0, 0>> == print<2, Layers<Conv<3>>>);

template <int Base, class Ending>
constexpr std::uint64_t ending =
    fingerprint_of<Network<Input<3, 32, 32>, Depth<2>, Columns<2>, Layers<Conv<3>>, Width<Base>, Ending>>;
static_assert(ending<8, Head<Flatten, 10>> == ending<8, Head<Flatten, 100>>);
static_assert(ending<8, Head<Flatten, 10>> != ending<8, Head<GlobalAveragePool, 10>>);
static_assert(ending<8, Head<Flatten, 10>> != ending<16, Head<Flatten, 10>>);

} // namespace
} // namespace fractal
