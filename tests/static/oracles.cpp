// The oracles of docs/semantics.md: counts that were worked out from the papers and hold while compiling.
#include <cstdint>

#include <fractal/plan/cost.hpp>

namespace fractal {
namespace {

template <int D, int C>
using Published =
    Network<Input<3, 32, 32>, Depth<D>, Columns<C>, Layers<Conv<3>>, Width<64>, Head<Flatten, 10>>;

/// Parameters of the published family in closed form: each unit has C convolutions that read its input and
/// 2^C - 1 - C that read its own width; then a linear layer over all that is left of the image.
constexpr std::int64_t published_parameters(int depth, int columns) {
    std::int64_t sum = 0;
    std::int64_t in = 3;
    for (int unit = 0; unit < depth; ++unit) {
        const std::int64_t out = std::int64_t{64} << (unit < 3 ? unit : 3);
        sum += 9 * out * (columns * in + ((1 << columns) - 1 - columns) * out);
        in = out;
    }
    const std::int64_t side = 32 >> depth;
    return sum + in * side * side * 10 + 10;
}

template <int D, int C>
constexpr bool agrees = cost_of<Published<D, C>>.parameters == published_parameters(D, C) &&
                        cost_of<Published<D, C>>.firings == D * ((1 << C) - 1) &&
                        cost_of<Published<D, C>>.longest_path == D * (1 << (C - 1));

static_assert(cost_of<Published<5, 2>>.parameters == 13'316'490);
static_assert(cost_of<Published<4, 3>>.parameters == 17'204'298);
static_assert(cost_of<Published<3, 3>>.parameters == 4'248'650);
static_assert(cost_of<Published<5, 2>>.firings == 15);
static_assert(cost_of<Published<4, 3>>.firings == 28);
static_assert(cost_of<Published<3, 3>>.firings == 21);
static_assert(agrees<1, 1> && agrees<1, 2> && agrees<2, 1> && agrees<2, 4> && agrees<3, 2> && agrees<4, 1> &&
              agrees<5, 3> && agrees<5, 6>);

/// One convolution, one pool and the linear layer: 32 * 32 positions, 9 weights a channel pair.
static_assert(cost_of<Published<1, 1>>.macs == 32 * 32 * 9 * 3 * 64 + 64 * 16 * 16 * 10);

/// What the reference executor keeps of one image: the convolution's input and output, the pool's indices,
/// and the linear layer's input.
static_assert(cost_of<Published<1, 1>>.activation_bytes ==
              4 * 3 * 32 * 32 + 4 * 64 * 32 * 32 + 8 * 64 * 16 * 16 + 4 * 64 * 16 * 16);

/// The depth study of FractalNet's authors on CIFAR-100.
template <int C>
using Study = Network<Input<3, 32, 32>, Depth<5>, Columns<C>, Layers<Conv<3>, BatchNorm, ReLU>, Width<16>,
                      Head<GlobalAveragePool, 100>>;
static_assert(cost_of<Study<1>>.parameters == 258'292);
static_assert(cost_of<Study<2>>.parameters == 847'716);
static_assert(cost_of<Study<3>>.parameters == 2'125'204);
static_assert(cost_of<Study<4>>.parameters == 4'778'820);
static_assert(cost_of<Study<5>>.parameters == 10'184'692);
static_assert(cost_of<Study<6>>.parameters == 21'095'076);

/// FractalNet-20, which its paper counts as 38.6 million.
using FractalNet20 =
    Network<Input<3, 32, 32>, Depth<5>, Columns<3>, Layers<Conv<3>, BatchNorm, ReLU>, Width<64>,
            Head<Flatten, 10>, Transition<Conv<1>>, UnitDropout<0, 10, 20, 30, 40>>;
static_assert(cost_of<FractalNet20>.parameters == 38'647'114);
static_assert(cost_of<FractalNet20>.longest_path == 20);

} // namespace
} // namespace fractal
