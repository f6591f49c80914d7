// The fractal rule a second time, by its words and not by its recursion: at step i of a unit, each column j
// fires whose 2^j divides i, and the mean of those that fired replaces the value of each.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "operation.hpp"

namespace fractal::laws {

class Simulation {
public:
    explicit Simulation(const NetworkSpec& net) : net_(net) {
        shapes_.push_back(net.input);
        int value = 0;
        for (int unit = 0; unit < net.depth; ++unit) value = run_unit(unit, value);
        make({.kind = "head", .slot = slot_++, .inputs = {value}, .shape = {net.classes, 1, 1}});
    }

    std::vector<Operation> operations{};

private:
    int run_unit(int unit, int value) {
        const int width = net_.base_width * (unit == 0 ? 1 : unit == 1 ? 2 : unit == 2 ? 4 : 8);
        const Shape entered = shapes_.at(static_cast<std::size_t>(value));
        if (net_.transition && entered.channels != width) {
            value = make({.kind = "convolution",
                          .slot = slot_++,
                          .layers = {"conv1"},
                          .inputs = {value},
                          .shape = {width, entered.height, entered.width}});
        }
        std::vector<int> columns(static_cast<std::size_t>(net_.columns), value);
        const int steps = 1 << (net_.columns - 1);
        for (int step = 1; step <= steps; ++step) {
            std::vector<std::size_t> fired;
            for (std::size_t j = 0; j < columns.size(); ++j) {
                if (step % (1 << j) != 0) continue;
                columns[j] = fire(width, columns[j]);
                fired.push_back(j);
            }
            if (step == steps && net_.pool == PoolPlacement::before_join) {
                for (const std::size_t j : fired) columns[j] = pool(columns[j]);
            }
            Operation join{.kind = "join", .unit = unit, .step = step};
            for (const std::size_t j : fired) join.inputs.push_back(columns[j]);
            join.shape = shapes_.at(static_cast<std::size_t>(join.inputs[0]));
            const int mean = make(std::move(join));
            for (const std::size_t j : fired) columns[j] = mean;
        }
        value = columns[0];
        if (net_.pool == PoolPlacement::after_join) value = pool(value);
        bool dropout_anywhere = false;
        for (int u = 0; u < net_.depth; ++u) dropout_anywhere = dropout_anywhere || net_.dropout_after(u) > 0;
        if (dropout_anywhere) {
            const int slot = slot_++;
            if (const int percent = net_.dropout_after(unit); percent > 0) {
                const Shape shape = shapes_.at(static_cast<std::size_t>(value));
                value = make({.kind = "channel_dropout",
                              .slot = slot,
                              .percent = percent,
                              .inputs = {value},
                              .shape = shape});
            }
        }
        return value;
    }

    int fire(int width, int value) {
        bool chained = false;
        for (const LayerSpec* layer : net_.order) {
            const Shape in = shapes_.at(static_cast<std::size_t>(value));
            const int slot = slot_++;
            if (layer->kind == LayerKind::convolution) {
                value = make({.kind = "convolution",
                              .slot = slot,
                              .layers = {layer->name},
                              .inputs = {value},
                              .shape = {width, in.height, in.width}});
            } else if (layer->kind == LayerKind::custom) {
                value = make({.kind = "custom",
                              .slot = slot,
                              .layers = {layer->name},
                              .inputs = {value},
                              .shape = layer->output(in, width)});
            } else if (chained) {
                operations.back().layers.push_back(layer->name);
                continue;
            } else {
                value = make({.kind = "pointwise",
                              .slot = slot,
                              .layers = {layer->name},
                              .inputs = {value},
                              .shape = in});
            }
            chained = operations.back().kind == "pointwise";
        }
        return value;
    }

    int pool(int value) {
        const Shape in = shapes_.at(static_cast<std::size_t>(value));
        return make({.kind = "pool", .inputs = {value}, .shape = {in.channels, in.height / 2, in.width / 2}});
    }

    int make(Operation operation) {
        shapes_.push_back(operation.shape);
        operations.push_back(std::move(operation));
        return static_cast<int>(shapes_.size()) - 1;
    }

    const NetworkSpec& net_;
    std::vector<Shape> shapes_{};
    int slot_ = 0;
};

} // namespace fractal::laws
