// Why a layer may stand in no network, or not where it stands.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <fractal/spec/layer.hpp>
#include <fractal/spec/text.hpp>

namespace fractal::detail {

constexpr bool is_layer_name(std::string_view name) {
    return !name.empty() && name.size() <= 24 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

/// Whether a name is that of a layer of the library's own: names must tell networks apart.
constexpr bool is_built_in_name(std::string_view name) {
    if (name == "bn" || name == "relu") return true;
    if (!name.starts_with("conv") && !name.starts_with("drop")) return false;
    name.remove_prefix(4);
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Why no network may hold a layer, whatever the rest is; empty where one may.
constexpr std::string_view layer_fault(const LayerSpec& layer) {
    if (!layer.fault.empty()) return layer.fault;
    if (!is_layer_name(layer.name)) return "its name must be 1 to 24 lower-case letters and digits";
    if (layer.kind == LayerKind::custom && is_built_in_name(layer.name)) {
        return "its name is that of a built-in layer; give it another";
    }
    if (layer.kind != LayerKind::custom && !is_built_in_name(layer.name)) {
        return "it has the kind of a built-in layer, as one that derives from it has; give it `kind = "
               "LayerKind::custom`";
    }
    return "";
}

constexpr bool is_weight_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

/// What is wrong with tensor `place` of a layer; empty where nothing is.
constexpr Line weight_fault(const WeightList& weights, int place) {
    const WeightSpec& weight = weights.items[static_cast<std::size_t>(place)];
    if (!is_weight_name(weight.name)) {
        return line("its weight ", place + 1, " is called `", weight.name,
                    "`; use letters, digits and underscores");
    }
    if (std::any_of(weights.begin(), &weight, [&](auto& other) { return other.name == weight.name; }))
        return line("two of its weights are called ", weight.name, "; give each a name of its own");
    for (int i = 0; i < 4; ++i) {
        const std::int64_t extent = weight.extents[static_cast<std::size_t>(i)];
        if (i < weight.rank() ? extent > 0 : extent == 0) continue;
        return line("extent ", i + 1, " of its ", weight.name, " is ", extent,
                    "; each is at least 1, up to the first that is not used");
    }
    std::int64_t room = std::int64_t{1} << 40; // scalars, more than any machine holds, and no overflow
    for (int i = 0; i < weight.rank(); ++i) room /= weight.extents[static_cast<std::size_t>(i)];
    if (room == 0) return line("its ", weight.name, " has more than 2^40 scalars; give it fewer");
    if (weight.fill == Fill::by_fan_in && weights.items[0].rank() < 2) {
        return line("its ", weight.name, " is filled by_fan_in, and ", weights.items[0].name,
                    ", its first weight, is no [out, in, ...] that has a fan-in; fill with zeros or ones, or "
                    "put such "
                    "a weight first");
    }
    return {};
}

/// What is wrong with a layer's weights and costs between maps of these shapes; empty where nothing is.
constexpr Line answers_fault(const LayerSpec& layer, Shape in, Shape out) {
    const WeightList weights = layer.weights(in, out);
    if (weights.count < 0 || weights.count > static_cast<int>(weights.items.size()))
        return line("it has ", weights.count, " weights; give 0 to ", weights.items.size());
    for (int i = 0; i < weights.count; ++i) {
        if (const Line why = weight_fault(weights, i); !why.empty()) return why;
    }
    if (const std::int64_t macs = layer.macs(in, out); macs < 0)
        return line("its macs are ", macs, " for ", in.text(), "; give 0 or more");
    if (const std::int64_t extra = layer.saved(in, out).extra; extra < 0)
        return line("it saves ", extra, " extra bytes for ", in.text(), "; give 0 or more");
    return {};
}

} // namespace fractal::detail
