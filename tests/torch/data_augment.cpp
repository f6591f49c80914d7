// Augmentation: its draws, and the assembled pixels against plain tensor operations.
#include <array>
#include <cstdint>

#include "base/error.hpp"
#include "data/assemble.hpp"
#include "data/augment.hpp"
#include "data/dataset.hpp"
#include "data_support.hpp"
#include "torch_check.hpp"

namespace fractal::data::test {
namespace {

constexpr std::int64_t height = 9;
constexpr std::int64_t width = 12;

/// The same placement by flip, pad and slice.
torch::Tensor by_operators(torch::Tensor image, const Placement& placement, Pad pad) {
    constexpr std::int64_t margin = 8;
    if (placement.flip) image = image.flip({2});
    const auto options = torch::nn::functional::PadFuncOptions({margin, margin, margin, margin});
    const torch::Tensor padded =
        pad == Pad::zero
            ? torch::nn::functional::pad(image.unsqueeze(0), options)
            : torch::nn::functional::pad(
                  image.unsqueeze(0), torch::nn::functional::PadFuncOptions(options).mode(torch::kReflect));
    return padded[0]
        .slice(1, margin + placement.dy, margin + placement.dy + height)
        .slice(2, margin + placement.dx, margin + placement.dx + width);
}

TEST_CASE("assemble: every flip and translation equals flip, pad and slice") {
    const ByteImages bytes = patterned(1, height, width);
    torch::Tensor table = torch::arange(3 * 256, torch::kFloat32).add(1).view({3, 256});
    torch::Tensor image = torch::empty({3, height, width});
    for (std::int64_t channel = 0; channel < 3; ++channel) {
        torch::Tensor pixels = torch::from_blob(const_cast<std::uint8_t*>(bytes.pixels.data()),
                                                {3, height, width}, torch::kUInt8)[channel];
        image[channel] = table[channel].index({pixels.to(torch::kInt64)});
    }
    const auto* values = reinterpret_cast<const std::uint32_t*>(table.const_data_ptr<float>());
    int wrong = 0;
    for (const Pad pad : {Pad::zero, Pad::reflect}) {
        for (int shift = 0; shift < 17 * 17 * 2; ++shift) {
            const Placement placement{shift / 2 / 17 - 8, shift / 2 % 17 - 8, shift % 2 == 1};
            const torch::Tensor expected = by_operators(image, placement, pad);
            for (const bool last : {false, true}) {
                torch::Tensor result = torch::full({3, height, width}, -1.0F);
                if (last) result = torch::full({height, width, 3}, -1.0F).permute({2, 0, 1});
                const ImageTarget<std::uint32_t> target{
                    reinterpret_cast<std::uint32_t*>(result.data_ptr<float>()), result.stride(0),
                    result.stride(1), result.stride(2)};
                assemble_image<std::uint32_t>({bytes.pixels.data(), 3, height, width}, placement, pad, values,
                                              target);
                wrong += torch::equal(result, expected) ? 0 : 1;
            }
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("place: nothing asked, nothing done") {
    for (std::uint32_t image = 0; image < 50; ++image) CHECK(place({}, 1, 2, image) == Placement{});
}

TEST_CASE("place: flips come half of the time and translations equally often") {
    const AugmentOptions options{.flip = Flip::random, .translate = 2};
    constexpr int images = 50'000;
    int flips = 0;
    std::array<int, 25> offsets{};
    for (std::uint32_t image = 0; image < images; ++image) {
        const Placement placement = place(options, 3, 4, image);
        flips += placement.flip ? 1 : 0;
        ++offsets.at(static_cast<std::size_t>((placement.dy + 2) * 5 + placement.dx + 2));
    }
    CHECK(std::abs(flips - images / 2) < 560); // five standard deviations
    for (const int count : offsets) CHECK(std::abs(count - images / 25) < 220);
}

TEST_CASE("place: a function of seed, epoch and image") {
    const AugmentOptions options{.flip = Flip::random, .translate = 100};
    const Placement one = place(options, 3, 4, 5);
    CHECK(place(options, 3, 4, 5) == one);
    CHECK(place(options, 4, 4, 5) != one);
    CHECK(place(options, 3, 5, 5) != one);
    CHECK(place(options, 3, 4, 6) != one);
}

TEST_CASE("place: alternating flips show each image both ways in two epochs") {
    const AugmentOptions options{.flip = Flip::alternating};
    int first = 0;
    for (std::uint32_t image = 0; image < 10'000; ++image) {
        const bool even = place(options, 3, 0, image).flip;
        first += even ? 1 : 0;
        REQUIRE(place(options, 3, 1, image).flip != even);
        REQUIRE(place(options, 3, 2, image).flip == even);
    }
    CHECK(std::abs(first - 5000) < 250);
}

TEST_CASE("check_augment: a translation past the image is refused") {
    CHECK_NOTHROW(check_augment({.translate = 31}, 32, 32));
    const std::string message = message_of<UsageError>([] { check_augment({.translate = 32}, 40, 32); });
    CHECK(contains(message, "up to 32 pixels"));
    CHECK(contains(message, "40 x 32"));
    CHECK(contains(message, "0 to 31"));
    CHECK_THROWS_AS(check_augment({.translate = -1}, 32, 32), UsageError);
}

} // namespace
} // namespace fractal::data::test
