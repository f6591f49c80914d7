// Networks made at run time for the tests of checkpointing, and plans for them.
#pragma once

#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fractal/plan/checkpoint.hpp>
#include <fractal/registry/variant.hpp>
#include <fractal/spec/parse.hpp>

#include "checkpoint_nodes.hpp"

namespace fractal {

using ForwardOfNet = Value (*)(Executor& executor, const NetworkSpec& net, const Value& in);

/// Forward passes by order and columns, of which a network of any other axes can be made.
class ForwardTable {
public:
    template <class... Order>
    static ForwardTable of() {
        ForwardTable table;
        (table.add<Order>(std::make_integer_sequence<int, 6>{}), ...);
        return table;
    }
    /// The record of the network called `full_name`, whose spec is put in `net`, which must outlive it.
    Variant variant(std::string_view full_name, NetworkSpec& net) const {
        const ParsedName parsed = parse_full_name(full_name);
        if (!parsed.fault.empty()) throw std::logic_error(std::string(parsed.fault.view()));
        net = parsed.net;
        const auto known = forwards_.find(key(net));
        if (known == forwards_.end()) throw std::logic_error("no forward pass for " + std::string(full_name));
        return {full_name, "test", full_name, &net, cost(net), fingerprint(net), known->second};
    }

private:
    using Key = std::pair<std::string, int>;

    static Key key(const NetworkSpec& net) {
        return {std::string(order_name(net.order).view()), net.columns};
    }

    template <class Order, int... Before>
    void add(std::integer_sequence<int, Before...>) {
        NetworkSpec net;
        Order::write(net);
        const std::string order(order_name(net.order).view());
        ((forwards_[{order, Before + 1}] = &forward<Order, Before + 1>), ...);
    }

    std::map<Key, ForwardOfNet> forwards_;
};

/// A plan in which every node is marked with probability `density`.
inline CheckpointPlan random_plan(const NetworkSpec& net, double density, std::mt19937& draws) {
    CheckpointPlan plan;
    for (const Segment& node : nodes_of(net)) {
        if (std::bernoulli_distribution(density)(draws)) plan.mark(net, node);
    }
    return plan;
}

} // namespace fractal
