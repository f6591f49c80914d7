// The canonical name of a network (grammar: semantics, Names); fractal/spec/parse.hpp reads it back.
//
//     name    = "net/" CxHxW "-d" depth "-c" columns "-w" width "-" head classes "-" order options
//             | family "/d" depth "-c" columns "-" order options'
//     head    = "flat" | "gap"
//     order   = layer { "." layer }
//     options = [ "-prejoin" ] [ "-t1" ] [ "-ud" percent { "." percent } ] [ "-dp" mode ]
//     mode    = "local" | "global" | "mixed"
//
// A family fixes input, width, head and options; the short name leaves out what it fixes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <fractal/spec/network_spec.hpp>

namespace fractal {

/// The modes of drop-path by their number, as they stand in names.
inline constexpr std::array<std::string_view, 4> drop_path_names{"none", "local", "global", "mixed"};

/// The order alone: `conv3.bn.relu`.
constexpr Line order_name(const LayerOrder& order) {
    Line text;
    for (const LayerSpec* layer : order) text.append(text.empty() ? "" : ".").append(layer->name);
    return text;
}

/// The options that follow the order: `-prejoin-t1-ud0.10-dpmixed`; empty where all are at their default.
constexpr Line options_name(const NetworkSpec& net) {
    Line text;
    if (net.pool == PoolPlacement::before_join) text.append("-prejoin");
    if (net.transition) text.append("-t1");
    int last = std::min(net.depth, max_depth);
    while (last > 0 && net.dropout_after(last - 1) == 0) --last;
    for (int unit = 0; unit < last; ++unit) {
        text.append(unit == 0 ? "-ud" : ".").append(net.dropout_after(unit));
    }
    if (net.drop_path != DropPathMode::none) {
        text.append("-dp").append(drop_path_names[static_cast<std::size_t>(net.drop_path)]);
    }
    return text;
}

/// The full form, which stands alone: `net/3x32x32-d3-c2-w64-flat10-conv3.bn.drop20`.
constexpr Line full_name(const NetworkSpec& net) {
    return line("net/", net.input.text(), "-d", net.depth, "-c", net.columns, "-w", net.base_width,
                net.head == HeadKind::flatten ? "-flat" : "-gap", net.classes, "-", order_name(net.order),
                options_name(net));
}

/// The name within a family, which fixes the rest: `paper/d3-c2-conv3.bn.relu`.
constexpr Line short_name(std::string_view family, const NetworkSpec& net) {
    return line(family, "/d", net.depth, "-c", net.columns, "-", order_name(net.order));
}

} // namespace fractal
