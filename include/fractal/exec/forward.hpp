// The forward pass of a network type: the walk, with an executor behind each operation.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include <boost/mp11/algorithm.hpp>

#include <fractal/exec/executor.hpp>
#include <fractal/exec/stages.hpp>
#include <fractal/plan/slots.hpp>

namespace fractal {

namespace detail {

/// Reads a network of `Columns` columns and drives an executor. Networks that differ in anything else share
/// its code: the layers of a firing are `stages`, and `replay` is all that is compiled for each layer order.
template <int Columns>
class Forward {
public:
    using Value = fractal::Value;

    Forward(Executor& executor, const NetworkSpec& net, std::span<const Stage> stages, Replay replay)
        : executor_(executor),
          net_(net),
          slots_{net},
          stages_(stages),
          replay_(replay) {}

    Value fire(const Site& site, const Value& in) {
        if (!executor_.runs(site)) return {};
        return segment<1>(Segment{Segment::Kind::firing, site}, in, nullptr)[0];
    }
    Value join(int unit, int step, std::span<const Value> values) {
        std::array<Value, Columns> computed;
        std::size_t count = 0;
        for (const Value& value : values) {
            if (value) computed[count++] = value;
        }
        return count == 0 ? Value() : executor_.join(unit, step, {computed.data(), count});
    }
    Value transition(int unit, const Value& in) {
        return executor_.convolution(slots_.transition(unit), layer_spec<Conv<1>>, in);
    }
    Value pool(int, const Value& in) { return in ? executor_.pool(in) : Value(); }
    Value unit_dropout(int unit, const Value& in) {
        return executor_.channel_dropout(slots_.unit_dropout(unit), net_.dropout_after(unit), in);
    }
    Value head(const Value& in) { return executor_.head(slots_.head(), net_.head, in); }

    /// The body is not called here: `replay` runs the same operations, then and whenever they are needed
    /// again.
    template <int Count, class Body>
    std::array<Value, Count> segment(const Segment& segment, const Value& in, const Body&) {
        std::array<Value, Count> out;
        // Without a value to read nothing in the segment runs.
        if (in) executor_.segment(net_, segment, replay_, in, out);
        return out;
    }

    /// Runs a segment's operations. Not inlined, so that a layer order brings no code but two calls.
    [[gnu::noinline]] void run(const Segment& segment, const Value& in, std::span<Value> out) {
        switch (segment.kind) {
            case Segment::Kind::unit:
                out[0] = run_unit<Columns>(*this, net_, segment.at.unit, in);
                return;
            case Segment::Kind::firing:
                out[0] = layers(segment.at, in);
                return;
            case Segment::Kind::columns:
                boost::mp11::mp_with_index<Columns>(
                    static_cast<std::size_t>(segment.columns - 1), [&](auto index) {
                        std::ranges::move(Fractal<static_cast<int>(index) + 1>::run(*this, in, segment.at),
                                          out.begin());
                    });
        }
    }

private:
    Value layers(const Site& site, Value value) {
        int slot = slots_.firing(site.unit, site.firing);
        for (const Stage stage : stages_) {
            switch (stage.front().kind) {
                case LayerKind::convolution:
                    value = executor_.convolution(slot, stage.front(), value);
                    break;
                case LayerKind::custom:
                    value = executor_.custom(slot, stage.front(), value);
                    break;
                default:
                    value = executor_.pointwise(slot, stage, value);
            }
            slot += static_cast<int>(stage.size());
        }
        return value;
    }

    Executor& executor_;
    const NetworkSpec& net_;
    SlotMap slots_;
    std::span<const Stage> stages_;
    Replay replay_;
};

/// Runs one segment of a network of layer order `Order`.
template <class Order, int Columns>
void replay(Executor& executor, const NetworkSpec& net, const Segment& segment, const Value& in,
            std::span<Value> out) {
    Forward<Columns>(executor, net, stages_of<Order>, &replay<Order, Columns>).run(segment, in, out);
}

} // namespace detail

/// The logits of network `net` for the batch `in`. The code holds the order and the columns; what else a
/// network has, its depth, widths and head, is read from `net`, so that it may run with other widths or
/// classes too.
template <class Order, int Columns>
Value forward(Executor& executor, const NetworkSpec& net, const Value& in) {
    detail::Forward<Columns> forward(executor, net, stages_of<Order>, &detail::replay<Order, Columns>);
    return walk<Columns>(forward, net, in);
}

} // namespace fractal
