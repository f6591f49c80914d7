// The table of all variants of a program, searchable by name.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/mp11/algorithm.hpp>

#include <fractal/registry/variant.hpp>

namespace fractal {

/// Variants sorted by name. `known` are the names that exist but need not be compiled in.
class Registry {
public:
    /// The variants and names that these refer to must outlive the registry; their order does not matter.
    explicit Registry(std::vector<const Variant*> variants, std::span<const std::string_view> known = {})
        : variants_(std::move(variants)),
          known_(known.begin(), known.end()) {
        std::ranges::sort(variants_, {}, &Variant::name);
        std::ranges::sort(known_);
    }

    /// All variants, by name.
    std::span<const Variant* const> all() const { return variants_; }

    /// The variant of a short or full name, or null.
    const Variant* find(std::string_view name) const {
        const auto place = std::ranges::lower_bound(variants_, name, {}, &Variant::name);
        if (place != variants_.end() && (*place)->name == name) return *place;
        const auto full = std::ranges::find(variants_, name, &Variant::full_name);
        return full == variants_.end() ? nullptr : *full;
    }

    /// Names of the manifest, compiled in or not, sorted.
    std::span<const std::string_view> known_names() const { return known_; }

private:
    std::vector<const Variant*> variants_;
    std::vector<std::string_view> known_;
};

/// A registry of the networks in type list `Nets`, for programs that bring their own.
template <class Nets>
Registry registry_of() {
    std::vector<const Variant*> variants;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, Nets>>(
        [&]<class Net>(boost::mp11::mp_identity<Net>) { variants.push_back(&variant_of<Net>); });
    return Registry(std::move(variants));
}

/// The registry that CMake generated for this program; defined by the target `fractal::registry`.
const Registry& compiled_registry();

} // namespace fractal
