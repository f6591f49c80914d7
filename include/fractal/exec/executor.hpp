// The abstract executor: what a backend does for each operation of a network.
#pragma once

#include <span>

#include <fractal/exec/value.hpp>
#include <fractal/spec/fractal.hpp>

namespace fractal {

/// Runs a segment's operations again from its input: `out` takes the values that leave the segment.
using Replay = void (*)(class Executor&, const NetworkSpec&, const Segment&, const Value& in,
                        std::span<Value> out);

/// Executes the operations of one network on opaque values, in the order of the walk. Weights are named by
/// slot (fractal/plan/slots.hpp). An executor reports failure by throwing.
class Executor {
public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    /// Same-padded convolution of kernel `layer.argument` with the weights of `slot`.
    virtual Value convolution(int slot, const LayerSpec& layer, const Value& in) = 0;
    /// A chain of BatchNorm, ReLU and Dropout layers, whose slots follow `first_slot`.
    virtual Value pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) = 0;
    /// A layer of the user's own, run by the forward registered under its name.
    virtual Value custom(int slot, const LayerSpec& layer, const Value& in) = 0;
    /// Whether a firing runs in this pass. One that does not leaves a null value, which goes no further than
    /// the next join: no operation below sees one.
    virtual bool runs(const Site&) const { return true; }
    /// The mean of the values that were computed at a step, at least one; one value is its own mean.
    virtual Value join(int unit, int step, std::span<const Value> values) = 0;
    /// 2x2 max pool of stride 2.
    virtual Value pool(const Value& in) = 0;
    /// Channel dropout of `percent` with the masks of `slot`; the identity in evaluation.
    virtual Value channel_dropout(int slot, int percent, const Value& in) = 0;
    /// The logits.
    virtual Value head(int slot, HeadKind kind, const Value& in) = 0;
    /// Runs a segment, by default at once. A checkpointing executor keeps `in` alone and replays the segment
    /// when its gradient is needed. Values in `out` stay null where no firing that makes them runs.
    virtual void segment(const NetworkSpec& net, const Segment& segment, Replay replay, const Value& in,
                         std::span<Value> out) {
        replay(*this, net, segment, in, out);
    }
};

} // namespace fractal
