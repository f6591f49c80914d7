// Tensors of a safetensors file on disk: where their bytes go, and what is noticed while they are read.
#include "check.hpp"

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "unit/store_fixture.hpp"
#include "weights/checksum.hpp"
#include "weights/stored_tensors.hpp"

using namespace fractal;
using store::testing::TemporaryFolder;

namespace {

constexpr std::string_view content = "0123456789ab";

/// Two tensors of bytes, of which the first in the header is the second in the file.
std::filesystem::path two_tensors(const TemporaryFolder& folder, const std::string& checksum) {
    const std::string header =
        R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[10,12]},"a":{"dtype":"U8","shape":[2,5],"data_offsets":[0,10]},)"
        R"("__metadata__":{"fractal.checksum":")" +
        checksum + R"("}})";
    const std::uint64_t length = header.size();
    const std::filesystem::path file = folder.path() / "two.safetensors";
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << header << content;
    return file;
}

std::string checksum_of_data() {
    Checksum checksum;
    checksum.add(std::as_bytes(std::span(content.substr(0, 10))));
    checksum.add(std::as_bytes(std::span(content.substr(10))));
    return checksum.text();
}

/// The bytes of all tensors, each behind its name.
std::string text_of(const StoredTensors& stored) {
    std::vector<std::pair<std::string, std::string>> read;
    read_tensor_data(stored, [&](const TensorEntry& entry) {
        read.emplace_back(entry.name, std::string(entry.bytes(), '?'));
        return reinterpret_cast<std::byte*>(read.back().second.data());
    });
    std::string text;
    for (const auto& [name, bytes] : read) text += name + bytes;
    return text;
}

} // namespace

TEST_CASE("tensors are read in the order of their bytes, each to its place") {
    const TemporaryFolder folder;
    const StoredTensors stored = open_tensors(two_tensors(folder, checksum_of_data()));
    CHECK(stored.data_begin + content.size() == std::filesystem::file_size(stored.file));
    CHECK(text_of(stored) == "a0123456789bab");
}

TEST_CASE("a file that is absent, has become shorter or holds other bytes is noticed") {
    const TemporaryFolder folder;
    CHECK_THROWS_WITH_AS(open_tensors(folder.path() / "absent"), doctest::Contains("is it there"), IoError);
    CHECK_THROWS_AS(open_tensors(folder.path()), IoError);

    const StoredTensors damaged = open_tensors(two_tensors(folder, "0123456789abcdef"));
    CHECK_THROWS_WITH_AS(text_of(damaged), doctest::Contains("not 0123456789abcdef"), DataError);

    const StoredTensors stored = open_tensors(two_tensors(folder, checksum_of_data()));
    std::filesystem::resize_file(stored.file, std::filesystem::file_size(stored.file) - 1);
    CHECK_THROWS_WITH_AS(text_of(stored), doctest::Contains("ends within tensor 'b'"), DataError);
    CHECK_THROWS_WITH_AS(open_tensors(stored.file), doctest::Contains("tensor 'b'"), DataError);
    std::filesystem::remove(stored.file);
    CHECK_THROWS_AS(text_of(stored), IoError);
}
