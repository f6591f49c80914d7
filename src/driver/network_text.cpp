// Reads the value form of a network and its slots.
#include "driver/network_text.hpp"

#include <fmt/format.h>
#include <fractal/plan/slots.hpp>

namespace fractal::driver {

std::vector<Part> parts_of(const NetworkSpec& net) {
    const auto text = [](const Shape& shape) { return std::string(shape.text().view()); };
    std::vector<Part> parts;
    Shape shape = net.input;
    for (int unit = 0; unit < net.depth; ++unit) {
        Part part{
            .part = fmt::format("unit {}", unit), .input = text(shape), .firings = firings_of(net.columns)};
        shape = pooled({net.width(unit), shape.height, shape.width});
        part.output = text(shape);
        parts.push_back(part);
    }
    parts.push_back({.part = "head", .input = text(shape), .output = fmt::format("{} logits", net.classes)});

    const SlotMap slots{net};
    std::size_t unit = 0;
    for_each_slot(net, [&](const Slot& slot) {
        while (unit + 1 < parts.size() && slot.index >= slots.unit(static_cast<int>(unit) + 1)) {
            ++unit;
        }
        Part& part = parts[unit];
        for (const WeightSpec& weight : slot.weights) {
            part.parameters += weight.trainable ? weight.elements() : 0;
        }
        part.macs += slot.layer == nullptr
                         ? slot.weights.items[0].elements()
                         : slot.layer->macs(
                               slot.input, slot.layer->output(slot.input, net.width(static_cast<int>(unit))));
    });
    return parts;
}

} // namespace fractal::driver
