// Selections: what CMake found, and that the reading over types equals the reading over rows.
#include <algorithm>
#include <set>
#include <string>

#include <fractal/families/larsson-study.hpp>
#include <fractal/registry/registry.hpp>
#include <fractal/registry/selection.hpp>

#include "check.hpp"

namespace fractal {
namespace {

bool is_whole() { return compiled_registry().all().size() == compiled_registry().known_names().size(); }

std::size_t size_of(const NamedSelection& selection) {
    const auto holds = [&](const Variant* variant) { return selection.holds(*variant); };
    return static_cast<std::size_t>(std::ranges::count_if(compiled_registry().all(), holds));
}

TEST_CASE("selections: each has a name of its own in kebab case, a line about it, and variants") {
    std::set<std::string_view> names;
    for (const NamedSelection& selection : named_selections()) {
        INFO(selection.name);
        CHECK(names.insert(selection.name).second);
        CHECK(selection.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
              std::string_view::npos);
        CHECK_FALSE(selection.about.empty());
        if (is_whole()) CHECK(size_of(selection) > 0);
    }
    CHECK(names.contains("tiny-deep"));
}

TEST_CASE("selections: tiny-deep is what its type says") {
    const auto selection = std::ranges::find(named_selections(), "tiny-deep", &NamedSelection::name);
    REQUIRE(selection != named_selections().end());
    for (const Variant* variant : compiled_registry().all()) {
        INFO(variant->name);
        CHECK(selection->holds(*variant) ==
              (variant->spec->depth == 4 && variant->cost.parameters < 500'000));
    }
}

TEST_CASE("selections: over types and over rows they hold for the same networks") {
    using Small = Select<All, Family<"larsson-study">, ParametersBelow<5'000'000>, Not<ColumnsAre<2>>>;
    using Chosen = Selected<Small, families::larsson_study>;
    static_assert(boost::mp11::mp_size<Chosen>::value == 3);
    const Registry chosen = registry_of<Chosen>();
    std::set<std::string_view> by_type;
    for (const Variant* variant : chosen.all()) by_type.insert(variant->full_name);
    std::set<std::string_view> by_row;
    for (const Variant* variant : compiled_registry().all()) {
        if (selects<Small>(*variant)) by_row.insert(variant->full_name);
    }
    if (is_whole()) CHECK(by_type == by_row);
}

TEST_CASE("selections: conditions combine") {
    using Net =
        Network<Input<3, 32, 32>, Depth<2>, Columns<3>, Layers<Conv<3>, ReLU>, Width<8>, Head<Flatten, 10>>;
    constexpr const Variant& net = variant_of<Net>;
    STATIC_REQUIRE(selects<Select<All, HasLayer<ReLU>, ColumnsBetween<2, 3>>>(net));
    STATIC_REQUIRE(!selects<Select<All, HasLayer<BatchNorm>>>(net));
    STATIC_REQUIRE(selects<AnyOf<HasLayer<BatchNorm>, OrderIs<Conv<3>, ReLU>>>(net));
    STATIC_REQUIRE(!selects<AnyOf<>>(net));
    STATIC_REQUIRE(!selects<OrderIs<ReLU, Conv<3>>>(net));
    STATIC_REQUIRE(selects<Select<DepthBetween<1, 2>, Not<DepthIs<1>>, MacsBelow<net.cost.macs + 1>>>(net));
    STATIC_REQUIRE(!selects<ActivationBytesBelow<net.cost.activation_bytes>>(net));
}

} // namespace
} // namespace fractal
