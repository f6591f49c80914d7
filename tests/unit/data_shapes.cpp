// The procedural data set: balanced, varied, and the same bytes everywhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "data/shapes.hpp"

namespace fractal::data::test {
namespace {

/// FNV-1a, 64 bits.
std::uint64_t checksum(const std::vector<std::uint8_t>& bytes) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3;
    return hash;
}

TEST_CASE("shapes: all classes, as many of each") {
    const ByteImages images = make_shapes(ShapesPart::train, 200);
    REQUIRE(images.count() == 200);
    REQUIRE(images.pixels.size() == std::size_t{200} * 3 * 32 * 32);
    std::array<int, 10> seen{};
    for (const std::int32_t label : images.labels) ++seen.at(static_cast<std::size_t>(label));
    CHECK(std::all_of(seen.begin(), seen.end(), [](int count) { return count == 20; }));
}

TEST_CASE("shapes: no two images are alike, in one part or across both") {
    std::set<std::vector<std::uint8_t>> distinct;
    for (const ShapesPart part : {ShapesPart::train, ShapesPart::test}) {
        const ByteImages images = make_shapes(part, 300);
        const auto size = static_cast<std::ptrdiff_t>(images.bytes_per_image());
        for (auto first = images.pixels.begin(); first != images.pixels.end(); first += size) {
            distinct.emplace(first, first + size);
        }
    }
    CHECK(distinct.size() == 600);
}

TEST_CASE("shapes: an image is a function of seed, part and index") {
    const ByteImages few = make_shapes(ShapesPart::train, 30);
    ByteImages more = make_shapes(ShapesPart::train, 60);
    more.pixels.resize(few.pixels.size());
    CHECK(few.pixels == more.pixels);
    CHECK(few.pixels != make_shapes(ShapesPart::train, 30, 1).pixels);
    CHECK(few.pixels != make_shapes(ShapesPart::test, 30).pixels);
}

TEST_CASE("shapes: the bytes are those of every other compiler and machine") {
    CHECK(checksum(make_shapes(ShapesPart::train, 500).pixels) == 0x1179150EB3AB9C9A);
}

TEST_CASE("normalisation: measured mean and deviation") {
    ByteImages images;
    images.channels = 2;
    images.height = 1;
    images.width = 2;
    images.pixels = {0, 255, 51, 51, 255, 0, 51, 51};
    images.labels = {0, 1};
    const Normalisation measured = measure_normalisation(images);
    CHECK(measured.mean[0] == doctest::Approx(0.5));
    CHECK(measured.deviation[0] == doctest::Approx(0.5));
    CHECK(measured.mean[1] == doctest::Approx(0.2));
    CHECK(measured.deviation[1] == 1.0);
}

} // namespace
} // namespace fractal::data::test
