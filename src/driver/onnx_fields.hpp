// The fields of an ONNX file that are written here, with their numbers in onnx.proto (which never change).
#pragma once

#include <cstdint>

#include <protozero/types.hpp>

namespace fractal::driver::onnx {

using Tag = protozero::pbf_tag_type;

enum class Model : Tag {
    ir_version = 1,
    producer_name = 2,
    producer_version = 3,
    graph = 7,
    opset_import = 8,
    metadata_props = 14
};
enum class Opset : Tag { domain = 1, version = 2 };
enum class Property : Tag { key = 1, value = 2 };
enum class Graph : Tag { node = 1, name = 2, initializer = 5, input = 11, output = 12 };
enum class Node : Tag { input = 1, output = 2, name = 3, op_type = 4, attribute = 5 };
enum class Attribute : Tag { name = 1, f = 2, i = 3, ints = 8, type = 20 };
enum class Tensor : Tag { dims = 1, data_type = 2, name = 8, raw_data = 9 };
enum class ValueInfo : Tag { name = 1, type = 2 };
enum class Type : Tag { tensor = 1 };
enum class TensorType : Tag { elem_type = 1, shape = 2 };
enum class Shape : Tag { dim = 1 };
enum class Dimension : Tag { value = 1, param = 2 };

inline constexpr std::int32_t float32 = 1; ///< TensorProto.DataType.FLOAT
/// AttributeProto.AttributeType
inline constexpr std::int32_t attribute_float = 1, attribute_int = 2, attribute_ints = 7;

inline constexpr std::int64_t ir_version = 7; ///< ONNX 1.8, of December 2020: what reads less is rare
inline constexpr std::int64_t opset = 13;     ///< the operators of that version

} // namespace fractal::driver::onnx
