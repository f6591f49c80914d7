// What a person set of a struct, and only that: laid over a preset, it overrides it member by member.
#pragma once

#include <optional>
#include <utility>

#include <boost/hana/at.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/integral_constant.hpp>
#include <boost/hana/length.hpp>
#include <boost/hana/range.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/unpack.hpp>

#include "reflect/fields.hpp"

namespace fractal::reflect {

/// One optional value for each member of S. Overlays are applied from the weakest to the strongest:
/// preset < configuration file < flags.
template <Described S>
class Overlay {
public:
    /// Calls `visit(field, value)` with each member's field and its `std::optional` value.
    template <typename Visitor>
    void for_each(Visitor&& visit) {
        hana::for_each(indices, [&](auto i) { visit(Fields<S>::list[i], values_[i]); });
    }
    template <typename Visitor>
    void for_each(Visitor&& visit) const {
        hana::for_each(indices, [&](auto i) { visit(Fields<S>::list[i], values_[i]); });
    }

    /// Whether nothing is set.
    bool empty() const {
        bool none = true;
        for_each([&](const auto&, const auto& value) { none = none && !value.has_value(); });
        return none;
    }

    /// Sets in `object` what is set here.
    void apply_to(S& object) const {
        for_each([&](const auto& field, const auto& value) {
            if (value) {
                field(object) = *value;
            }
        });
    }

private:
    static constexpr auto indices =
        hana::unpack(hana::make_range(hana::size_c<0>, hana::length(Fields<S>::list)), hana::make_tuple);

    struct Optionals {
        template <typename... F>
        constexpr auto operator()(const F&...) const {
            return hana::tuple<std::optional<member_t<S, F>>...>{};
        }
    };
    decltype(hana::unpack(Fields<S>::list, Optionals{})) values_{};
};

} // namespace fractal::reflect
