// The record of one variant: all that the rest of the program knows of a network type.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <fractal/exec/forward.hpp>
#include <fractal/plan/cost.hpp>
#include <fractal/plan/fingerprint.hpp>

namespace fractal {

/// One compiled network: names, axes, costs and its forward pass. A plain constant in static storage.
struct Variant {
    std::string_view name;      ///< `paper/d3-c2-conv3.bn.relu`
    std::string_view family;    ///< `paper`
    std::string_view full_name; ///< `net/3x32x32-d3-c2-w64-flat10-conv3.bn.relu`
    const NetworkSpec* spec;    ///< the network's value, in static storage
    Cost cost;                  ///< what it costs
    std::uint64_t fingerprint;  ///< the same for what computes the same
    /// The logits of `net`, a network of this variant's order and columns: `*spec`, or one of other widths.
    Value (*forward)(Executor& executor, const NetworkSpec& net, const Value& in);
};

/// The record of `Net` under `name`, a literal: its short name in a family, or its full name. Generated
/// modules bring the cost along, which CMake has worked out for the manifest, since the walk would be what
/// compiling them spends most on; a test holds it against `cost_of`.
template <class Net>
consteval Variant variant(std::string_view name, const Cost& cost = cost_of<Net>) {
    // Not by string_view's own find, of which g++ 12 makes no constant under UndefinedBehaviorSanitizer.
    const std::string_view family(name.begin(), std::find(name.begin(), name.end(), '/'));
    if (name != name_of<Net> && name != short_name(family, spec_of<Net>)) {
        throw "the name of a variant must be the canonical name of its network";
    }
    return {name,
            family,
            name_of<Net>,
            &spec_of<Net>,
            cost,
            fingerprint_of<Net>,
            &forward<typename Net::Order, spec_of<Net>.columns>};
}

/// The record of a network type of a program's own, under its full name.
template <class Net>
inline constexpr Variant variant_of = variant<Net>(name_of<Net>);

} // namespace fractal
