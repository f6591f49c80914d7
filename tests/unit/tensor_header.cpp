// Headers of safetensors: what is read, and that no number in one is trusted.
#include "check.hpp"

#include <sstream>
#include <string>

#include "base/error.hpp"
#include "weights/tensor_header.hpp"

using namespace fractal;

namespace {

/// The header, with so many bytes of tensors behind it.
TensorHeader read(const std::string& header, std::size_t data_bytes) {
    const std::uint64_t length = header.size();
    const std::string bytes =
        std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data_bytes, '\0');
    std::istringstream stream(bytes);
    const TensorHeader read = read_tensor_header(stream, bytes.size(), "net.safetensors");
    CHECK(static_cast<std::size_t>(stream.tellg()) == bytes.size() - data_bytes);
    return read;
}

} // namespace

TEST_CASE("tensors come in the order of their bytes, with the metadata's texts") {
    const TensorHeader header = read(
        R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},)"
        R"("none":{"dtype":"U8","shape":[0,3],"data_offsets":[4,4]},"__metadata__":{"key":"text"}})",
        12);
    REQUIRE(header.tensors.size() == 3);
    CHECK(header.tensors[0].name == "a");
    CHECK(header.tensors[2].name == "b");
    CHECK(header.find("none")->shape == std::vector<std::int64_t>{0, 3});
    CHECK(header.find("c") == nullptr);
    CHECK(header.metadata.at("key") == "text");
}

TEST_CASE("each type of the format has its size") {
    for (const TensorTypeName& type : tensor_types) {
        CAPTURE(type.name);
        const std::string header = "{\"a\":{\"dtype\":\"" + std::string(type.name) +
                                   "\",\"shape\":[3],\"data_offsets\":[0," + std::to_string(3 * type.bytes) +
                                   "]}}";
        CHECK(read(header, 3 * type.bytes).tensors.front().type == type.type);
        CHECK(naming(type.type).name == type.name);
    }
}

TEST_CASE("sizes in a header are not trusted") {
    const auto refused = [](const std::string& header, const char* reason) {
        CAPTURE(header.substr(0, 80));
        CHECK_THROWS_WITH_AS(read(header, 16), doctest::Contains(reason), DataError);
    };
    refused(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}})",
            "larger than the file");
    refused(R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,16]}})",
            "larger than the file");
    refused(R"({"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})", "negative extent");
    refused(R"({"a":{"dtype":"F32","shape":[4.5],"data_offsets":[0,16]}})", "no whole number");
    refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}})", "not its 16 bytes within 16");
    refused(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,-1]}})", "no whole number");
    refused(
        R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
        "overlaps another or leaves a gap");
    refused(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})", "4 bytes after its last tensor");
    refused(R"({"a":{"dtype":"X9","shape":[4],"data_offsets":[0,16]}})", "unknown type");
    refused(R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,16],"data_offsets":[0,16]}})",
            "more than 8 dimensions");
    refused(R"({"a":[]})", "needs dtype");
    refused(R"([])", "not a JSON object");
    refused(R"({"__metadata__":[]})", "no object");
    refused(std::string(100'000, '['), "not a JSON object");
    refused(R"({"a":{"dtype":"F32","shape":[[4]],"data_offsets":[0,16]}})",
            "not a JSON object"); // nested too deep
}

TEST_CASE("a header that does not fit in its file is not read") {
    std::istringstream none;
    CHECK_THROWS_AS(read_tensor_header(none, 0, "none"), DataError);
    std::istringstream huge(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10));
    CHECK_THROWS_WITH_AS(read_tensor_header(huge, 10, "huge"), doctest::Contains("does not fit"), DataError);
}
