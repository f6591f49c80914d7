// The compiled forward pass asks for what the words of the fractal rule ask for, in slot order, and a segment
// that runs again does the same again.
#include "check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>
#include <vector>

#include "recorder.hpp"
#include "simulation.hpp"
#include "variants.hpp"

namespace fractal::laws {
namespace {

void run(Recorder& recorder, const Variant& variant) {
    variant.forward(recorder, *variant.spec, recorder.input(variant.spec->input));
}

TEST_CASE("walk: operations, shapes and data flow are those of the words") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        Recorder recorder(*variant->spec);
        run(recorder, *variant);
        CHECK(first_difference(recorder.operations, Simulation(*variant->spec).operations) == "");
    }
}

TEST_CASE("walk: the code of a variant serves its network at any width and depth") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        NetworkSpec narrow = *variant->spec;
        narrow.base_width = narrow.base_width / 16 + 1;
        narrow.depth = std::max(1, narrow.depth - 1);
        narrow.classes = 5;
        Recorder recorder(narrow);
        variant->forward(recorder, narrow, recorder.input(narrow.input));
        CHECK(first_difference(recorder.operations, Simulation(narrow).operations) == "");
    }
}

TEST_CASE("walk: firings, longest path and joins") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        const NetworkSpec& net = *variant->spec;
        Recorder recorder(net);
        run(recorder, *variant);
        CHECK(recorder.firings == net.depth * ((1 << net.columns) - 1));
        CHECK(recorder.longest_path == net.depth * (1 << (net.columns - 1)));
        CHECK(variant->cost.firings == recorder.firings);
        CHECK(variant->cost.longest_path == recorder.longest_path);

        int joins = 0;
        const int steps = 1 << (net.columns - 1);
        for (const Operation& operation : recorder.operations) {
            if (operation.kind != "join") continue;
            REQUIRE(operation.unit == joins / steps);
            REQUIRE(operation.step == joins % steps + 1);
            REQUIRE(static_cast<int>(operation.inputs.size()) ==
                    std::countr_zero(static_cast<unsigned>(operation.step)) + 1);
            ++joins;
        }
        CHECK(joins == net.depth * steps);
    }
}

TEST_CASE("walk: every slot is used once, in order") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        const NetworkSpec& net = *variant->spec;
        const SlotMap slots{net};
        Recorder recorder(net);
        run(recorder, *variant);
        int next = 0;
        for (const Operation& operation : recorder.operations) {
            if (operation.slot < 0) continue;
            // The slot of a unit dropout of nothing is kept free.
            for (int unit = 0; unit < net.depth; ++unit) {
                if (next != operation.slot && next == slots.unit_dropout(unit) &&
                    net.dropout_after(unit) == 0)
                    ++next;
            }
            REQUIRE(operation.slot == next);
            next += operation.slots();
        }
        CHECK(next == slots.count());
    }
}

/// The operations of a segment with its values numbered from its input.
std::vector<Operation> renumbered(std::span<const Operation> operations, int input, int first) {
    std::vector<Operation> list(operations.begin(), operations.end());
    for (Operation& operation : list) {
        for (int& number : operation.inputs) number = number == input ? 0 : number - first + 1;
    }
    return list;
}

TEST_CASE("walk: a segment that runs again does the same again") {
    for (const Variant* variant : every_variant()) {
        CAPTURE(variant->name);
        const NetworkSpec& net = *variant->spec;
        Recorder recorder(net);
        run(recorder, *variant);
        CHECK(recorder.segments.size() ==
              static_cast<std::size_t>(net.depth * (1 + 2 * firings_of(net.columns))));
        for (const RecordedSegment& once : recorder.segments) {
            Recorder twice(net);
            const Value in = twice.input(Recorder::shape_of(once.in));
            std::vector<Value> out(once.out.size());
            twice.again(net, once.segment, once.replay, in, out);

            // Operation i of the recorder made value i + 1.
            const int first = static_cast<int>(once.begin) + 1;
            const auto expected = std::span(recorder.operations).subspan(once.begin, once.end - once.begin);
            REQUIRE(first_difference(twice.operations,
                                     renumbered(expected, Recorder::number_of(once.in), first)) == "");
            for (std::size_t i = 0; i < out.size(); ++i) {
                REQUIRE(Recorder::number_of(out[i]) == once.out[i] - first + 1);
            }
        }
    }
}

/// f<C+1>(z) = mean(f<C>(f<C>(z)), fire(z)): the rule with its joins nested, which is another network.
template <int Columns>
Value nested(Recorder& recorder, const NetworkSpec& net, Replay replay, const Value& z, Site before) {
    const auto fire = [&](int step, int column, int firing) {
        std::array<Value, 1> out;
        recorder.segment(net, {Segment::Kind::firing, Site{before.unit, step, column, firing}}, replay, z,
                         out);
        return out[0];
    };
    if constexpr (Columns == 1) {
        const std::array<Value, 1> alone{fire(before.step + 1, 0, before.firing)};
        return recorder.join(before.unit, before.step + 1, alone);
    } else {
        const int half = steps_of(Columns - 1);
        const int firings = firings_of(Columns - 1);
        const Value middle = nested<Columns - 1>(recorder, net, replay, z, before);
        const Site rest{before.unit, before.step + half, 0, before.firing + firings};
        const Value deeper = nested<Columns - 1>(recorder, net, replay, middle, rest);
        const std::array<Value, 2> two{
            deeper, fire(before.step + 2 * half, Columns - 1, before.firing + 2 * firings)};
        return recorder.join(before.unit, before.step + 2 * half, two);
    }
}

TEST_CASE("walk: the comparison catches nested joins") {
    using Net =
        Network<Input<3, 16, 16>, Width<4>, Depth<1>, Columns<3>, Layers<Conv<3>, ReLU>, Head<Flatten, 2>>;
    const Variant& variant = variant_of<Net>;
    Recorder right(*variant.spec);
    run(right, variant);
    REQUIRE(first_difference(right.operations, Simulation(*variant.spec).operations) == "");

    Recorder wrong(*variant.spec);
    const Value z = wrong.input(variant.spec->input);
    const Value last = nested<3>(wrong, *variant.spec, right.segments.front().replay, z, Site{});
    wrong.head(SlotMap{*variant.spec}.head(), variant.spec->head, wrong.pool(last));
    CHECK(wrong.firings == right.firings);
    CHECK(wrong.longest_path == right.longest_path);
    const std::string difference = first_difference(wrong.operations, Simulation(*variant.spec).operations);
    CHECK_MESSAGE(difference.find("join") != std::string::npos, difference);
}

TEST_CASE("walk: the comparison catches a pool on the wrong side of the join") {
    NetworkSpec other =
        spec_of<Network<Input<3, 16, 16>, Width<4>, Depth<2>, Columns<2>, Layers<Conv<3>>, Head<Flatten, 2>>>;
    const std::vector<Operation> after = Simulation(other).operations;
    other.pool = PoolPlacement::before_join;
    CHECK(first_difference(after, Simulation(other).operations) != "");
}

TEST_CASE("walk: there is something to hold the laws against") {
    CHECK(compiled_registry().all().size() > 0);
}

} // namespace
} // namespace fractal::laws
