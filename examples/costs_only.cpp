// Costs of networks as constants, without LibTorch: everything in the table was known to the compiler.
#include <cstdio>

#include <boost/mp11/algorithm.hpp>

#include <fractal/plan/cost.hpp>
#include <fractal/plan/fingerprint.hpp>

using namespace fractal;

// FractalNet's depth study (arXiv 1605.07648): the same five units, deeper by a column at a time.
using Order = Layers<Conv<3>, BatchNorm, ReLU>;
template <int C>
using Study = Network<Input<3, 32, 32>, Depth<5>, Columns<C>, Order, Width<16>, Head<Flatten, 100>>;

// What the paper prints, and what holds for any fractal.
static_assert(cost_of<Study<1>>.parameters == 258'292);
static_assert(cost_of<Study<6>>.parameters == 21'095'076);
static_assert(cost_of<Study<6>>.firings == 5 * 63 && cost_of<Study<6>>.longest_path == 5 * 32);
static_assert(name_of<Study<3>> == "net/3x32x32-d5-c3-w16-flat100-conv3.bn.relu");

// ReLU and dropout side by side commute, so these two are one network.
template <class... L>
using Small = Network<Input<3, 32, 32>, Depth<2>, Columns<2>, Layers<L...>, Width<16>, Head<Flatten, 10>>;
static_assert(fingerprint_of<Small<Conv<3>, ReLU, Dropout<20>>> ==
              fingerprint_of<Small<Conv<3>, Dropout<20>, ReLU>>);

// To ask whether something is a network is free; to use one that is not is an error with one plain line.
static_assert(!ValidNetwork<Small<BatchNorm, ReLU>>); // nothing maps 3 channels to 16
static_assert(!ValidNetwork<Study<9>>);               // a fractal has 1 to 8 columns

int main() {
    std::printf("columns  firings  longest path  parameters        MACs\n");
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<6>>([](auto index) {
        constexpr int columns = static_cast<int>(index) + 1;
        constexpr Cost costs = cost_of<Study<columns>>;
        std::printf("%7d %8lld %13lld %11lld %11lld\n", columns, static_cast<long long>(costs.firings),
                    static_cast<long long>(costs.longest_path), static_cast<long long>(costs.parameters),
                    static_cast<long long>(costs.macs));
    });
}
