// The header of a safetensors file, held against the size of the file: no number in it is trusted. Knows no
// LibTorch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fractal {

/// What the elements of a tensor are.
enum class TensorType : std::uint8_t { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

/// A type as the format calls it, the bytes of an element, and whether it is a floating-point number.
struct TensorTypeName {
    TensorType type;
    std::string_view name;
    std::uint64_t bytes;
    bool floating;
};
inline constexpr std::array<TensorTypeName, 13> tensor_types{{{TensorType::boolean, "BOOL", 1, false},
                                                              {TensorType::u8, "U8", 1, false},
                                                              {TensorType::i8, "I8", 1, false},
                                                              {TensorType::u16, "U16", 2, false},
                                                              {TensorType::i16, "I16", 2, false},
                                                              {TensorType::f16, "F16", 2, true},
                                                              {TensorType::bf16, "BF16", 2, true},
                                                              {TensorType::u32, "U32", 4, false},
                                                              {TensorType::i32, "I32", 4, false},
                                                              {TensorType::f32, "F32", 4, true},
                                                              {TensorType::u64, "U64", 8, false},
                                                              {TensorType::i64, "I64", 8, false},
                                                              {TensorType::f64, "F64", 8, true}}};

/// The type's entry in the list.
constexpr const TensorTypeName& naming(TensorType type) {
    return tensor_types[static_cast<std::size_t>(type)];
}
static_assert(
    [] {
        for (const TensorTypeName& known : tensor_types) {
            if (naming(known.type).type != known.type) return false;
        }
        return true;
    }(),
    "the list is in the order of the types");

/// One tensor. Its bytes are those from `begin` to `end` behind the header, and as many as shape and type
/// say.
struct TensorEntry {
    std::string name;
    TensorType type = TensorType::f32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    /// The number of its bytes.
    std::uint64_t bytes() const { return end - begin; }
};

struct TensorHeader {
    std::vector<TensorEntry> tensors; ///< in the order of their bytes: each begins where the one before it
                                      ///< ends, the last ends with the file
    std::map<std::string, std::string> metadata; ///< text by key, the format's `__metadata__`

    /// The tensor called `name`, or null.
    const TensorEntry* find(std::string_view name) const;
};

inline constexpr std::string_view tensor_metadata_key = "__metadata__";

/// Reads the header from the beginning of a file of `file_bytes` bytes and leaves `in` at the first tensor.
/// Throws DataError, naming `file` and what is wrong, and IoError where it cannot be read.
TensorHeader read_tensor_header(std::istream& in, std::uint64_t file_bytes, std::string_view file);

} // namespace fractal
