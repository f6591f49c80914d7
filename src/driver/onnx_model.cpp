// Walks the network and writes a node for each operation that acts in evaluation; dropout is none.
//
// Written by protozero, field by field into the bytes that go to the file: no generated classes, and no
// second copy of the weights in memory.
#include "driver/onnx_model.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fractal/plan/slots.hpp>
#include <fractal/spec/name.hpp>
#include <protozero/pbf_builder.hpp>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "base/quantities.hpp"
#include "base/version.hpp"
#include "driver/onnx_fields.hpp"
#include "weights/weights_fit.hpp"

namespace fractal::driver {
namespace {

using protozero::pbf_builder;

constexpr const char* input_name = "images";
constexpr const char* output_name = "logits";

/// Adds the nodes of one network to a graph. A value is the name of a tensor.
class OnnxReading {
public:
    using Value = std::string;

    OnnxReading(pbf_builder<onnx::Graph>& graph, const NetworkSpec& net) : graph_(graph), net_(net) {}

    template <int Columns, class Body>
    auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    Value fire(const Site& site, Value value) {
        for (int place = 0; place < net_.order.count; ++place) {
            const Value path(
                line("unit", site.unit, ".step", site.step, ".column", site.column, ".layer", place).view());
            value = layer(net_.order[place], path, value);
        }
        return value;
    }
    Value join(int unit, int step, std::span<const Value> values) {
        if (values.size() == 1) return values[0];
        return node("Mean", fmt::format("unit{}.step{}.join", unit, step), values);
    }
    Value transition(int unit, const Value& in) {
        return layer(layer_spec<Conv<1>>, fmt::format("unit{}.transition", unit), in);
    }
    Value pool(int, const Value& in) {
        return node("MaxPool", in + ".pool", {in}, [](pbf_builder<onnx::Node>& pool) {
            add_ints(pool, "kernel_shape", {2, 2});
            add_ints(pool, "strides", {2, 2});
        });
    }
    Value unit_dropout(int, const Value& in) { return in; }
    Value head(const Value& in) {
        const bool flat = net_.head == HeadKind::flatten;
        const Value means = flat ? in : node("GlobalAveragePool", "head.means", {in});
        const Value features =
            node("Flatten", "head.features", {means}, [](auto& flatten) { add_int(flatten, "axis", 1); });
        return node("Gemm", output_name, {features, "head.weight", "head.bias"},
                    [](auto& gemm) { add_int(gemm, "transB", 1); });
    }

private:
    Value layer(const LayerSpec& layer, const Value& path, const Value& in) {
        switch (layer.kind) {
            case LayerKind::convolution: {
                const std::int64_t kernel = layer.argument, edge = kernel / 2;
                return node("Conv", path, {in, path + ".weight"}, [&](auto& convolution) {
                    add_ints(convolution, "kernel_shape", {kernel, kernel});
                    add_ints(convolution, "pads", {edge, edge, edge, edge});
                });
            }
            case LayerKind::batch_norm:
                return node(
                    "BatchNormalization", path,
                    {in, path + ".weight", path + ".bias", path + ".running_mean", path + ".running_var"},
                    [](auto& norm) { add_float(norm, "epsilon", BatchNorm::epsilon); });
            case LayerKind::relu:
                return node("Relu", path, {in});
            case LayerKind::dropout:
                return in;
            case LayerKind::custom:
                break;
        }
        throw UsageError(
            fmt::format("layer '{}' ({}) has no form in ONNX that is known here: --to onnx knows "
                        "the built-in layers; --to torchscript takes others along",
                        layer.name, layer.type));
    }

    /// A node called like the tensor that it makes; `attributes` adds to it.
    template <class Attributes>
    Value node(const char* type, const Value& out, std::span<const Value> in, Attributes attributes) {
        pbf_builder<onnx::Node> node(graph_, onnx::Graph::node);
        for (const Value& value : in) node.add_string(onnx::Node::input, value);
        node.add_string(onnx::Node::output, out);
        node.add_string(onnx::Node::name, out);
        node.add_string(onnx::Node::op_type, type);
        attributes(node);
        return out;
    }
    template <class Attributes>
    Value node(const char* type, const Value& out, std::initializer_list<Value> in, Attributes attributes) {
        return node(type, out, std::span(in.begin(), in.size()), attributes);
    }
    Value node(const char* type, const Value& out, std::span<const Value> in) {
        return node(type, out, in, [](auto&) {});
    }
    Value node(const char* type, const Value& out, std::initializer_list<Value> in) {
        return node(type, out, std::span(in.begin(), in.size()));
    }

    static void add_int(pbf_builder<onnx::Node>& node, const char* name, std::int64_t number) {
        pbf_builder<onnx::Attribute> attribute(node, onnx::Node::attribute);
        attribute.add_string(onnx::Attribute::name, name);
        attribute.add_int64(onnx::Attribute::i, number);
        attribute.add_int32(onnx::Attribute::type, onnx::attribute_int);
    }
    static void add_float(pbf_builder<onnx::Node>& node, const char* name, double number) {
        pbf_builder<onnx::Attribute> attribute(node, onnx::Node::attribute);
        attribute.add_string(onnx::Attribute::name, name);
        attribute.add_float(onnx::Attribute::f, static_cast<float>(number));
        attribute.add_int32(onnx::Attribute::type, onnx::attribute_float);
    }
    static void add_ints(pbf_builder<onnx::Node>& node, const char* name,
                         std::initializer_list<std::int64_t> numbers) {
        pbf_builder<onnx::Attribute> attribute(node, onnx::Node::attribute);
        attribute.add_string(onnx::Attribute::name, name);
        for (const std::int64_t number : numbers) attribute.add_int64(onnx::Attribute::ints, number);
        attribute.add_int32(onnx::Attribute::type, onnx::attribute_ints);
    }

    pbf_builder<onnx::Graph>& graph_;
    const NetworkSpec& net_;
};

void add_initializer(pbf_builder<onnx::Graph>& graph, const TensorEntry& entry,
                     const std::vector<char>& data) {
    pbf_builder<onnx::Tensor> tensor(graph, onnx::Graph::initializer);
    for (const std::int64_t extent : entry.shape) tensor.add_int64(onnx::Tensor::dims, extent);
    tensor.add_int32(onnx::Tensor::data_type, onnx::float32);
    tensor.add_string(onnx::Tensor::name, entry.name);
    tensor.add_bytes(onnx::Tensor::raw_data, data.data(), data.size());
}

void add_initializers(pbf_builder<onnx::Graph>& graph, const StoredTensors& weights) {
    std::vector<char> data;
    const TensorEntry* read = nullptr;
    const auto place = [&](const TensorEntry& entry) {
        if (read != nullptr) add_initializer(graph, *read, data);
        read = &entry;
        data.resize(entry.bytes());
        return reinterpret_cast<std::byte*>(data.data());
    };
    read_tensor_data(weights, place);
    if (read != nullptr) add_initializer(graph, *read, data);
}

/// An input or output of the graph: a batch of any size of maps or rows with these extents.
void add_batch(pbf_builder<onnx::Graph>& graph, onnx::Graph place, const char* name,
               std::initializer_list<std::int64_t> extents) {
    pbf_builder<onnx::ValueInfo> value(graph, place);
    value.add_string(onnx::ValueInfo::name, name);
    pbf_builder<onnx::Type> type(value, onnx::ValueInfo::type);
    pbf_builder<onnx::TensorType> tensor(type, onnx::Type::tensor);
    tensor.add_int32(onnx::TensorType::elem_type, onnx::float32);
    pbf_builder<onnx::Shape> shape(tensor, onnx::TensorType::shape);
    pbf_builder<onnx::Dimension>(shape, onnx::Shape::dim).add_string(onnx::Dimension::param, "N");
    for (const std::int64_t extent : extents) {
        pbf_builder<onnx::Dimension>(shape, onnx::Shape::dim).add_int64(onnx::Dimension::value, extent);
    }
}

/// The weights' bytes; throws where they are too many.
std::size_t size_of(const StoredTensors& weights) {
    constexpr std::uint64_t most = 2'000'000'000; // of 2^31 - 1, with room for the graph
    std::uint64_t bytes = 0;
    for (const TensorEntry& entry : weights.header.tensors) bytes += entry.bytes();
    if (bytes <= most) return bytes;
    throw UsageError(
        fmt::format("'{}' holds {} of weights, and an ONNX file takes 2 GiB: --to torchscript and "
                    "--to safetensors take more",
                    weights.file.string(), bytes_text(static_cast<std::int64_t>(bytes))));
}

void add_graph(pbf_builder<onnx::Model>& model, const NetworkSpec& net, std::string_view name,
               const StoredTensors& weights) {
    pbf_builder<onnx::Graph> graph(model, onnx::Model::graph);
    graph.add_string(onnx::Graph::name, std::string(name));
    OnnxReading reading(graph, net);
    walk(reading, net, std::string(input_name));
    add_initializers(graph, weights);
    add_batch(graph, onnx::Graph::input, input_name, {net.input.channels, net.input.height, net.input.width});
    add_batch(graph, onnx::Graph::output, output_name, {net.classes});
}

/// A builder writes its length where it began when it goes, so each goes before what it stands in.
void add_model(std::string& bytes, const NetworkSpec& net, std::string_view name,
               const StoredTensors& weights) {
    pbf_builder<onnx::Model> model(bytes);
    model.add_int64(onnx::Model::ir_version, onnx::ir_version);
    model.add_string(onnx::Model::producer_name, "fractal");
    model.add_string(onnx::Model::producer_version, std::string(version));
    add_graph(model, net, name, weights);
    {
        pbf_builder<onnx::Opset> operators(model, onnx::Model::opset_import);
        operators.add_string(onnx::Opset::domain, "");
        operators.add_int64(onnx::Opset::version, onnx::opset);
    }
    pbf_builder<onnx::Property> property(model, onnx::Model::metadata_props);
    property.add_string(onnx::Property::key, network_key);
    property.add_string(onnx::Property::value, std::string(full_name(net).view()));
}

} // namespace

void write_onnx(const std::filesystem::path& file, const NetworkSpec& net, std::string_view name,
                const StoredTensors& weights) {
    std::string bytes;
    bytes.reserve(size_of(weights) + (1 << 20));
    add_model(bytes, net, name, weights);
    write_durably(file, bytes);
}

} // namespace fractal::driver
