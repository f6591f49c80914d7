// The CIFAR-10 reader: what it reads, and what it refuses with which words.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "data/cifar.hpp"
#include "data_support.hpp"

namespace fractal::data::test {
namespace {

std::vector<std::uint8_t> records(std::size_t count) { return as_records(patterned(count)); }

TEST_CASE("cifar10: files are read in order, records taken apart") {
    const TemporaryFolder folder;
    const ByteImages all = patterned(9);
    const std::vector<std::uint8_t> bytes = as_records(all);
    const std::span whole(bytes);
    folder.write("data_batch_2.bin", whole.subspan(4 * cifar10.record_bytes(), 5 * cifar10.record_bytes()));
    folder.write("data_batch_1.bin", whole.subspan(0, 4 * cifar10.record_bytes()));
    folder.write("test_batch.bin", records(3));
    const CifarImages read = read_cifar(cifar10, folder.path());
    CHECK(read.train.labels == all.labels);
    CHECK(read.train.pixels == all.pixels);
    CHECK(read.test.pixels == patterned(3).pixels);
}

TEST_CASE("cifar10: any subset of the training files will do, also inside the archive's own folder") {
    const TemporaryFolder folder;
    folder.write("cifar-10-batches-bin/data_batch_4.bin", records(2));
    folder.write("cifar-10-batches-bin/test_batch.bin", records(1));
    CHECK(read_cifar(cifar10, folder.path()).train.count() == 2);
    CHECK(read_cifar(cifar10, folder.path() / "cifar-10-batches-bin").train.count() == 2);
}

TEST_CASE("cifar10: what is missing is named, with where to put it") {
    const TemporaryFolder folder;
    const auto read = [&] { (void)read_cifar(cifar10, folder.path()); };
    SUBCASE("folder") {
        const auto missing = folder.path() / "nowhere";
        const std::string message = message_of<IoError>([&] { (void)read_cifar(cifar10, missing); });
        CHECK(contains(message, missing.string()));
        CHECK(contains(message, "does not exist"));
        CHECK(contains(message, "unpack the official archive"));
    }
    SUBCASE("a file in the folder's place") {
        folder.write("plain", records(1));
        CHECK(contains(message_of<IoError>([&] { (void)read_cifar(cifar10, folder.path() / "plain"); }),
                       "is not a folder"));
    }
    SUBCASE("all files") {
        const std::string message = message_of<IoError>(read);
        CHECK(contains(message, folder.path().string()));
        CHECK(contains(message, "data_batch_1.bin"));
    }
    SUBCASE("training files") {
        folder.write("test_batch.bin", records(1));
        CHECK(contains(message_of<IoError>(read), "no CIFAR-10 training file"));
    }
    SUBCASE("test file") {
        folder.write("data_batch_1.bin", records(1));
        CHECK(contains(message_of<IoError>(read), "no test_batch.bin"));
    }
    SUBCASE("a folder in a file's place") {
        std::filesystem::create_directory(folder.path() / "data_batch_1.bin");
        CHECK(contains(message_of<IoError>(read), "is not a regular file"));
    }
}

TEST_CASE("cifar10: a file of the wrong size is refused with its size") {
    const TemporaryFolder folder;
    std::vector<std::uint8_t> bytes = records(2);
    const auto read = [&] { (void)read_cifar(cifar10, folder.path()); };
    folder.write("test_batch.bin", records(1));
    SUBCASE("cut off") {
        bytes.resize(5000);
        folder.write("data_batch_1.bin", bytes);
        const std::string message = message_of<DataError>(read);
        CHECK(contains(message, (folder.path() / "data_batch_1.bin").string()));
        CHECK(contains(message, "5000 bytes"));
        CHECK(contains(message, "1 whole records and 1927 bytes more"));
        CHECK(contains(message, "multiple of 3073"));
    }
    SUBCASE("too long by a byte") {
        bytes.push_back(0);
        folder.write("data_batch_1.bin", bytes);
        CHECK(contains(message_of<DataError>(read), "6147 bytes"));
    }
    SUBCASE("empty") {
        folder.write("data_batch_1.bin", {});
        CHECK(contains(message_of<DataError>(read), "it is empty"));
    }
    SUBCASE("larger than any, and sparse") {
        folder.write("data_batch_1.bin", bytes);
        std::filesystem::resize_file(folder.path() / "data_batch_1.bin",
                                     cifar10.max_file_bytes() + cifar10.record_bytes());
        CHECK(contains(message_of<DataError>(read), "at most 307300000"));
    }
}

TEST_CASE("cifar10: a label above 9 is refused with file and record, and nothing is appended") {
    std::vector<std::uint8_t> bytes = records(3);
    bytes[2 * cifar10.record_bytes()] = 10;
    ByteImages images = patterned(1);
    const std::string message =
        message_of<DataError>([&] { append_records(cifar10, images, bytes, "some.bin"); });
    CHECK(contains(message, "some.bin"));
    CHECK(contains(message, "label 10 in record 2"));
    CHECK(images.count() == 1);
    CHECK(images.pixels.size() == images.bytes_per_image());
}

TEST_CASE("cifar100: of two label bytes the second is the fine class, the first the coarse one") {
    const TemporaryFolder folder;
    const ByteImages all = patterned(4);
    std::vector<std::uint8_t> bytes;
    for (std::size_t image = 0; image < all.count(); ++image) {
        bytes.push_back(static_cast<std::uint8_t>(16 + image));
        bytes.push_back(static_cast<std::uint8_t>(99 - all.labels[image]));
        const auto pixels =
            std::span(all.pixels).subspan(image * all.bytes_per_image(), all.bytes_per_image());
        bytes.insert(bytes.end(), pixels.begin(), pixels.end());
    }
    folder.write("cifar-100-binary/train.bin", bytes);
    folder.write("cifar-100-binary/test.bin", bytes);
    const CifarImages read = read_cifar(cifar100, folder.path());
    const CifarImages coarse = read_cifar(cifar100_coarse, folder.path());
    REQUIRE(read.train.count() == 4);
    CHECK(read.train.pixels == all.pixels);
    CHECK(coarse.test.pixels == all.pixels);
    CHECK(read.test.labels == std::vector{99, 98, 97, 96});
    CHECK(coarse.train.labels == std::vector{16, 17, 18, 19});

    // Each reading minds its own label alone.
    bytes[0] = 20;
    folder.write("cifar-100-binary/train.bin", bytes);
    CHECK(read_cifar(cifar100, folder.path()).train.count() == 4);
    CHECK(contains(message_of<DataError>([&] { (void)read_cifar(cifar100_coarse, folder.path()); }),
                   "label 20 in record 0 (byte 0); expected 0 to 19"));
    bytes[3 * cifar100.record_bytes() + 1] = 100;
    folder.write("cifar-100-binary/train.bin", bytes);
    const std::string message = message_of<DataError>([&] { (void)read_cifar(cifar100, folder.path()); });
    CHECK(contains(message, "label 100 in record 3"));
    CHECK(contains(message, "expected 0 to 99"));
    // The files of one format in the place of the other.
    const TemporaryFolder other;
    other.write("train.bin", records(2));
    other.write("test.bin", records(2));
    CHECK(contains(message_of<DataError>([&] { (void)read_cifar(cifar100, other.path()); }),
                   "multiple of 3074"));
}

} // namespace
} // namespace fractal::data::test
