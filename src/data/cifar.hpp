// Readers of the binary formats of CIFAR-10 and CIFAR-100 (https://www.cs.toronto.edu/~kriz/cifar.html):
// files of records of one or two label bytes and 3 x 32 x 32 pixel bytes, red, green, blue. Trust no size and
// no label.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "data/byte_images.hpp"

namespace fractal::data {

/// One of the formats: its files, and what a record is.
struct CifarFormat {
    std::string_view title;  ///< `CIFAR-10`
    std::size_t label_bytes; ///< before the pixels
    std::size_t label_place; ///< which of them is the class
    std::span<const std::string_view> classes;
    std::span<const std::string_view> training_files;
    std::string_view test_file;
    std::string_view archive;        ///< the official archive
    std::string_view archive_folder; ///< the folder in it
    std::string_view archive_sha256; ///< of the official archive, hexadecimal
    std::size_t archive_bytes;
    std::size_t official_records;      ///< of each official training file
    std::size_t official_test_records; ///< of the official test file

    constexpr std::size_t record_bytes() const { return label_bytes + 3 * 32 * 32; }
    /// Ten times an official file; what is larger is no file of this format.
    constexpr std::size_t max_file_bytes() const { return 10 * official_records * record_bytes(); }
};

namespace detail {
inline constexpr std::array<std::string_view, 10> cifar10_classes{
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
inline constexpr std::array<std::string_view, 5> cifar10_training_files{
    "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
inline constexpr std::array<std::string_view, 100> cifar100_classes{
    "apple",      "aquarium_fish", "baby",         "bear",       "beaver",      "bed",         "bee",
    "beetle",     "bicycle",       "bottle",       "bowl",       "boy",         "bridge",      "bus",
    "butterfly",  "camel",         "can",          "castle",     "caterpillar", "cattle",      "chair",
    "chimpanzee", "clock",         "cloud",        "cockroach",  "couch",       "crab",        "crocodile",
    "cup",        "dinosaur",      "dolphin",      "elephant",   "flatfish",    "forest",      "fox",
    "girl",       "hamster",       "house",        "kangaroo",   "keyboard",    "lamp",        "lawn_mower",
    "leopard",    "lion",          "lizard",       "lobster",    "man",         "maple_tree",  "motorcycle",
    "mountain",   "mouse",         "mushroom",     "oak_tree",   "orange",      "orchid",      "otter",
    "palm_tree",  "pear",          "pickup_truck", "pine_tree",  "plain",       "plate",       "poppy",
    "porcupine",  "possum",        "rabbit",       "raccoon",    "ray",         "road",        "rocket",
    "rose",       "sea",           "seal",         "shark",      "shrew",       "skunk",       "skyscraper",
    "snail",      "snake",         "spider",       "squirrel",   "streetcar",   "sunflower",   "sweet_pepper",
    "table",      "tank",          "telephone",    "television", "tiger",       "tractor",     "train",
    "trout",      "tulip",         "turtle",       "wardrobe",   "whale",       "willow_tree", "wolf",
    "woman",      "worm"};
inline constexpr std::array<std::string_view, 20> cifar100_coarse_classes{"aquatic_mammals",
                                                                          "fish",
                                                                          "flowers",
                                                                          "food_containers",
                                                                          "fruit_and_vegetables",
                                                                          "household_electrical_devices",
                                                                          "household_furniture",
                                                                          "insects",
                                                                          "large_carnivores",
                                                                          "large_man-made_outdoor_things",
                                                                          "large_natural_outdoor_scenes",
                                                                          "large_omnivores_and_herbivores",
                                                                          "medium_mammals",
                                                                          "non-insect_invertebrates",
                                                                          "people",
                                                                          "reptiles",
                                                                          "small_mammals",
                                                                          "trees",
                                                                          "vehicles_1",
                                                                          "vehicles_2"};
inline constexpr std::array<std::string_view, 1> cifar100_training_files{"train.bin"};
} // namespace detail

// The digests are those that the readers of other projects pin, in several languages; the official page gives
// MD5.
inline constexpr CifarFormat cifar10{
    .title = "CIFAR-10",
    .label_bytes = 1,
    .label_place = 0,
    .classes = detail::cifar10_classes,
    .training_files = detail::cifar10_training_files,
    .test_file = "test_batch.bin",
    .archive = "cifar-10-binary.tar.gz",
    .archive_folder = "cifar-10-batches-bin",
    .archive_sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    .archive_bytes = 170'052'171,
    .official_records = 10'000,
    .official_test_records = 10'000};

/// Each of its images has two labels: a coarse class of 20, then a fine one of 100. This is the fine one.
inline constexpr CifarFormat cifar100{
    .title = "CIFAR-100",
    .label_bytes = 2,
    .label_place = 1,
    .classes = detail::cifar100_classes,
    .training_files = detail::cifar100_training_files,
    .test_file = "test.bin",
    .archive = "cifar-100-binary.tar.gz",
    .archive_folder = "cifar-100-binary",
    .archive_sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    .archive_bytes = 168'513'733,
    .official_records = 50'000,
    .official_test_records = 10'000};

/// The same files, by their coarse classes.
inline constexpr CifarFormat cifar100_coarse = [] {
    CifarFormat format = cifar100;
    format.label_place = 0;
    format.classes = detail::cifar100_coarse_classes;
    return format;
}();

struct CifarImages {
    ByteImages train;
    ByteImages test;
};

/// Appends the records in `bytes` to `images`; `file` names them in errors. DataError when the size is not a
/// non-zero multiple of a record or a label is no class; `images` is then as it was.
void append_records(const CifarFormat& format, ByteImages& images, std::span<const std::uint8_t> bytes,
                    std::string_view file);

/// The data set in `folder`, or in the archive's own folder inside it: those training files that are there,
/// in their order, and the test file. IoError when the folder, all training files or the test file are
/// missing or cannot be read; DataError when a file is not what the format says.
[[nodiscard]] CifarImages read_cifar(const CifarFormat& format, const std::filesystem::path& folder);

} // namespace fractal::data
