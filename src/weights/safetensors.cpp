// Reads and writes safetensors: 8 bytes header length, JSON header, tensors one after the other,
// little-endian.
#include "weights/safetensors.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <torch/torch.h>
#include <nlohmann/json.hpp>

#include "base/durable_file.hpp"
#include "base/error.hpp"

namespace fractal {

namespace {

static_assert(std::endian::native == std::endian::little, "the format's numbers are little-endian");

using Json = nlohmann::ordered_json;

constexpr const char* metadata_key = "__metadata__";
constexpr const char* checksum_key = "fractal.checksum";
constexpr std::uint64_t max_header_bytes = 100'000'000; // the format's own limit

struct NamedType {
    const char* name;
    torch::ScalarType type;
};
constexpr std::array<NamedType, 6> types{{{"F16", torch::kFloat16},
                                          {"BF16", torch::kBFloat16},
                                          {"F32", torch::kFloat32},
                                          {"F64", torch::kFloat64},
                                          {"I64", torch::kInt64},
                                          {"U8", torch::kUInt8}}};

const char* name_of_type(torch::ScalarType type) {
    for (const NamedType& known : types) {
        if (known.type == type) return known.name;
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

/// The header's entry of one tensor, checked against the size of the data.
struct Entry {
    std::string name;
    torch::ScalarType type = torch::kFloat32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

class HeaderReader {
public:
    HeaderReader(const std::filesystem::path& file, std::uint64_t data_bytes)
        : file_(file),
          data_bytes_(data_bytes) {}

    Entry entry(const std::string& name, const Json& fields) const {
        const auto complain = [&](const std::string& what) {
            throw DataError(fmt::format("'{}': tensor '{}' {}", file_.string(), name, what));
        };
        Entry entry;
        entry.name = name;
        try {
            const auto type = fields.at("dtype").get<std::string>();
            const auto known =
                std::find_if(types.begin(), types.end(), [&](auto& t) { return type == t.name; });
            if (known == types.end()) complain("has the unknown type '" + type + "'");
            entry.type = known->type;
            entry.shape = fields.at("shape").get<std::vector<std::int64_t>>();
            const auto offsets = fields.at("data_offsets").get<std::array<std::uint64_t, 2>>();
            entry.begin = offsets[0];
            entry.end = offsets[1];
        } catch (const nlohmann::json::exception&) {
            complain("needs dtype, shape and data_offsets in the header");
        }
        if (entry.shape.size() > 8) complain("has more than 8 dimensions");
        std::uint64_t bytes = c10::elementSize(entry.type);
        for (const std::int64_t extent : entry.shape) {
            if (extent < 0) complain("has a negative extent");
            const auto factor = static_cast<std::uint64_t>(extent);
            if (factor != 0 && bytes > data_bytes_ / factor) complain("is larger than the file");
            bytes *= factor;
        }
        if (entry.begin > entry.end || entry.end > data_bytes_ || entry.end - entry.begin != bytes) {
            complain(fmt::format("has offsets {} to {}, which are not its {} bytes within {}", entry.begin,
                                 entry.end, bytes, data_bytes_));
        }
        return entry;
    }

private:
    const std::filesystem::path& file_;
    std::uint64_t data_bytes_;
};

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
    Json& metadata = header[metadata_key];
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

    std::uint64_t length = 0;
    in.read(reinterpret_cast<char*>(&length), 8);
    if (!in || length > max_header_bytes || length > size - 8) {
        throw DataError(fmt::format("'{}' ({} bytes) is no safetensors file: its header does not fit in it",
                                    file.string(), size));
    }
    std::string text(length, '\0');
    in.read(text.data(), static_cast<std::streamsize>(length));
    const Json header = Json::parse(text, nullptr, false);
    if (!in || !header.is_object()) {
        throw DataError(
            fmt::format("'{}' is no safetensors file: its header is not a JSON object", file.string()));
    }

    TensorFile content;
    Checksum checksum;
    const HeaderReader reader(file, size - 8 - length);
    std::vector<Entry> entries;
    for (const auto& [name, fields] : header.items()) {
        if (name != metadata_key) {
            entries.push_back(reader.entry(name, fields));
            continue;
        }
        if (!fields.is_object())
            throw DataError(fmt::format("'{}': __metadata__ is no object", file.string()));
        for (const auto& [key, value] : fields.items()) {
            if (value.is_string()) content.metadata[key] = value.get<std::string>();
        }
    }
    std::ranges::sort(entries, {}, &Entry::begin);
    std::uint64_t read = 0;
    for (const Entry& entry : entries) {
        if (entry.begin != read) {
            throw DataError(
                fmt::format("'{}': tensor '{}' overlaps another or leaves a gap", file.string(), entry.name));
        }
        torch::Tensor tensor = torch::empty(entry.shape, entry.type);
        in.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
        if (!in) throw DataError(fmt::format("'{}' ends within tensor '{}'", file.string(), entry.name));
        checksum.add(bytes_of(tensor));
        read = entry.end;
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
