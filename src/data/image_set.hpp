// A whole data set as bytes: found by its name, read or drawn. Knows no LibTorch.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/byte_images.hpp"
#include "data/permutation.hpp"

namespace fractal::data {

struct ImageSet {
    std::string name;     ///< what identifies it in results: `cifar10`, `pets@1f3a9c0e4b7d`
    std::string contents; ///< SHA-256 of a data file's contents, hexadecimal; empty for other data sets
    std::vector<std::string> classes;
    Normalisation normalisation;
    ByteImages train; ///< with those that `split` holds out
    ByteImages test;
    std::optional<Split> split; ///< where the data set itself says which images are held out
};

/// The data set called `name`: one of `dataset_names`, or the path of a data file (`data_file.hpp`).
/// - `cifar10`, from `folder`, is normalised by mean (.4914 .4822 .4465) and standard deviation (.2470 .2435
/// .2616);
///   `cifar100`, and `cifar100-coarse` with the 20 coarse classes, by (.5071 .4865 .4409) and (.2673 .2564
///   .2762).
/// - `shapes` is drawn, and normalised by its own statistics.
/// `folder` is not looked at where none is needed. UsageError for another name, or an empty folder where one
/// is needed; errors of `read_cifar` and `read_data_file`.
[[nodiscard]] ImageSet load_images(std::string_view name, const std::filesystem::path& folder);

} // namespace fractal::data
