// Slots: their order, their closed form, and the names and shapes of what stands in them.
#include "check.hpp"

#include <set>
#include <string>
#include <vector>

#include <fractal/plan/slots.hpp>

#include "simulation.hpp"
#include "variants.hpp"

namespace fractal::laws {
namespace {

TEST_CASE("slots: in order, without gaps but for unit dropout, each of its own name") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        const NetworkSpec& net = *variant->spec;
        const SlotMap slots{net};
        std::set<int> unit_dropouts;
        for (int unit = 0; unit < net.depth; ++unit) {
            if (slots.unit_dropout(unit) >= slots.firing(unit, firings_of(net.columns))) {
                unit_dropouts.insert(slots.unit_dropout(unit));
            }
        }
        std::set<std::string> paths;
        int next = 0;
        int last = -1;
        for_each_slot(net, [&](const Slot& slot) {
            while (unit_dropouts.count(next) > 0) ++next;
            REQUIRE(slot.index == next++);
            REQUIRE(paths.insert(std::string(slot.path.view())).second);
            last = slot.index;
        });
        CHECK(last == slots.head());
        CHECK(next == slots.count());
    }
}

TEST_CASE("slots: the closed form agrees with where the words put each operation") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        const NetworkSpec& net = *variant->spec;
        const SlotMap slots{net};
        int unit = 0;
        int firing = 0;
        int layer = 0;
        for (const Operation& operation : Simulation(net).operations) {
            if (operation.kind == "channel_dropout") {
                REQUIRE(operation.slot == slots.unit_dropout(unit - 1));
            } else if (operation.kind == "head") {
                REQUIRE(operation.slot == slots.head());
            } else if (operation.slot >= 0 && firing == 0 && layer == 0 && net.has_transition(unit) &&
                       operation.slot == slots.transition(unit)) {
                REQUIRE(operation.layers == std::vector<std::string_view>{"conv1"});
            } else if (operation.slot >= 0) {
                REQUIRE(operation.slot == slots.firing(unit, firing) + layer);
                layer += operation.slots();
                if (layer == net.order.count) {
                    layer = 0;
                    ++firing;
                }
            } else if (operation.kind == "join" && firing == firings_of(net.columns)) {
                ++unit;
                firing = 0;
            }
        }
        CHECK(unit == net.depth);
    }
}

TEST_CASE("slots: each layer's weights have the shapes that the words give it") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        const NetworkSpec& net = *variant->spec;
        std::vector<Shape> made{net.input};
        std::vector<Shape> inputs; // of each slot's layer
        for (const Operation& operation : Simulation(net).operations) {
            const Shape in = made[static_cast<std::size_t>(operation.inputs[0])];
            made.push_back(operation.shape);
            if (operation.slot < 0) continue;
            inputs.resize(static_cast<std::size_t>(operation.slot + operation.slots()), in);
        }
        for_each_slot(net, [&](const Slot& slot) {
            REQUIRE(slot.input == inputs[static_cast<std::size_t>(slot.index)]);
            if (slot.layer != nullptr && slot.layer->kind == LayerKind::convolution) {
                REQUIRE(slot.weights.count == 1);
                const WeightSpec& weight = slot.weights.items[0];
                REQUIRE(weight.extents[1] == slot.input.channels);
                REQUIRE(weight.extents[2] == slot.layer->argument);
                REQUIRE(weight.extents[3] == slot.layer->argument);
                REQUIRE(weight.rank() == 4);
            }
            if (slot.layer != nullptr && slot.layer->kind == LayerKind::batch_norm) {
                REQUIRE(slot.weights.count == 4);
                for (const WeightSpec& weight : slot.weights)
                    REQUIRE(weight.elements() == slot.input.channels);
            }
        });
    }
}

} // namespace
} // namespace fractal::laws
