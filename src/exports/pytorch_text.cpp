// Fills a template: what is fixed stands as it is read, and what the network decides has a place marked @…@.
#include "exports/pytorch_text.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fractal/driver/pytorch_layer.hpp>
#include <fractal/plan/slots.hpp>
#include <fractal/spec/layers.hpp>
#include <fractal/spec/name.hpp>

#include "base/error.hpp"
#include "base/version.hpp"

namespace fractal {
namespace {

constexpr std::string_view module =
    R"PY(# SPDX-FileCopyrightText: 2026 the fractal authors
# SPDX-License-Identifier: MIT
"""@name@: a fractal network, after Larsson, Maire and Shakhnarovich (arXiv 1605.07648).

@full@, written by fractal @version@.

    network = load("weights.safetensors")  # or Network(), to train it from its start
    logits = network.eval()(images)        # images [N, @channels@, @height@, @width@], @normalised@; logits [N, @classes@]
@drop_path@"""

from __future__ import annotations

import json
import struct
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

COLUMNS = @columns@
STEPS = 2 ** (COLUMNS - 1)
WIDTHS = @widths@  # channels of each unit
@options@@pixels@

class BatchNorm(nn.Module):
    """Batch normalisation with eps 1e-5 and momentum 0.1; unlike nn.BatchNorm2d it does not count its batches."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        statistics = self.running_mean, self.running_var
        return F.batch_norm(x, *statistics, self.weight, self.bias, self.training, momentum=0.1, eps=1e-5)


@own_layers@def firing(inputs: int, width: int) -> nn.Sequential:
    """One application of the layer order, @order@, with weights of its own."""
    return nn.Sequential(
        OrderedDict(
@layers@        )
    )


def fired(step: int) -> list[int]:
    """The columns that fire at a step, from 1 on: column j where 2**j divides it; column 0 is the deepest."""
    return [column for column in range(COLUMNS) if step % 2**column == 0]


class Unit(nn.Module):
    """A fractal of COLUMNS columns and a pool: after each step, one flat mean of all columns that fired."""

    def __init__(self, inputs: int, width: int@unit_arguments@) -> None:
        super().__init__()
@unit_init@        for step in range(1, STEPS + 1):
            columns = nn.Module()
            for column in fired(step):
                first = step == 2**column  # a column's first firing reads the unit's input
                columns.add_module(f"column{column}", firing(inputs if first else width, width))
            self.add_module(f"step{step}", columns)

    def forward(self, z: Tensor) -> Tensor:
@unit_begin@        value = [z] * COLUMNS
        for step in range(1, STEPS + 1):
            made = [self.get_submodule(f"step{step}.column{column}")(value[column]) for column in fired(step)]
@join@            for column in fired(step):
                value[column] = mean
@unit_end@

class Network(nn.Module):
    """@depth@ units and a linear layer@head_words@."""

    def __init__(self) -> None:
        super().__init__()
        inputs = @channels@
        for place, width in enumerate(WIDTHS):
            self.add_module(f"unit{place}", Unit(inputs, width@unit_values@))
            inputs = width
        self.head = nn.Linear(@features@, @classes@)

    def forward(self, images: Tensor) -> Tensor:
        x = images
        for place in range(len(WIDTHS)):
            x = self.get_submodule(f"unit{place}")(x)
        return self.head(@head_input@)


def load(path: str) -> Network:
    """The network with the weights of a safetensors file in float32, such as fractal writes."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    state = {}
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {key} is {entry['dtype']}, expected F32")
        begin, end = entry["data_offsets"]
        count = (end - begin) // 4
        flat = torch.frombuffer(data, dtype=torch.float32, count=count, offset=begin) if count else torch.empty(0)
        state[key] = flat.reshape(entry["shape"])
    network = Network()
    network.load_state_dict(state)
    return network
)PY";

/// `text` with `words` wherever `place` stands.
std::string replaced(std::string text, std::string_view place, std::string_view words) {
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + words.size())) {
        text.replace(at, place.size(), words);
    }
    return text;
}

const PyTorchLayer& source_of(const LayerSpec& layer) {
    const PyTorchLayer* const source = PyTorchLayer::find(layer.name);
    if (source != nullptr) return *source;
    throw UsageError(
        fmt::format("layer '{}' ({}) has no form in PyTorch that is known here: register one by a "
                    "fractal::PyTorchLayer",
                    layer.name, layer.type));
}

/// The sources of the order's layers that are not built in, each once.
std::string own_layers(const NetworkSpec& net) {
    std::string sources;
    std::set<std::string_view> known;
    for (const LayerSpec* layer : net.order) {
        if (layer->kind != LayerKind::custom || !known.insert(layer->name).second) continue;
        std::string_view source = source_of(*layer).source();
        while (source.starts_with('\n')) source.remove_prefix(1);
        while (source.ends_with('\n')) source.remove_suffix(1);
        sources += fmt::format("{}\n\n\n", source);
    }
    return sources;
}

/// What enters the head.
Shape head_input(const NetworkSpec& net) {
    Shape shape;
    for_each_slot(net, [&](const Slot& slot) { shape = slot.input; });
    return shape;
}

/// The layers of a firing, one a line; the first convolution maps to the unit's width.
std::string layer_lines(const NetworkSpec& net) {
    std::string lines;
    std::string_view channels = "inputs";
    for (int place = 0; place < net.order.count; ++place) {
        const LayerSpec& layer = net.order[place];
        std::string made;
        switch (layer.kind) {
            case LayerKind::convolution:
                made = fmt::format("nn.Conv2d({}, width, {}, padding={}, bias=False)", channels,
                                   layer.argument, layer.argument / 2);
                channels = "width";
                break;
            case LayerKind::batch_norm:
                made = fmt::format("BatchNorm({})", channels);
                break;
            case LayerKind::relu:
                made = "nn.ReLU()";
                break;
            case LayerKind::dropout:
                made = fmt::format("nn.Dropout2d({:.2f})", layer.argument / 100.0);
                break;
            case LayerKind::custom:
                made = replaced(std::string(source_of(layer).made()), "{channels}", channels);
                made = replaced(std::move(made), "{width}", "width");
                if (layer.maps_channels) channels = "width";
                break;
        }
        lines += fmt::format("            layer{}={},\n", place, made);
    }
    return lines;
}

} // namespace

std::string pytorch_text(const NetworkSpec& net, std::string_view name,
                         const std::optional<PixelNormalisation>& pixels) {
    const bool drops = net.unit_dropout != decltype(net.unit_dropout){};
    const bool pools_first = net.pool == PoolPlacement::before_join;
    const bool flat = net.head == HeadKind::flatten;
    std::string widths, dropouts;
    const Shape features = head_input(net);
    for (int unit = 0; unit < net.depth; ++unit) {
        widths += fmt::format("{}{}", unit == 0 ? "" : ", ", net.width(unit));
        dropouts += fmt::format("{}{:.2f}", unit == 0 ? "" : ", ", net.dropout_after(unit) / 100.0);
    }
    std::string unit_init, unit_end;
    if (net.transition) {
        unit_init +=
            "        self.transition = None\n"
            "        if inputs != width:\n"
            "            self.transition = nn.Conv2d(inputs, width, 1, bias=False)\n"
            "            inputs = width\n";
    }
    if (drops) unit_init += "        self.dropout = nn.Dropout2d(dropout)\n";
    const std::string pooled_value = pools_first ? "value[0]" : "F.max_pool2d(value[0], 2)";
    unit_end = fmt::format("        return {}\n",
                           drops ? fmt::format("self.dropout({})", pooled_value) : pooled_value);

    std::string text(module);
    const std::pair<std::string_view, std::string> places[] = {
        {"name", std::string(name)},
        {"full", std::string(full_name(net).view())},
        {"version", std::string(version)},
        {"channels", std::to_string(net.input.channels)},
        {"height", std::to_string(net.input.height)},
        {"width", std::to_string(net.input.width)},
        {"classes", std::to_string(net.classes)},
        {"columns", std::to_string(net.columns)},
        {"widths", "[" + widths + "]"},
        {"options", drops ? "DROPOUTS = [" + dropouts + "]  # of whole channels, after each unit\n" : ""},
        {"normalised", pixels ? "(pixels - MEAN) / STD" : "normalised"},
        {"pixels", pixels ? fmt::format("MEAN = [{}]  # of each channel, pixels being 0 to 1\nSTD = [{}]\n",
                                        fmt::join(pixels->mean, ", "), fmt::join(pixels->deviation, ", "))
                          : ""},
        {"drop_path",
         net.drop_path == DropPathMode::none
             ? ""
             : "\nIts drop-path in training is not part of this module; evaluation needs none.\n"},
        {"order", std::string(order_name(net.order).view())},
        {"layers", layer_lines(net)},
        {"own_layers", own_layers(net)},
        {"unit_arguments", drops ? ", dropout: float" : ""},
        {"unit_values", drops ? ", DROPOUTS[place]" : ""},
        {"unit_init", unit_init},
        {"unit_begin", net.transition
                           ? "        if self.transition is not None:\n            z = self.transition(z)\n"
                           : ""},
        {"join", std::string(pools_first ? "            if step == STEPS:\n"
                                           "                made = [F.max_pool2d(x, 2) for x in made]\n"
                                         : "") +
                     "            mean = sum(made[1:], made[0]) / len(made)\n"},
        {"unit_end", unit_end},
        {"depth", std::to_string(net.depth)},
        {"head_words", flat ? "" : " over the mean of each channel"},
        {"features", std::to_string(flat ? features.elements() : features.channels)},
        {"head_input", flat ? "x.flatten(1)" : "x.mean((2, 3))"},
    };
    for (const auto& [place, words] : places) {
        text = replaced(std::move(text), fmt::format("@{}@", place), words);
    }
    return text;
}

std::filesystem::path weights_beside(const std::filesystem::path& file) {
    const std::filesystem::path weights = std::filesystem::path(file).replace_extension(".safetensors");
    if (weights == file) {
        throw UsageError(file.string() +
                         " would hold the module and its weights both: expected a name that ends in .py");
    }
    return weights;
}

} // namespace fractal
