// Somebody's own images: one safetensors file with three tensors. Trust no size and no label.
//
//     images  U8 [N, C, H, W]           pixels, channel by channel
//     labels  any integer type, [N]     classes, from 0
//     split   any integer type, [N]     what each image is for: 0 training, 1 validation, 2 test
//
// The metadata, which is text by key, may say more:
//
//     name       what results call the data set; else the file's name without its ending
//     classes    a JSON list of the classes' names; else as many as the highest label and one, unnamed
//     mean, std  JSON lists of C numbers, of pixels scaled to [0, 1]; else those of the training images
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "data/image_set.hpp"

namespace fractal::data {

/// The codes of tensor `split`.
enum class Part : std::uint8_t { training = 0, validation = 1, test = 2 };

/// So many classes at most: a head has a row of weights for each.
inline constexpr std::size_t max_classes = 65'536;

/// The data set in `file`. Its name ends in `@` and the first twelve digits of the SHA-256 of its contents,
/// so that a changed file is another data set, and one that is written anew with the same contents is not.
/// Images for training and validation are `train`, in the file's order, and `split` says which is which; it
/// is empty where there are none for validation. IoError when the file cannot be read; DataError that names
/// the file, what is wrong, and what was expected, when it is damaged, of another format, or larger than this
/// machine's memory; when types or shapes are others or disagree; for a label or code out of range; where
/// there is no image to train on or none to test on; and where a class that has no name has no image to train
/// on, as when labels begin at 1.
[[nodiscard]] ImageSet read_data_file(const std::filesystem::path& file);

} // namespace fractal::data
