// Why a specification is no network: one sentence that names the variant, the layer, the shapes and the
// remedy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <fractal/spec/fractal.hpp>
#include <fractal/spec/layer_fault.hpp>
#include <fractal/spec/name.hpp>

namespace fractal {

namespace detail {

/// Follows the shapes of a network whose layers may do anything to them, and keeps the first that cannot be,
/// or the first layer whose other answers cannot.
struct ShapeFaults {
    using Value = Shape;

    const NetworkSpec& net;
    Line fault{};

    template <int Columns, class Body>
    constexpr auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    constexpr Value fire(const Site& site, Value shape) {
        // After a fault the shapes mean nothing, and a user's output() is not asked about them.
        for (int place = 0; place < net.order.count && fault.empty(); ++place)
            shape = passed(place, site.unit, shape);
        return shape;
    }
    constexpr Value join(int unit, int step, std::span<const Value> values) {
        for (const Shape& shape : values) {
            if (shape == values[0]) continue;
            refuse(line("the columns that meet at step ", step, " of unit ", unit, " bring ",
                        values[0].text(), " and ", shape.text(),
                        ", which have no mean; keep height and width in every layer"));
        }
        return values[0];
    }
    constexpr Value transition(int unit, Value shape) { return {net.width(unit), shape.height, shape.width}; }
    constexpr Value pool(int unit, Value shape) {
        if (pooled(shape).empty())
            refuse(line("unit ", unit, " cannot pool ", shape.text(), "; use a larger Input"));
        return pooled(shape);
    }
    constexpr Value unit_dropout(int, Value shape) { return shape; }
    constexpr Value head(Value shape) { return {net.classes, 1, shape.empty() ? 0 : 1}; }

    /// What a layer of a firing in `unit` makes of a map.
    constexpr Shape passed(int place, int unit, Shape in) {
        auto& [last, before] = asked_[static_cast<std::size_t>(place)];
        if (in == last.in) return last.out;
        if (in == before.in) return before.out;
        const LayerSpec& layer = net.order[place];
        const Shape out = layer.output(in, net.width(unit));
        check(layer, unit, in, out);
        before = last;
        last = {in, out};
        return out;
    }
    constexpr void check(const LayerSpec& layer, int unit, Shape in, Shape out) {
        const int expected = layer.maps_channels ? net.width(unit) : in.channels;
        const auto made = [&] {
            return line("layer ", layer.type, " makes ", out.text(), " of ", in.text(), " in unit ", unit);
        };
        if (out.channels != expected) {
            refuse(line(made(), ", where the channels must be ", expected, "; mend its output()",
                        layer.maps_channels ? "" : ", or set maps_channels"));
        } else if (out.empty()) {
            refuse(line(made(), ", which has no pixel; use a larger Input, or mend its output()"));
        } else if (const Line why = answers_fault(layer, in, out); !why.empty()) {
            refuse(line("layer ", layer.type, " in unit ", unit, ": ", why));
        }
    }
    constexpr void refuse(const Line& why) {
        if (fault.empty()) fault.append(why);
    }

    /// What a layer was asked and said.
    struct Asked {
        Shape in{};
        Shape out{};
    };
    /// The last two of each layer: in a unit the first firing of each column reads another map than the
    /// others do, and a compiler that counts its steps is not asked the same for each firing.
    std::array<std::array<Asked, 2>, max_order_length> asked_{};
};

constexpr Line order_types(const LayerOrder& order) {
    Line types;
    for (const LayerSpec* layer : order) types.append(types.empty() ? "" : ", ").append(layer->type);
    return line("Layers<", types, ">");
}

constexpr int most_depth(Shape input) {
    int depth = 0;
    for (Shape shape = pooled(input); !shape.empty() && depth < max_depth; shape = pooled(shape)) ++depth;
    return depth;
}

/// Two layers of one name: the names could not tell which of them a network has.
constexpr Line namesakes_fault(const LayerOrder& order) {
    for (int later = 1; later < order.count; ++later) {
        for (int earlier = 0; earlier < later; ++earlier) {
            const LayerSpec& one = order[earlier];
            const LayerSpec& other = order[later];
            if (one.name != other.name || one.type == other.type) continue;
            return line("layers ", earlier + 1, " and ", later + 1, " of the order, ", one.type, " and ",
                        other.type, ", are both called ", one.name, "; give each a name of its own");
        }
    }
    return {};
}

/// More multiply-accumulates than an image can take, in floating point, which holds whatever they come to.
constexpr double most_macs(const NetworkSpec& net) {
    double taps = 1; // of a transition's filter, and of those of an order
    for (const LayerSpec* layer : net.order) {
        if (layer->kind == LayerKind::convolution)
            taps += static_cast<double>(layer->argument) * layer->argument;
    }
    const double pixels = static_cast<double>(net.input.height) * net.input.width;
    const double channels = std::max(net.width(net.depth - 1), net.input.channels);
    const double firings = static_cast<double>(net.depth) * (1 << net.columns);
    return pixels * channels * (channels * taps * firings + net.classes);
}

constexpr Line fault_without_name(const NetworkSpec& net) {
    if (net.input.empty()) {
        return line("Input<", net.input.channels, ", ", net.input.height, ", ", net.input.width,
                    "> has no pixel; give channels, height and width of at least 1");
    }
    if (std::max({net.input.channels, net.input.height, net.input.width}) > most_extent) {
        return line("Input<", net.input.channels, ", ", net.input.height, ", ", net.input.width,
                    ">: channels, height and width are at most ", most_extent);
    }
    if (net.columns < 1 || net.columns > max_columns) {
        return line("Columns<", net.columns, ">: a fractal has 1 to ", max_columns, " columns");
    }
    if (net.base_width < 1 || net.base_width > 8192) {
        return line("Width<", net.base_width, ">: unit 0 has 1 to 8192 channels");
    }
    if (net.classes < 1) return line("Head<..., ", net.classes, ">: a head has at least 1 class");
    if (net.classes > most_extent) {
        return line("Head<..., ", net.classes, ">: a head has at most ", most_extent, " classes");
    }
    for (int i = 0; i < net.order.count; ++i) {
        const std::string_view why = layer_fault(net.order[i]);
        if (!why.empty()) return line("layer ", i + 1, " of the order, ", net.order[i].type, ": ", why);
    }
    if (const Line why = namesakes_fault(net.order); !why.empty()) return why;
    if (std::none_of(net.order.begin(), net.order.end(), [](auto* layer) { return layer->maps_channels; })) {
        return line(order_types(net.order), " has no convolution, so nothing maps ", net.input.text(),
                    " to the ", net.width(0), " channels of unit 0; add a layer such as fractal::Conv<3>");
    }
    const int most = most_depth(net.input);
    if (most == 0)
        return line("an input of ", net.input.text(), " survives no pooling; give 2x2 pixels or more");
    if (net.depth < 1 || net.depth > most) {
        return line("Depth<", net.depth, ">: an input of ", net.input.text(), " survives 1 to ", most,
                    " poolings; choose Depth<", net.depth < 1 ? 1 : most, "> or another Input");
    }
    for (int unit = 0; unit < max_depth; ++unit) {
        if (net.dropout_after(unit) > 99) {
            return line("UnitDropout drops ", net.dropout_after(unit), " % after unit ", unit,
                        "; give 0 to 99");
        }
        if (unit >= net.depth && net.dropout_after(unit) > 0) {
            return line("UnitDropout has a figure for unit ", unit, ", and the last unit is ", net.depth - 1,
                        "; give one figure for each unit at most");
        }
    }
    if (most_macs(net) > static_cast<double>(std::int64_t{1} << 56)) {
        return line(
            "an image may take more than 2^56 multiply-accumulates, beyond what is counted; use a "
            "smaller Input, Width or filter, or fewer Columns");
    }
    // Built-in layers keep height and width, so only an order with a custom layer can go wrong in its shapes.
    if (std::any_of(net.order.begin(), net.order.end(),
                    [](auto* l) { return l->kind == LayerKind::custom; })) {
        ShapeFaults shapes{net};
        walk(shapes, net, net.input);
        return shapes.fault;
    }
    return {};
}

} // namespace detail

/// Empty where `net` is a network; else `<full name>: <what is wrong>; <remedy>`.
constexpr Line network_fault(const NetworkSpec& net) {
    const Line fault = detail::fault_without_name(net);
    return fault.empty() ? fault : line(full_name(net), ": ", fault);
}

} // namespace fractal
