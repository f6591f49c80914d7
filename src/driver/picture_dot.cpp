// A reading of the fractal rule whose values are the names of Graphviz nodes.
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fractal/spec/fractal.hpp>
#include <fractal/spec/name.hpp>

#include "driver/picture.hpp"

namespace fractal::driver {
namespace {

/// Writes a node for each operation, and an edge from each value that it reads.
class DotReading {
public:
    using Value = std::string;

    explicit DotReading(const NetworkSpec& net) : net_(net), order_(order_name(net.order).view()) {}

    template <int Columns, class Body>
    auto segment(const Segment& segment, const Value& in, Body body) {
        const bool unit = segment.kind == Segment::Kind::unit;
        if (unit)
            text_ +=
                fmt::format("  subgraph cluster_{0} {{ label=\"unit {0}\"; labeljust=l; style=rounded;\n",
                            segment.at.unit);
        auto out = body(in);
        if (unit) text_ += "  }\n" + std::exchange(edges_, "");
        return out;
    }
    Value fire(const Site& site, const Value& in) {
        return node(fmt::format("u{}s{}c{}", site.unit, site.step, site.column), order_, "box", {&in, 1},
                    fmt::format(", group=\"u{}c{}\"", site.unit, site.column));
    }
    Value join(int unit, int step, std::span<const Value> values) {
        if (values.size() == 1) return values[0];
        return node(fmt::format("u{}s{}", unit, step), fmt::format("mean of {}", values.size()), "ellipse",
                    values);
    }
    Value transition(int unit, const Value& in) {
        return node(fmt::format("u{}t", unit), fmt::format("conv1 to {}", net_.width(unit)), "box", {&in, 1});
    }
    Value pool(int unit, const Value& in) {
        return node(fmt::format("u{}p{}", unit, pools_++), "2x2 max pool", "invtrapezium", {&in, 1});
    }
    Value unit_dropout(int unit, const Value& in) {
        return node(fmt::format("u{}d", unit), fmt::format("drop {} %", net_.dropout_after(unit)), "box",
                    {&in, 1});
    }
    Value head(const Value& in) {
        const char* kind = net_.head == HeadKind::flatten ? "flatten" : "global average pool";
        Value logits = node("head", fmt::format("{}, linear to {}", kind, net_.classes), "box", {&in, 1});
        text_ += std::exchange(edges_, "");
        return logits;
    }

    std::string take() { return std::move(text_); }

private:
    /// Edges stand after the cluster: Graphviz puts a node into every cluster in which it is named.
    Value node(const std::string& name, std::string_view label, std::string_view shape,
               std::span<const Value> inputs, std::string_view more = "") {
        text_ += fmt::format("    {} [label=\"{}\", shape={}{}];\n", name, label, shape, more);
        for (const Value& input : inputs) edges_ += fmt::format("  {} -> {};\n", input, name);
        return name;
    }

    const NetworkSpec& net_;
    std::string order_;
    std::string text_;
    std::string edges_;
    int pools_ = 0;
};

} // namespace

std::string dot_of(const NetworkSpec& net, std::string_view title) {
    DotReading reading(net);
    walk(reading, net, std::string("images"));
    return fmt::format(
        "digraph \"{}\" {{\n  rankdir=TB; node [fontname=\"sans-serif\"];\n  images [label=\"{}\", "
        "shape=plain];\n{}}}\n",
        title, net.input.text().view(), reading.take());
}

} // namespace fractal::driver
