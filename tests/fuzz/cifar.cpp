// Records of CIFAR-10 and CIFAR-100; the first byte says which.
#include "data/cifar.hpp"

#include "fuzz.hpp"

using namespace fractal;
using namespace fractal::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const CifarFormat& format = data[0] % 2 == 0 ? cifar10 : cifar100;
    const std::span<const std::uint8_t> bytes(data + 1, size - 1);
    ByteImages images;
    const bool read = fuzz::accepts([&] { append_records(format, images, bytes, "input"); });
    fuzz::require(images.count() == (read ? bytes.size() / format.record_bytes() : 0),
                  "each record is an image");
    fuzz::require(images.pixels.size() == images.count() * images.bytes_per_image(),
                  "and has all of its pixels");
    for (const std::uint8_t label : images.labels)
        fuzz::require(label < format.classes.size(), "labels are classes");
    return 0;
}
