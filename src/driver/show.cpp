// `fractal show`: one variant in words, figures and lines.
#include <fmt/format.h>
#include <fractal/spec/cpp_type.hpp>

#include "driver/command_line.hpp"
#include "driver/drawing.hpp"
#include "driver/network_text.hpp"
#include "driver/picture.hpp"
#include "driver/program.hpp"
#include "driver/select.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"
#include "driver/variant_row.hpp"
#include "reflect/json.hpp"
#include "train/memory_plan.hpp"

namespace fractal::driver {
namespace {

constexpr std::int64_t training_batch = 128;

/// Of a training step in fp32 with momentum.
MemoryRange training_memory(const NetworkSpec& net) {
    return memory_range({.net = net, .batch = training_batch});
}

reflect::Json json_of(const Variant& variant) {
    const NetworkSpec& net = *variant.spec;
    reflect::Json json = reflect::to_json(row_of(variant));
    json["cpp_type"] = cpp_type(net).view();
    json["input"] = {net.input.channels, net.input.height, net.input.width};
    json["classes"] = net.classes;
    const MemoryRange memory = training_memory(net);
    json["training_peak_bytes"] = {
        {"batch", training_batch}, {"none", memory.none}, {"full", memory.full}, {"least", memory.least}};
    json["layers"] = reflect::Json::array();
    for (const LayerSpec* layer : net.order) {
        json["layers"].push_back({{"name", layer->name}, {"type", layer->type}});
    }
    json["parts"] = reflect::Json::array();
    for (const Part& part : parts_of(net)) {
        json["parts"].push_back(reflect::to_json(part));
    }
    return json;
}

void print_figures(const Variant& variant, bool colour) {
    const VariantRow row = row_of(variant);
    fmt::print("{}\n", paint(colour, Ink::bold, row.name));
    if (row.full_name != row.name) {
        fmt::print("{}\n", row.full_name);
    }
    const auto line = [](std::string_view what, const std::string& text) {
        fmt::print("  {:<14}{}\n", what, text);
    };
    const auto exact = [](const std::string& text, std::int64_t count) {
        return count < 1000 ? text : fmt::format("{} ({})", text, grouped_text(count));
    };
    fmt::print("\n");
    line("parameters", exact(count_text(row.parameters), row.parameters));
    line("MACs", exact(count_text(row.macs), row.macs) + ", one image, forward");
    line("activations", bytes_text(row.activation_bytes) + " saved for the backward pass, one image in fp32");
    const MemoryRange memory = training_memory(*variant.spec);
    line("training", fmt::format("peak of {} in batches of {}; checkpointed {} (full) or {} (least)",
                                 bytes_text(memory.none), training_batch, bytes_text(memory.full),
                                 bytes_text(memory.least)));
    line("firings", fmt::format("{}, of which {} on the longest path", row.firings, row.longest_path));
    line("fingerprint", row.fingerprint);
    constexpr std::size_t indent = 16;
    line("C++ type", wrapped(cpp_type(*variant.spec).view(),
                             std::min<std::size_t>(terminal_of(stdout).width, 100), indent));
}

void print_parts(const NetworkSpec& net, bool colour) {
    Table table({{"part"},
                 {"input"},
                 {"output"},
                 {"firings", Align::right},
                 {"parameters", Align::right},
                 {"MACs", Align::right}});
    for (const Part& part : parts_of(net)) {
        table.add({part.part, part.input, part.output, part.firings > 0 ? std::to_string(part.firings) : "",
                   count_text(part.parameters), count_text(part.macs)});
    }
    fmt::print("\n{}\n", table.text(colour, 2));
}

} // namespace

int run_show(const Program& program, const std::vector<std::string>& arguments) {
    Wanted wanted;
    bool json = false;
    bool svg = false;
    bool dot = false;
    DrawingStyle style;
    CommandLine line("show", "one variant: layers, shapes, costs and a drawing of its columns",
                     "VARIANT [OPTION...]",
                     "  fractal show paper/d3-c2-conv3.bn.relu\n"
                     "  fractal show net/3x32x32-d3-c2-w64-flat10-conv3.bn.relu --json\n"
                     "  fractal show compact/d1-c5-conv3 --ascii\n"
                     "  fractal show paper/d3-c4-conv3.bn.relu --svg > unit.svg\n");
    add_selection_options(line, wanted);
    line.json_flag(json, "a JSON object");
    CommandLine::Group output = line.group("Output");
    output.flag("--ascii", style.ascii, "draw without characters beyond ASCII");
    output.flag("--all-steps", style.whole,
                "draw every step, also those that repeat others (6 columns or more)");
    const CommandLine::Option picture =
        output.flag("--svg", svg, "a picture of one unit, as the FractalNet paper draws it");
    output.flag("--dot", dot, "the whole network as a graph, for Graphviz").excludes(picture);
    if (!line.parse(arguments)) {
        return 0;
    }

    const Variant& variant = choose_one(program.registry, program.selections, wanted);
    if (svg || dot) {
        fmt::print("{}", svg ? svg_of(*variant.spec, variant.name) : dot_of(*variant.spec, variant.name));
        return 0;
    }
    if (json) {
        fmt::print("{}\n", reflect::json_text(json_of(variant), 2));
        return 0;
    }
    style.colour = terminal_of(stdout).colour;
    print_figures(variant, style.colour);
    print_parts(*variant.spec, style.colour);
    fmt::print(
        "  {}\n\n{}",
        variant.spec->depth == 1 ? "The unit:" : fmt::format("Each of the {} units:", variant.spec->depth),
        drawing(*variant.spec, style));
    return 0;
}

} // namespace fractal::driver
