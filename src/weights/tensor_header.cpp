// Eight bytes of length, a JSON object with an entry for each tensor.
#include "weights/tensor_header.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace fractal {

namespace {

static_assert(std::endian::native == std::endian::little, "the format's numbers are little-endian");

using Json = nlohmann::ordered_json;

constexpr std::uint64_t max_header_bytes = 100'000'000; // the format's own limit
constexpr int max_depth = 3;                            // header, tensor, shape
constexpr std::size_t max_dimensions = 8;

/// The header as JSON; a discarded value where it is none, or nested deeper than the format is.
Json parsed(const std::string& text) {
    bool too_deep = false;
    const auto shallow = [&too_deep](int depth, Json::parse_event_t, const Json&) {
        too_deep = too_deep || depth > max_depth;
        return !too_deep;
    };
    Json json = Json::parse(text, shallow, /*allow_exceptions=*/false);
    return too_deep ? Json(Json::value_t::discarded) : json;
}

/// The entry of one tensor, its size held against `data_bytes`, the size of all.
TensorEntry entry_of(const std::string& name, const Json& fields, std::uint64_t data_bytes,
                     std::string_view file) {
    const auto complain = [&](const std::string& what) {
        throw DataError(fmt::format("'{}': tensor '{}' {}", file, name, what));
    };
    TensorEntry entry;
    entry.name = name;
    std::uint64_t bytes = 0;
    try {
        const auto type = fields.at("dtype").get<std::string>();
        const auto known = std::ranges::find(tensor_types, type, &TensorTypeName::name);
        if (known == tensor_types.end()) complain("has the unknown type '" + type + "'");
        entry.type = known->type;
        bytes = known->bytes;
        for (const Json& extent : fields.at("shape")) {
            if (extent.is_number_integer() && !extent.is_number_unsigned()) complain("has a negative extent");
            if (!extent.is_number_unsigned()) complain("has an extent that is no whole number");
            entry.shape.push_back(extent.get<std::int64_t>());
        }
        for (const Json& offset : fields.at("data_offsets")) {
            if (!offset.is_number_unsigned()) complain("has an offset that is no whole number");
        }
        const auto offsets = fields.at("data_offsets").get<std::array<std::uint64_t, 2>>();
        entry.begin = offsets[0];
        entry.end = offsets[1];
    } catch (const nlohmann::json::exception&) {
        complain("needs dtype, shape and data_offsets in the header");
    }
    if (entry.shape.size() > max_dimensions)
        complain(fmt::format("has more than {} dimensions", max_dimensions));
    for (const std::int64_t extent : entry.shape) {
        const auto factor = static_cast<std::uint64_t>(extent);
        if (extent < 0 || (factor != 0 && bytes > data_bytes / factor)) complain("is larger than the file");
        bytes *= factor;
    }
    if (entry.begin > entry.end || entry.end > data_bytes || entry.end - entry.begin != bytes) {
        complain(fmt::format("has offsets {} to {}, which are not its {} bytes within {}", entry.begin,
                             entry.end, bytes, data_bytes));
    }
    return entry;
}

} // namespace

const TensorEntry* TensorHeader::find(std::string_view name) const {
    const auto found = std::ranges::find(tensors, name, &TensorEntry::name);
    return found == tensors.end() ? nullptr : &*found;
}

TensorHeader read_tensor_header(std::istream& in, std::uint64_t file_bytes, std::string_view file) {
    std::array<char, 8> length_bytes{};
    in.read(length_bytes.data(), length_bytes.size());
    const auto check_disk = [&] {
        if (in.bad()) throw IoError(fmt::format("cannot read the header of '{}'", file));
    };
    check_disk();
    const auto length = std::bit_cast<std::uint64_t>(length_bytes);
    if (!in || length > max_header_bytes || file_bytes < length_bytes.size() ||
        length > file_bytes - length_bytes.size()) {
        throw DataError(fmt::format("'{}' ({} bytes) is no safetensors file: its header does not fit in it",
                                    file, file_bytes));
    }
    std::string text(length, '\0');
    in.read(text.data(), static_cast<std::streamsize>(length));
    check_disk();
    const Json json = in ? parsed(text) : Json(Json::value_t::discarded);
    if (!json.is_object()) {
        throw DataError(fmt::format("'{}' is no safetensors file: its header is not a JSON object", file));
    }
    TensorHeader header;
    const std::uint64_t data_bytes = file_bytes - length_bytes.size() - length;
    for (const auto& [name, fields] : json.items()) {
        if (name != tensor_metadata_key) {
            header.tensors.push_back(entry_of(name, fields, data_bytes, file));
            continue;
        }
        if (!fields.is_object()) throw DataError(fmt::format("'{}': {} is no object", file, name));
        for (const auto& [key, value] : fields.items()) {
            if (value.is_string()) header.metadata[key] = value.get<std::string>();
        }
    }
    std::ranges::stable_sort(header.tensors, {}, [](const TensorEntry& entry) {
        return std::pair(entry.begin, entry.end); // an empty one before that which begins where it is
    });
    std::uint64_t covered = 0;
    for (const TensorEntry& entry : header.tensors) {
        if (entry.begin != covered) {
            throw DataError(
                fmt::format("'{}': tensor '{}' overlaps another or leaves a gap", file, entry.name));
        }
        covered = entry.end;
    }
    if (covered != data_bytes) {
        throw DataError(fmt::format("'{}' has {} bytes after its last tensor", file, data_bytes - covered));
    }
    return header;
}

} // namespace fractal
