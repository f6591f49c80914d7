// Numbers in files of weights: which are let in, and what identifies them.
#include "check.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "unit/store_fixture.hpp"
#include "weights/weight_values.hpp"

using namespace fractal;
using store::testing::TemporaryFolder;

namespace {

/// A file of two tensors: `a`, a zero of type `type`, and `b`, two numbers whose bytes are given.
template <class Word>
StoredTensors stored(const TemporaryFolder& folder, const std::string& type, Word first, Word second,
                     const std::string& metadata = "") {
    constexpr std::size_t bytes = sizeof(Word);
    const auto tensor = [&](const std::string& name, std::size_t count, std::size_t begin) {
        return "\"" + name + R"(": {"dtype": ")" + type + R"(", "shape": [)" + std::to_string(count) +
               R"(], "data_offsets": [)" + std::to_string(begin * bytes) + ", " +
               std::to_string((begin + count) * bytes) + "]}";
    };
    const std::string text = "{" + metadata + tensor("a", 1, 0) + ", " + tensor("b", 2, 1) + "}";
    const std::filesystem::path file = folder.path() / "w";
    std::ofstream out(file, std::ios::binary);
    const auto write = [&](auto number) { out.write(reinterpret_cast<const char*>(&number), sizeof number); };
    write(std::uint64_t{text.size()});
    out << text;
    write(Word{0});
    write(first);
    write(second);
    out.close();
    return open_tensors(file);
}

template <class Word>
void refuses(const std::string& type, Word largest, Word infinite, Word no_number) {
    const TemporaryFolder folder;
    CAPTURE(type);
    CHECK_NOTHROW(check_finite(stored<Word>(folder, type, largest, largest)));
    for (const Word wrong : {infinite, no_number}) {
        CHECK_THROWS_WITH_AS(check_finite(stored<Word>(folder, type, largest, wrong)),
                             doctest::Contains("number 2 of tensor 'b' is infinite or no number"), DataError);
    }
}

} // namespace

TEST_CASE("infinities and what is no number are refused in every width") {
    refuses<std::uint16_t>("F16", 0x7BFF, 0xFC00, 0x7C01);
    refuses<std::uint16_t>("BF16", 0x7F7F, 0xFF80, 0x7F81);
    refuses<std::uint32_t>("F32", 0x7F7F'FFFF, 0xFF80'0000, 0x7FC0'0000);
    refuses<std::uint64_t>("F64", 0x7FEF'FFFF'FFFF'FFFF, 0xFFF0'0000'0000'0000, 0x7FF8'0000'0000'0000);
    const TemporaryFolder folder;
    CHECK_NOTHROW(check_finite(stored<std::uint32_t>(folder, "I32", 0x7F80'0000, 0xFFFF'FFFF)));
}

TEST_CASE("weights are identified by names and numbers, in 48 bits") {
    const TemporaryFolder folder;
    const auto hash = [&](std::uint32_t first, std::uint32_t second, const std::string& metadata = "") {
        return check_finite(stored<std::uint32_t>(folder, "F32", first, second, metadata));
    };
    constexpr std::uint32_t sign = 0x8000'0000;
    CHECK(hash(1, 2) == hash(1, 2, R"("__metadata__": {"by": "somebody"}, )"));
    CHECK(hash(1, 2) != hash(2, 1));
    CHECK(hash(1, 2) != hash(1 | sign, 2 | sign));
    CHECK(hash(1, 2) > 0);
    CHECK(hash(1, 2) < std::uint64_t{1} << 48);
}
