// An executor whose values are shapes and whose work is to write down what it was asked for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <fractal/exec/executor.hpp>

#include "operation.hpp"

namespace fractal::laws {

/// A segment as it was run: what a checkpointing executor would keep, and the operations it stood for.
struct RecordedSegment {
    Segment segment{};
    Replay replay = nullptr;
    Value in{};
    std::vector<int> out{}; ///< numbers of the values that left it
    std::size_t begin = 0;  ///< its operations
    std::size_t end = 0;
};

class Recorder : public Executor {
public:
    explicit Recorder(const NetworkSpec& net) : net_(net) {}

    /// The first value; no operation makes it.
    Value input(Shape shape) { return make(shape, 0); }

    Value convolution(int slot, const LayerSpec& layer, const Value& in) override {
        return record({.kind = "convolution",
                       .slot = slot,
                       .layers = {layer.name},
                       .inputs = {of(in).number},
                       .shape = layer.output(of(in).shape, net_.width(unit_))},
                      of(in).path);
    }
    Value pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) override {
        Operation operation{
            .kind = "pointwise", .slot = first_slot, .inputs = {of(in).number}, .shape = of(in).shape};
        for (const LayerSpec& layer : chain) operation.layers.push_back(layer.name);
        return record(std::move(operation), of(in).path);
    }
    Value custom(int slot, const LayerSpec& layer, const Value& in) override {
        return record({.kind = "custom",
                       .slot = slot,
                       .layers = {layer.name},
                       .inputs = {of(in).number},
                       .shape = layer.output(of(in).shape, net_.width(unit_))},
                      of(in).path);
    }
    Value join(int unit, int step, std::span<const Value> values) override {
        Operation operation{.kind = "join", .unit = unit, .step = step, .shape = of(values[0]).shape};
        int path = 0;
        for (const Value& value : values) {
            operation.inputs.push_back(of(value).number);
            path = std::max(path, of(value).path);
        }
        return record(std::move(operation), path);
    }
    Value pool(const Value& in) override {
        const Shape shape{of(in).shape.channels, of(in).shape.height / 2, of(in).shape.width / 2};
        return record({.kind = "pool", .inputs = {of(in).number}, .shape = shape}, of(in).path);
    }
    Value channel_dropout(int slot, int percent, const Value& in) override {
        return record({.kind = "channel_dropout",
                       .slot = slot,
                       .percent = percent,
                       .inputs = {of(in).number},
                       .shape = of(in).shape},
                      of(in).path);
    }
    Value head(int slot, HeadKind, const Value& in) override {
        longest_path = of(in).path;
        return record(
            {.kind = "head", .slot = slot, .inputs = {of(in).number}, .shape = {net_.classes, 1, 1}},
            of(in).path);
    }
    void segment(const NetworkSpec& net, const Segment& segment, Replay replay, const Value& in,
                 std::span<Value> out) override {
        const std::size_t place = segments.size();
        segments.push_back({.segment = segment, .replay = replay, .in = in, .begin = operations.size()});
        again(net, segment, replay, in, out);
        for (const Value& value : out) segments[place].out.push_back(of(value).number);
        segments[place].end = operations.size();
    }

    /// Runs a segment without writing down that there is one.
    void again(const NetworkSpec& net, const Segment& segment, Replay replay, const Value& in,
               std::span<Value> out) {
        unit_ = segment.at.unit;
        replay(*this, net, segment, in, out);
        if (segment.kind != Segment::Kind::firing) return;
        ++firings;
        ++of(out[0]).path;
    }

    static Shape shape_of(const Value& value) { return of(value).shape; }
    static int number_of(const Value& value) { return of(value).number; }

    std::vector<Operation> operations{};
    std::vector<RecordedSegment> segments{};
    int firings = 0;
    int longest_path = 0; ///< in firings, to the head

private:
    struct Entry : Node {
        int number = 0;
        Shape shape{};
        int path = 0; ///< firings on the longest path to it
    };

    static Entry& of(const Value& value) { return static_cast<Entry&>(*value.node()); }

    Value make(Shape shape, int path) {
        auto* const entry = new Entry;
        entry->number = made_++;
        entry->shape = shape;
        entry->path = path;
        return Value(entry);
    }
    Value record(Operation operation, int path) {
        const Shape shape = operation.shape;
        operations.push_back(std::move(operation));
        return make(shape, path);
    }

    const NetworkSpec& net_;
    int unit_ = 0;
    int made_ = 0;
};

} // namespace fractal::laws
