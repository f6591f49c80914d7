// A network of another input and class count than any family's, trained on a data file through the trainer's
// entry.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <fractal/registry/variant.hpp>
#include <nlohmann/json.hpp>

#include "torch_check.hpp"
#include "train/trainer.hpp"
#include "trial_support.hpp"

extern "C" fractal::Trainer* fractal_trainer(const fractal::Hardware&, void (*)(std::string_view));

namespace fractal::testing {
namespace {

using Grey = Network<Input<1, 28, 28>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU>, Width<8>,
                     Head<GlobalAveragePool, 10>>;
using Colour =
    Network<Input<3, 28, 28>, Depth<1>, Columns<1>, Layers<Conv<3>>, Width<8>, Head<GlobalAveragePool, 10>>;

/// 160 images of 1 x 28 x 28, of two classes: dark and bright; 100 to train on, 20 held out, 40 to test on.
void write_grey(const std::string& file) {
    constexpr std::size_t count = 160;
    std::string images;
    std::string labels;
    std::string split;
    for (std::size_t image = 0; image < count; ++image) {
        labels += static_cast<char>(image % 2);
        split += static_cast<char>(image < 100 ? 0 : image < 120 ? 1 : 2);
        for (std::size_t pixel = 0; pixel < 28 * 28; ++pixel) {
            images += static_cast<char>((image * 31 + pixel * 7) % 64 + 128 * (image % 2));
        }
    }
    const std::size_t pixels = images.size();
    const nlohmann::ordered_json header{
        {"images", {{"dtype", "U8"}, {"shape", {count, 1, 28, 28}}, {"data_offsets", {0, pixels}}}},
        {"labels", {{"dtype", "U8"}, {"shape", {count}}, {"data_offsets", {pixels, pixels + count}}}},
        {"split",
         {{"dtype", "U8"}, {"shape", {count}}, {"data_offsets", {pixels + count, pixels + 2 * count}}}}};
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream(file, std::ios::binary)
            .write(reinterpret_cast<const char*>(&length), 8)
            .write(text.data(), static_cast<std::streamsize>(text.size()))
        << images << labels << split;
}

TEST_CASE(
    "a data file of another shape and class count is trained on, with its own split and a head of its own") {
    const TemporaryFolder folder;
    const std::string file = folder.file("grey.safetensors");
    write_grey(file);
    const std::unique_ptr<Trainer> trainer(fractal_trainer({}, [](std::string_view) {}));
    REQUIRE(trainer != nullptr);
    const DataSummary summary = trainer->open({.name = file, .folder = ""}, 5000, 0);
    CHECK(summary.name.starts_with("grey@"));
    CHECK((summary.shape == Shape{1, 28, 28}));
    CHECK(summary.classes == 2);
    CHECK(summary.train_images == 100);
    CHECK(summary.validation_images == 20);
    CHECK(summary.test_images == 40);
    CHECK(summary.own_split);
    REQUIRE(summary.pixel_mean.size() == 1);
    CHECK(summary.pixel_std[0] > 0);

    Recipe recipe = small_recipe();
    recipe.epochs = 6;
    Watcher watcher(Watcher::never);
    const std::string weights = folder.file("grey-weights.safetensors");
    const TrialReport report =
        trainer->train(variant_of<Grey>, recipe, {.weights = weights, .state = ""}, watcher);
    REQUIRE(report.outcome == Outcome::finished);
    CHECK(report.test_accuracy > 0.9);
    CHECK(report.latency > 0);
    CHECK(watcher.epochs.back().validation_accuracy > 0.9);
    bool restated = false;
    for (const std::string& note : watcher.notes)
        restated = restated || note.starts_with("2 classes: a head of its own");
    CHECK(restated);
    CHECK(trainer->evaluate(variant_of<Grey>, recipe, weights, std::nullopt).accuracy ==
          report.test_accuracy);

    Watcher refused(Watcher::never);
    CHECK(trainer->train(variant_of<Colour>, recipe, {}, refused).outcome == Outcome::failed);
}

} // namespace
} // namespace fractal::testing
