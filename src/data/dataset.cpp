// From bytes to tensors.
#include "data/dataset.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <torch/types.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "data/cifar.hpp"
#include "data/dataset_names.hpp"
#include "data/shapes.hpp"

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
    const auto wrong = std::find_if(images.labels.begin(), images.labels.end(),
                                    [classes](std::uint8_t label) { return label >= classes; });
    if (wrong != images.labels.end()) {
        throw DataError(subject + " have label " + std::to_string(*wrong) + " at image " +
                        std::to_string(wrong - images.labels.begin()) +
                        "; expected labels below the number of " + "classes, " + std::to_string(classes));
    }
}

LabelledImages to_tensors(ByteImages bytes) {
    const auto count = static_cast<std::int64_t>(bytes.count());
    const auto channels = static_cast<std::int64_t>(bytes.channels);
    const auto height = static_cast<std::int64_t>(bytes.height);
    const auto width = static_cast<std::int64_t>(bytes.width);
    LabelledImages result;
    result.labels = torch::from_blob(bytes.labels.data(), {count}, torch::kUInt8).to(torch::kInt64);
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
            to_tensors(std::move(test))};
}

namespace {

Dataset load_cifar(std::string_view name, const CifarFormat& format, Normalisation normalisation,
                   const std::filesystem::path& folder) {
    if (folder.empty()) {
        throw UsageError(
            fmt::format("data set '{}' is read from a folder, and none was given; expected the folder of {} "
                        "and the others, by --data-dir or $FRACTAL_DATA (data set 'shapes' needs none)",
                        name, format.training_files.front()));
    }
    CifarImages files = read_cifar(format, folder);
    return make_dataset(std::string(name), format.classes, std::move(normalisation), std::move(files.train),
                        std::move(files.test));
}

} // namespace

Dataset load_dataset(std::string_view name, const std::filesystem::path& folder) {
    if (name == "cifar10") {
        return load_cifar(name, cifar10, {{.4914, .4822, .4465}, {.2470, .2435, .2616}}, folder);
    }
    if (name == "cifar100") {
        return load_cifar(name, cifar100, {{.5071, .4865, .4409}, {.2673, .2564, .2762}}, folder);
    }
    if (name == "shapes") {
        ByteImages train = make_shapes(ShapesPart::train, shapes_train_images);
        Normalisation normalisation = measure_normalisation(train);
        return make_dataset("shapes", shapes_classes, std::move(normalisation), std::move(train),
                            make_shapes(ShapesPart::test, shapes_test_images));
    }
    std::string known;
    for (std::string_view each : dataset_names) known += (known.empty() ? "" : ", ") + std::string(each);
    throw UsageError("there is no data set '" + std::string(name) + "'" + did_you_mean(name, dataset_names) +
                     "; expected one of: " + known);
}

} // namespace fractal::data
