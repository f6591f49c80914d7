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

void check_same_images(const Conditions& ones, std::string_view folder, const Conditions& others,
                       std::string_view whose, std::string_view remedy) {
    const auto key = [](const Conditions& c) { return std::tuple(images_of(c), c.pixel_mean, c.pixel_std); };
    if (key(ones) == key(others)) return;
    throw DataError(
        fmt::format("{} has trials on {} of {} images for training, held out ones among them, and "
                    "{} of {}{}: {}",
                    folder, ones.data, images_of(ones), whose, images_of(others),
                    images_of(ones) == images_of(others) ? ", normalised otherwise" : "", remedy));
}

} // namespace fractal::store
