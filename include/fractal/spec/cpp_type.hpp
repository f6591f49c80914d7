// A network as the C++ type that a person would write for it.
#pragma once

#include <cstddef>
#include <string_view>

#include <fractal/spec/name.hpp>

namespace fractal {

/// The type of a network, as it is written in namespace fractal:
/// `Network<Input<3, 32, 32>, Depth<3>, Columns<2>, Layers<Conv<3>, ReLU>, Width<64>, Head<Flatten, 10>>`.
constexpr Line cpp_type(const NetworkSpec& net) {
    constexpr std::string_view ours = "fractal::";
    Line type = line("Network<Input<", net.input.channels, ", ", net.input.height, ", ", net.input.width,
                     ">, Depth<", net.depth, ">, Columns<", net.columns, ">, Layers<");
    for (int i = 0; i < net.order.count; ++i) {
        std::string_view layer = net.order[i].type;
        if (layer.starts_with(ours)) layer.remove_prefix(ours.size());
        type.append(i == 0 ? "" : ", ").append(layer);
    }
    type.append(line(">, Width<", net.base_width, ">, Head<",
                     net.head == HeadKind::flatten ? "Flatten" : "GlobalAveragePool", ", ", net.classes,
                     ">"));
    if (net.pool == PoolPlacement::before_join) type.append(", PoolBeforeJoin");
    if (net.transition) type.append(", Transition<Conv<1>>");
    int units = max_depth;
    while (units > 0 && net.dropout_after(units - 1) == 0) --units;
    for (int unit = 0; unit < units; ++unit) {
        type.append(unit == 0 ? ", UnitDropout<" : ", ").append(net.dropout_after(unit));
    }
    if (units > 0) type.append(">");
    if (net.drop_path != DropPathMode::none) {
        type.append(
            line(", DropPath<DropPathMode::", drop_path_names[static_cast<std::size_t>(net.drop_path)], ">"));
    }
    return type.append(">");
}

} // namespace fractal
