// Names, and what is behind each.
#include "data/image_set.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "data/cifar.hpp"
#include "data/data_file.hpp"
#include "data/dataset_names.hpp"
#include "data/shapes.hpp"

namespace fractal::data {
namespace {

ImageSet load_cifar(std::string_view name, const CifarFormat& format, Normalisation normalisation,
                    const std::filesystem::path& folder) {
    if (folder.empty()) {
        throw UsageError(
            fmt::format("data set '{}' is read from a folder, and none was given; expected the folder of {} "
                        "and the others, by --data-dir or $FRACTAL_DATA (data set 'shapes' needs none)",
                        name, format.training_files.front()));
    }
    CifarImages files = read_cifar(format, folder);
    return {.name = std::string(name),
            .contents = {},
            .classes = {format.classes.begin(), format.classes.end()},
            .normalisation = std::move(normalisation),
            .train = std::move(files.train),
            .test = std::move(files.test),
            .split = {}};
}

ImageSet draw_shapes() {
    ByteImages train = make_shapes(ShapesPart::train, shapes_train_images);
    Normalisation normalisation = measure_normalisation(train);
    return {.name = "shapes",
            .contents = {},
            .classes = {shapes_classes.begin(), shapes_classes.end()},
            .normalisation = std::move(normalisation),
            .train = std::move(train),
            .test = make_shapes(ShapesPart::test, shapes_test_images),
            .split = {}};
}

} // namespace

ImageSet load_images(std::string_view name, const std::filesystem::path& folder) {
    const Normalisation of_cifar100{{.5071, .4865, .4409}, {.2673, .2564, .2762}};
    if (name == "cifar10") {
        return load_cifar(name, cifar10, {{.4914, .4822, .4465}, {.2470, .2435, .2616}}, folder);
    }
    if (name == "cifar100") return load_cifar(name, cifar100, of_cifar100, folder);
    if (name == "cifar100-coarse") return load_cifar(name, cifar100_coarse, of_cifar100, folder);
    if (name == "shapes") return draw_shapes();
    if (is_data_file(name)) return read_data_file(name);
    throw UsageError(
        fmt::format("there is no data set '{}'{}; expected one of: {}, or a file of your own that "
                    "ends in .safetensors",
                    name, did_you_mean(name, dataset_names), fmt::join(dataset_names, ", ")));
}

} // namespace fractal::data
