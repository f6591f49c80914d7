// The compiled registry: what stands in it, and how it is found.
#include <algorithm>
#include <set>

#include <fractal/registry/registry.hpp>

#include "check.hpp"

namespace fractal {
namespace {

TEST_CASE("registry: the manifest has 2,437 names, sorted, and all that is compiled in is among them") {
    const Registry& registry = compiled_registry();
    CHECK(registry.known_names().size() == 2437);
    CHECK(std::ranges::is_sorted(registry.known_names()));
    CHECK(std::ranges::is_sorted(registry.all(), {}, &Variant::name));
    for (const Variant* variant : registry.all()) {
        INFO(variant->name);
        CHECK(std::ranges::binary_search(registry.known_names(), variant->name));
        CHECK(variant->family == variant->name.substr(0, variant->name.find('/')));
    }
}

TEST_CASE("registry: variants are found by their short and by their full name") {
    const Registry& registry = compiled_registry();
    REQUIRE_FALSE(registry.all().empty());
    for (const Variant* variant : registry.all()) {
        INFO(variant->name);
        CHECK(registry.find(variant->name) == variant);
    }
    const Variant* last = registry.all().back();
    CHECK(registry.find(last->full_name) == last);
    CHECK(registry.find("paper/d3-c2-conv3.bn.rely") == nullptr);
    CHECK(registry.find("") == nullptr);
}

TEST_CASE(
    "registry: no two variants have the same fingerprint, and their costs are those of their networks") {
    std::set<std::uint64_t> fingerprints;
    for (const Variant* variant : compiled_registry().all()) {
        INFO(variant->name);
        CHECK(fingerprints.insert(variant->fingerprint).second);
        CHECK(variant->fingerprint == fingerprint(*variant->spec));
        CHECK(variant->cost == cost(*variant->spec));
        CHECK(variant->full_name == full_name(*variant->spec).view());
    }
}

TEST_CASE("registry: a program may bring its own list of networks") {
    using Net = Network<Input<1, 8, 8>, Depth<1>, Columns<2>, Layers<Conv<3>>, Width<4>, Head<Flatten, 3>>;
    const Registry registry = registry_of<boost::mp11::mp_list<Net>>();
    REQUIRE(registry.all().size() == 1);
    CHECK(registry.find(name_of<Net>) == registry.all()[0]);
    CHECK(registry.known_names().empty());
}

} // namespace
} // namespace fractal
