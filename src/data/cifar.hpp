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
    std::size_t label_bytes; ///< before the pixels; the last is the class
    std::span<const std::string_view> classes;
    std::span<const std::string_view> training_files;
    std::string_view test_file;
    std::string_view archive;        ///< the official archive
    std::string_view archive_folder; ///< the folder in it
    std::size_t official_records;    ///< of the largest official file

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
inline constexpr std::array<std::string_view, 1> cifar100_training_files{"train.bin"};
} // namespace detail

inline constexpr CifarFormat cifar10{.title = "CIFAR-10",
                                     .label_bytes = 1,
                                     .classes = detail::cifar10_classes,
                                     .training_files = detail::cifar10_training_files,
                                     .test_file = "test_batch.bin",
                                     .archive = "cifar-10-binary.tar.gz",
                                     .archive_folder = "cifar-10-batches-bin",
                                     .official_records = 10'000};

/// Its first label byte is the coarse class, which is not read.
inline constexpr CifarFormat cifar100{.title = "CIFAR-100",
                                      .label_bytes = 2,
                                      .classes = detail::cifar100_classes,
                                      .training_files = detail::cifar100_training_files,
                                      .test_file = "test.bin",
                                      .archive = "cifar-100-binary.tar.gz",
                                      .archive_folder = "cifar-100-binary",
                                      .official_records = 50'000};

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
