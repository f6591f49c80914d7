// Reads and writes safetensors: the header, then tensors one after the other, little-endian.
#include "weights/safetensors.hpp"

#include <cstring>
#include <fstream>
#include <span>

#include <fmt/format.h>
#include <torch/torch.h>
#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "weights/tensor_header.hpp"

namespace fractal {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* checksum_key = "fractal.checksum";

torch::ScalarType scalar_type(TensorType type) {
    switch (type) {
        case TensorType::f16:
            return torch::kFloat16;
        case TensorType::bf16:
            return torch::kBFloat16;
        case TensorType::f32:
            return torch::kFloat32;
        case TensorType::f64:
            return torch::kFloat64;
        case TensorType::i64:
            return torch::kInt64;
        case TensorType::u8:
            return torch::kUInt8;
    }
    return torch::kUInt8;
}

std::string_view name_of_type(torch::ScalarType type) {
    for (const TensorTypeName& known : tensor_types) {
        if (scalar_type(known.type) == type) return known.name;
    }
    throw DataError(fmt::format("a tensor of type {} cannot be written as safetensors", c10::toString(type)));
}

/// FNV-1a over words of 8 bytes: fast enough to check every file that is read.
class Checksum {
public:
    void add(std::span<const std::byte> bytes) {
        while (bytes.size() >= 8) {
            std::uint64_t word;
            std::memcpy(&word, bytes.data(), 8);
            mix(word);
            bytes = bytes.subspan(8);
        }
        for (const std::byte byte : bytes) mix(std::to_integer<std::uint64_t>(byte));
    }
    std::string text() const { return fmt::format("{:016x}", hash_); }

private:
    void mix(std::uint64_t word) { hash_ = (hash_ ^ word) * 1099511628211ULL; }
    std::uint64_t hash_ = 14695981039346656037ULL;
};

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

void write_tensors(const std::filesystem::path& file, const TensorFile& content) {
    std::vector<torch::Tensor> stored;
    Json header = Json::object();
    Checksum checksum;
    std::uint64_t offset = 0;
    for (const auto& [name, tensor] : content.tensors) {
        const torch::Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
        header[name] = {{"dtype", name_of_type(plain.scalar_type())},
                        {"shape", plain.sizes().vec()},
                        {"data_offsets", {offset, offset + plain.nbytes()}}};
        offset += plain.nbytes();
        checksum.add(bytes_of(plain));
        stored.push_back(plain);
    }
    Json& metadata = header[std::string(tensor_metadata_key)];
    metadata = content.metadata;
    metadata[checksum_key] = checksum.text();
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' '); // tensors begin aligned

    write_durably(file, [&](const ByteSink& sink) {
        const std::uint64_t length = text.size();
        sink(std::as_bytes(std::span(&length, 1)));
        sink(std::as_bytes(std::span(text)));
        for (const torch::Tensor& tensor : stored) sink(bytes_of(tensor));
    });
}

TensorFile read_tensors(const std::filesystem::path& file) {
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(file, unknown);
    std::ifstream in(file, std::ios::binary);
    if (unknown || !in)
        throw IoError(fmt::format("cannot read '{}'; is it there, and a file?", file.string()));

    TensorHeader header = read_tensor_header(in, size, file.string());
    TensorFile content{.tensors = {}, .metadata = std::move(header.metadata)};
    Checksum checksum;
    for (const TensorEntry& entry : header.tensors) {
        torch::Tensor tensor = torch::empty(entry.shape, scalar_type(entry.type));
        in.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
        if (in.bad()) throw IoError(fmt::format("cannot read '{}' to its end", file.string()));
        if (!in) throw DataError(fmt::format("'{}' ends within tensor '{}'", file.string(), entry.name));
        checksum.add(bytes_of(tensor));
        content.tensors.emplace_back(entry.name, std::move(tensor));
    }
    const auto expected = content.metadata.find(checksum_key);
    if (expected != content.metadata.end() && expected->second != checksum.text()) {
        throw DataError(fmt::format("'{}' is damaged: its checksum is {}, not {}", file.string(),
                                    checksum.text(), expected->second));
    }
    return content;
}

} // namespace fractal
