// Records of CIFAR-10 and of both labels of CIFAR-100; the first byte says which.
#include "data/cifar.hpp"

#include "fuzz.hpp"

using namespace fractal;
using namespace fractal::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const CifarFormat& format = data[0] % 3 == 0 ? cifar10 : data[0] % 3 == 1 ? cifar100 : cifar100_coarse;
    const std::span<const std::uint8_t> bytes(data + 1, size - 1);
    ByteImages images;
    const bool read = fuzz::accepts([&] { append_records(format, images, bytes, "input"); });
    fuzz::require(images.count() == (read ? bytes.size() / format.record_bytes() : 0),
                  "each record is an image");
    fuzz::require(images.pixels.size() == images.count() * images.bytes_per_image(),
                  "and has all of its pixels");
    for (const std::int32_t label : images.labels) {
        fuzz::require(label >= 0 && static_cast<std::size_t>(label) < format.classes.size(),
                      "labels are classes");
    }
    return 0;
}
