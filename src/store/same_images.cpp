// Compares what a trial's row says of its images.
#include "store/same_images.hpp"

#include <tuple>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::store {
namespace {

std::int64_t images_of(const Conditions& conditions) {
    return conditions.train_images + conditions.validation_images;
}

} // namespace

void check_same_images(const Conditions& recorded, const Conditions& asked, std::string_view folder,
                       std::string_view remedy) {
    const auto key = [](const Conditions& c) { return std::tuple(images_of(c), c.pixel_mean, c.pixel_std); };
    if (key(recorded) == key(asked)) return;
    throw DataError(
        fmt::format("{} has trials on {} of {} images for training, held out ones among them, and "
                    "here it has {}{}: {}",
                    folder, recorded.data, images_of(recorded), images_of(asked),
                    images_of(recorded) == images_of(asked) ? ", normalised otherwise" : "", remedy));
}

} // namespace fractal::store
