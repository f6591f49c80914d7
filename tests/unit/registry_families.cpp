// The generated families against a product that is built from their axes in MP11 alone.
#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <boost/mp11.hpp>

#include <fractal/families/compact.hpp>
#include <fractal/families/paper.hpp>
#include <fractal/plan/fingerprint.hpp>
#include <fractal/registry/registry.hpp>

#include "check.hpp"

namespace fractal {
namespace {

using namespace boost::mp11;

/// All orders of `Length` layers of `L...`, none of them twice.
template <class... L>
struct OrdersOf {
    template <class Length>
    using fn = mp_copy_if<
        mp_apply<mp_product_q, mp_push_front<mp_repeat<mp_list<mp_list<L...>>, Length>, mp_quote<Layers>>>,
        mp_is_set>;
};

/// All orders of one to all of the layers, the short ones first.
template <class... L>
using Orders =
    mp_apply<mp_append,
             mp_transform_q<OrdersOf<L...>, mp_rename<mp_pop_front<mp_iota_c<sizeof...(L) + 1>>, mp_list>>>;

template <template <int> class Axis>
struct Numbered {
    template <class Number>
    using fn = Axis<static_cast<int>(Number::value) + 1>;
};

/// Axis<1>, …, Axis<Most>.
template <template <int> class Axis, int Most>
using UpTo = mp_transform_q<Numbered<Axis>, mp_rename<mp_iota_c<Most>, mp_list>>;

using PaperProduct =
    mp_product<Network, mp_list<Input<3, 32, 32>>, UpTo<Depth, 5>, UpTo<Columns, 6>,
               Orders<Conv<3>, BatchNorm, ReLU, Dropout<20>>, mp_list<Width<64>>, mp_list<Head<Flatten, 10>>>;
using CompactProduct = mp_product<Network, mp_list<Input<3, 32, 32>>, UpTo<Depth, 4>, UpTo<Columns, 5>,
                                  Orders<Conv<3>, Conv<1>, BatchNorm, ReLU>, mp_list<Width<16>>,
                                  mp_list<Head<GlobalAveragePool, 10>>>;

/// The value forms of types that need not be valid networks, so the types themselves are not looked into.
template <class Net>
struct Written;
template <class... Words>
struct Written<Network<Words...>> {
    static constexpr NetworkSpec net = detail::write_network<Words...>();
};
/// Constants: to fill a vector with thousands of them takes the compiler minutes.
template <class List>
struct AllOf;
template <class... Nets>
struct AllOf<mp_list<Nets...>> {
    static constexpr std::array nets{Written<Nets>::net...};
};

/// The first of each network, by its short name.
std::set<std::string> distinct(std::span<const NetworkSpec> rows, std::string_view family) {
    std::set<std::uint64_t> seen;
    std::set<std::string> names;
    for (const NetworkSpec& net : rows) {
        if (network_fault(net).empty() && seen.insert(fingerprint(net)).second) {
            names.emplace(short_name(family, net).view());
        }
    }
    return names;
}

std::set<std::string> listed(std::span<const NetworkSpec> nets, std::string_view family) {
    std::set<std::string> names;
    for (const NetworkSpec& net : nets) names.emplace(short_name(family, net).view());
    return names;
}

/// Names of a family in the manifest, whether compiled in or not.
std::set<std::string> known(std::string_view family) {
    std::set<std::string> names;
    for (const std::string_view name : compiled_registry().known_names()) {
        if (name.substr(0, name.find('/')) == family) names.emplace(name);
    }
    return names;
}

static_assert(mp_size<Orders<Conv<3>, BatchNorm, ReLU, Dropout<20>>>::value == 64);
static_assert(mp_size<PaperProduct>::value == 1920);
static_assert(mp_size<families::paper>::value == 1230);
static_assert(mp_size<CompactProduct>::value == 1280);
static_assert(mp_size<families::compact>::value == 1200);

TEST_CASE("registry: family paper is the product of its axes, each network once") {
    const std::set<std::string> expected = distinct(AllOf<PaperProduct>::nets, "paper");
    CHECK(expected.size() == 1230);
    CHECK(listed(AllOf<families::paper>::nets, "paper") == expected);
    CHECK(known("paper") == expected);
}

TEST_CASE("registry: family compact is the product of its axes, each network once") {
    const std::set<std::string> expected = distinct(AllOf<CompactProduct>::nets, "compact");
    CHECK(expected.size() == 1200);
    CHECK(listed(AllOf<families::compact>::nets, "compact") == expected);
    CHECK(known("compact") == expected);
}

} // namespace
} // namespace fractal
