// Names are read back as the network they were made from, and each network has one name and one fingerprint.
#include "check.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <fractal/spec/parse.hpp>

#include "variants.hpp"

namespace fractal::laws {
namespace {

constexpr std::span<const LayerSpec> open_alphabet = layers_of<OpenAlphabet>;

void check_same(const NetworkSpec& got, const NetworkSpec& expected) {
    CHECK(got.input == expected.input);
    CHECK(got.depth == expected.depth);
    CHECK(got.columns == expected.columns);
    CHECK(got.base_width == expected.base_width);
    CHECK(got.head == expected.head);
    CHECK(got.classes == expected.classes);
    CHECK(got.pool == expected.pool);
    CHECK(got.transition == expected.transition);
    CHECK(got.unit_dropout == expected.unit_dropout);
    REQUIRE(got.order.count == expected.order.count);
    for (int i = 0; i < got.order.count; ++i) CHECK(got.order[i].type == expected.order[i].type);
}

TEST_CASE("names: a full name is read back as its network") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        CHECK(variant->full_name == full_name(*variant->spec).view());
        const ParsedName parsed = parse_full_name(variant->full_name, open_alphabet);
        REQUIRE(parsed.fault == "");
        check_same(parsed.net, *variant->spec);
        CHECK(full_name(parsed.net) == variant->full_name);
        CHECK(network_fault(parsed.net) == "");
        CHECK(fingerprint(parsed.net) == variant->fingerprint);
        CHECK(cost(parsed.net) == variant->cost);
    }
}

TEST_CASE("names: a short name is read back as its network") {
    for (const Variant* variant : compiled_registry().all()) {
        CAPTURE(variant->name);
        NetworkSpec fixed = *variant->spec;
        fixed.depth = 0;
        fixed.columns = 0;
        fixed.order = {};
        const ParsedName parsed = parse_short_name(variant->name, variant->family, fixed);
        REQUIRE(parsed.fault == "");
        check_same(parsed.net, *variant->spec);
        CHECK(short_name(variant->family, parsed.net) == variant->name);
    }
}

TEST_CASE("names: the registry finds each variant by both of its names") {
    const Registry& registry = compiled_registry();
    for (const Variant* variant : registry.all()) {
        CAPTURE(variant->name);
        CHECK(registry.find(variant->name) == variant);
        CHECK(registry.find(variant->full_name) == variant);
    }
    CHECK(registry.find("paper/d3-c2-conv3.bn.rel") == nullptr);
    CHECK(registry.find("") == nullptr);
}

TEST_CASE("names: no two registered variants share a name or a fingerprint") {
    std::map<std::string_view, std::string_view> full_names;
    std::map<std::uint64_t, std::string_view> fingerprints;
    std::string_view before;
    for (const Variant* variant : compiled_registry().all()) {
        CHECK_MESSAGE(before < variant->name, before, " comes before ", variant->name);
        before = variant->name;
        const auto [same_name, new_name] = full_names.emplace(variant->full_name, variant->name);
        CHECK_MESSAGE(new_name, variant->name, " and ", same_name->second, " are ", variant->full_name);
        const auto [same_print, new_print] = fingerprints.emplace(variant->fingerprint, variant->name);
        CHECK_MESSAGE(new_print, variant->name, " and ", same_print->second, " have one fingerprint");
    }
}

TEST_CASE("names: what is no name is refused where it stops being one") {
    const auto fault = [](std::string_view text) { return std::string(parse_full_name(text).fault.view()); };
    CHECK(fault("net/3x32x32-d3-c2-w64-flat10-conv3.bn") == "");
    CHECK(fault("paper/d3") == "paper/d3: expected `net/` at `paper/d3`");
    CHECK(fault("net/3x32x32-d03-c2-w64-flat10-conv3") ==
          "net/3x32x32-d03-c2-w64-flat10-conv3: expected a number at `03-c2-w64-flat10-conv3`");
    CHECK(fault("net/3x32x32-d3-c2-w64-flt10-conv3") ==
          "net/3x32x32-d3-c2-w64-flt10-conv3: expected `-flat` at `-flt10-conv3`");
    CHECK(fault("net/3x32x32-d3-c2-w64-flat10-conv3.gelu")
              .ends_with("expected the name of a layer, such as conv3, bn or relu at `gelu`"));
    CHECK(fault("net/3x32x32-d3-c2-w64-flat10-conv3-t1-prejoin")
              .ends_with("expected the end of the name at `-prejoin`"));
    CHECK(fault("net/3x32x32-d3-c2-w64-flat10-conv3-ud0.100").ends_with("from 0 to 99 for each unit at ``"));
    CHECK(fault("") == ": expected `net/` at ``");
}

} // namespace
} // namespace fractal::laws
