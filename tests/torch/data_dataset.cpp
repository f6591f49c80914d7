// Data sets as tensors: loading by name, what they hold, what is refused.
#include <array>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "data/dataset.hpp"
#include "data_support.hpp"
#include "torch_check.hpp"

namespace fractal::data::test {
namespace {

constexpr std::array<std::string_view, 10> classes{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const Normalisation neutral{{0, 0, 0}, {1, 1, 1}};

TEST_CASE("dataset: cifar10 from a folder") {
    const TemporaryFolder folder;
    const ByteImages train = patterned(12);
    folder.write("data_batch_1.bin", as_records(train));
    folder.write("test_batch.bin", as_records(patterned(5)));
    const Dataset dataset = load_dataset("cifar10", folder.path());
    CHECK(dataset.name == "cifar10");
    CHECK(dataset.classes.at(9) == "truck");
    CHECK(dataset.normalisation.mean == std::vector{.4914, .4822, .4465});
    CHECK(dataset.train.images.sizes() == torch::IntArrayRef{12, 3, 32, 32});
    CHECK((dataset.train.images.scalar_type() == torch::kUInt8));
    CHECK((dataset.train.labels.scalar_type() == torch::kInt64));
    CHECK(dataset.train.labels[11].item<std::int64_t>() == 1);
    CHECK(dataset.train.images[7][2][31][30].item<std::uint8_t>() == train.pixels[8 * 3072 - 2]);
    CHECK(dataset.test.count() == 5);
    CHECK(dataset.height() == 32);
}

TEST_CASE("dataset: shapes needs no folder, and is normalised by its own statistics") {
    const Dataset dataset = load_dataset("shapes", {});
    CHECK(dataset.train.count() == 10'000);
    CHECK(dataset.test.count() == 2'000);
    CHECK(dataset.classes.size() == 10);
    const torch::Tensor red = dataset.train.images.select(1, 0).to(torch::kFloat64) / 255;
    CHECK(red.mean().item<double>() == doctest::Approx(dataset.normalisation.mean[0]));
    CHECK(red.std(false).item<double>() == doctest::Approx(dataset.normalisation.deviation[0]));
}

TEST_CASE("dataset: an unknown name gets near misses, a missing folder what was expected") {
    const std::string message = message_of<UsageError>([] { (void)load_dataset("cifar1O", {}); });
    CHECK(contains(message, "'cifar1O'"));
    CHECK(contains(message, "did you mean cifar10"));
    CHECK(contains(message, "cifar10, cifar100, cifar100-coarse, shapes, or a file of your own"));
    CHECK(contains(message_of<UsageError>([] { (void)load_dataset("cifar10", {}); }), "--data-dir"));
}

TEST_CASE("dataset: parts that do not fit are refused") {
    const auto make = [](ByteImages train, ByteImages test, Normalisation normalisation = neutral) {
        return message_of<DataError>([&] {
            (void)make_dataset("own", classes, std::move(normalisation), std::move(train), std::move(test));
        });
    };
    CHECK(make(patterned(2), patterned(1)).empty());
    CHECK(contains(make(patterned(2), patterned(1, 28, 28)), "2 images of 3 x 32 x 32 to train on"));
    CHECK(contains(make({}, patterned(1)), "the training images of data set 'own'"));
    CHECK(contains(make(patterned(1), patterned(1), {{0}, {1}}), "3 channels, but 1 means"));
    ByteImages wrong = patterned(3);
    wrong.labels[1] = 10;
    CHECK(contains(make(patterned(1), wrong), "label 10 at image 1"));
    wrong.labels[1] = 1;
    wrong.pixels.pop_back();
    CHECK(contains(make(patterned(1), wrong), "in 9215 bytes"));
}

} // namespace
} // namespace fractal::data::test
