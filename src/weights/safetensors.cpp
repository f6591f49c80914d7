// Tensors from and to safetensors: the header, then tensors one after the other, little-endian.
#include "weights/safetensors.hpp"

#include <span>
#include <utility>

#include <fmt/format.h>
#include <torch/torch.h>
#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "weights/checksum.hpp"
#include "weights/stored_tensors.hpp"
#include "weights/tensor_header.hpp"

namespace fractal {

namespace {

using Json = nlohmann::ordered_json;

torch::ScalarType scalar_type(TensorType type) {
    switch (type) {
        case TensorType::boolean:
            return torch::kBool;
        case TensorType::u8:
            return torch::kUInt8;
        case TensorType::i8:
            return torch::kInt8;
        case TensorType::u16:
            return torch::kUInt16;
        case TensorType::i16:
            return torch::kInt16;
        case TensorType::f16:
            return torch::kFloat16;
        case TensorType::bf16:
            return torch::kBFloat16;
        case TensorType::u32:
            return torch::kUInt32;
        case TensorType::i32:
            return torch::kInt32;
        case TensorType::f32:
            return torch::kFloat32;
        case TensorType::u64:
            return torch::kUInt64;
        case TensorType::i64:
            return torch::kInt64;
        case TensorType::f64:
            return torch::kFloat64;
    }
    return torch::kUInt8;
}

std::string_view name_of_type(torch::ScalarType type) {
    for (const TensorTypeName& known : tensor_types) {
        if (scalar_type(known.type) == type) return known.name;
    }
    throw DataError(fmt::format("a tensor of type {} cannot be written as safetensors", c10::toString(type)));
}

/// As the file holds it.
torch::Tensor plain(const torch::Tensor& tensor) { return tensor.detach().to(torch::kCPU).contiguous(); }

/// Of a plain tensor.
std::span<const std::byte> bytes_of(const torch::Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

} // namespace

const torch::Tensor* TensorFile::find(std::string_view name) const {
    for (const auto& [known, tensor] : tensors) {
        if (known == name) return &tensor;
    }
    return nullptr;
}

std::string write_tensors(const std::filesystem::path& file, const TensorFile& content) {
    Json header = Json::object();
    Checksum checksum;
    std::uint64_t offset = 0;
    // Tensors are made plain one at a time, and twice, since the header has the checksum of all: together
    // they would take as much memory as a trial holds.
    for (const auto& [name, tensor] : content.tensors) {
        header[name] = {{"dtype", name_of_type(tensor.scalar_type())},
                        {"shape", tensor.sizes().vec()},
                        {"data_offsets", {offset, offset + tensor.nbytes()}}};
        offset += tensor.nbytes();
        checksum.add(bytes_of(plain(tensor)));
    }
    Json& metadata = header[std::string(tensor_metadata_key)];
    metadata = content.metadata;
    metadata[Checksum::key] = checksum.text();
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' '); // tensors begin aligned

    write_durably(file, [&](const ByteSink& sink) {
        const std::uint64_t length = text.size();
        sink(std::as_bytes(std::span(&length, 1)));
        sink(std::as_bytes(std::span(text)));
        for (const auto& [name, tensor] : content.tensors) sink(bytes_of(plain(tensor)));
    });
    return checksum.text();
}

TensorFile read_tensors(const std::filesystem::path& file) {
    StoredTensors stored = open_tensors(file);
    TensorFile content;
    read_tensor_data(stored, [&](const TensorEntry& entry) {
        content.tensors.emplace_back(entry.name, torch::empty(entry.shape, scalar_type(entry.type)));
        return static_cast<std::byte*>(content.tensors.back().second.data_ptr());
    });
    content.metadata = std::move(stored.header.metadata);
    return content;
}

} // namespace fractal
