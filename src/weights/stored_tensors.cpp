// Opens the file, and reads its tensors one after the other.
#include "weights/stored_tensors.hpp"

#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"
#include "weights/checksum.hpp"

namespace fractal {

StoredTensors open_tensors(const std::filesystem::path& file) {
    std::error_code failure;
    // A pipe or a device would block or never end.
    const bool regular = std::filesystem::is_regular_file(file, failure);
    const std::uintmax_t size = regular ? std::filesystem::file_size(file, failure) : 0;
    std::ifstream in;
    if (regular && !failure) in.open(file, std::ios::binary);
    if (!in.is_open())
        throw IoError(fmt::format("cannot read '{}'; is it there, and a file?", file.string()));
    StoredTensors stored{.file = file, .data_begin = 0, .header = {}};
    stored.header = read_tensor_header(in, size, file.string());
    stored.data_begin = static_cast<std::uint64_t>(in.tellg());
    return stored;
}

void read_tensor_data(const StoredTensors& stored,
                      const std::function<std::byte*(const TensorEntry&)>& place) {
    const std::string file = stored.file.string();
    std::ifstream in(stored.file, std::ios::binary);
    if (!in) throw IoError(fmt::format("'{}' cannot be opened any more", file));
    in.seekg(static_cast<std::streamoff>(stored.data_begin));
    Checksum checksum;
    for (const TensorEntry& entry : stored.header.tensors) {
        std::byte* const bytes = place(entry);
        in.read(reinterpret_cast<char*>(bytes), static_cast<std::streamsize>(entry.bytes()));
        if (in.bad()) throw IoError(fmt::format("cannot read '{}' to its end", file));
        if (!in) throw DataError(fmt::format("'{}' ends within tensor '{}'", file, entry.name));
        checksum.add({bytes, entry.bytes()});
    }
    const auto& metadata = stored.header.metadata;
    const auto expected = metadata.find(Checksum::key);
    if (expected != metadata.end() && expected->second != checksum.text()) {
        throw DataError(fmt::format("'{}' is damaged: its checksum is {}, not {}", file, checksum.text(),
                                    expected->second));
    }
}

} // namespace fractal
