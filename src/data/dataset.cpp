// From bytes to tensors.
#include "data/dataset.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <torch/types.h>

#include "base/error.hpp"
#include "data/image_set.hpp"

namespace fractal::data {
namespace {

std::string shape_text(const ByteImages& images) {
    return std::to_string(images.count()) + " images of " + std::to_string(images.channels) + " x " +
           std::to_string(images.height) + " x " + std::to_string(images.width);
}

void check_part(const std::string& name, std::string_view part, const ByteImages& images,
                std::size_t classes) {
    const std::string subject = "the " + std::string(part) + " images of data set '" + name + "'";
    if (images.count() == 0 || images.bytes_per_image() == 0 ||
        images.pixels.size() != images.count() * images.bytes_per_image()) {
        throw DataError(subject + " are " + shape_text(images) + " in " +
                        std::to_string(images.pixels.size()) +
                        " bytes; expected at least one image, and one byte for each pixel of a channel");
    }
    const auto wrong = std::ranges::find_if(images.labels, [classes](std::int32_t label) {
        return label < 0 || static_cast<std::size_t>(label) >= classes;
    });
    if (wrong != images.labels.end()) {
        throw DataError(subject + " have label " + std::to_string(*wrong) + " at image " +
                        std::to_string(wrong - images.labels.begin()) +
                        "; expected labels from 0, below the number of classes, " + std::to_string(classes));
    }
}

LabelledImages to_tensors(ByteImages bytes) {
    const auto count = static_cast<std::int64_t>(bytes.count());
    const auto channels = static_cast<std::int64_t>(bytes.channels);
    const auto height = static_cast<std::int64_t>(bytes.height);
    const auto width = static_cast<std::int64_t>(bytes.width);
    LabelledImages result;
    result.labels = torch::from_blob(bytes.labels.data(), {count}, torch::kInt32).to(torch::kInt64);
    auto pixels = std::make_shared<std::vector<std::uint8_t>>(std::move(bytes.pixels));
    result.images = torch::from_blob(
        pixels->data(), {count, channels, height, width}, [pixels](void*) {}, torch::kUInt8);
    return result;
}

} // namespace

Dataset make_dataset(std::string name, std::span<const std::string_view> classes, Normalisation normalisation,
                     ByteImages train, ByteImages test) {
    check_part(name, "training", train, classes.size());
    check_part(name, "test", test, classes.size());
    if (train.channels != test.channels || train.height != test.height || train.width != test.width) {
        throw DataError("data set '" + name + "' has " + shape_text(train) + " to train on and " +
                        shape_text(test) + " to test on; expected one size");
    }
    if (normalisation.mean.size() != train.channels || normalisation.deviation.size() != train.channels) {
        throw DataError("data set '" + name + "' has " + std::to_string(train.channels) + " channels, but " +
                        std::to_string(normalisation.mean.size()) + " means and " +
                        std::to_string(normalisation.deviation.size()) +
                        " deviations; expected one of each a channel");
    }
    return {std::move(name),
            {classes.begin(), classes.end()},
            std::move(normalisation),
            to_tensors(std::move(train)),
            to_tensors(std::move(test)),
            {}};
}

Dataset load_dataset(std::string_view name, const std::filesystem::path& folder) {
    ImageSet images = load_images(name, folder);
    const std::vector<std::string_view> classes(images.classes.begin(), images.classes.end());
    Dataset dataset = make_dataset(std::move(images.name), classes, std::move(images.normalisation),
                                   std::move(images.train), std::move(images.test));
    dataset.split = std::move(images.split);
    return dataset;
}

} // namespace fractal::data
