// A data set as tensors: loaded once, shared by all trials of a process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <torch/types.h>

#include "data/byte_images.hpp"
#include "data/permutation.hpp"

namespace fractal::data {

/// Images uint8 [N, C, H, W], contiguous, on the CPU, and labels int64 [N].
struct LabelledImages {
    torch::Tensor images;
    torch::Tensor labels;

    [[nodiscard]] std::int64_t count() const { return images.size(0); }
};

/// Copies of a Dataset share its tensors. `test` is for the end of a trial only, and never augmented.
struct Dataset {
    std::string name;
    std::vector<std::string> classes;
    Normalisation normalisation;
    LabelledImages train;
    LabelledImages test;
    std::optional<Split> split; ///< of `train`, where the data set itself holds images out

    [[nodiscard]] std::int64_t channels() const { return train.images.size(1); }
    [[nodiscard]] std::int64_t height() const { return train.images.size(2); }
    [[nodiscard]] std::int64_t width() const { return train.images.size(3); }
};

/// A data set of images in memory, which the tensors take over without a copy. DataError when a label is not
/// below the number of classes, when train and test differ in their images' size, or when one of them is
/// empty.
[[nodiscard]] Dataset make_dataset(std::string name, std::span<const std::string_view> classes,
                                   Normalisation normalisation, ByteImages train, ByteImages test);

/// What `load_images` reads, as tensors; its errors, and those of `make_dataset`.
[[nodiscard]] Dataset load_dataset(std::string_view name, const std::filesystem::path& folder);

} // namespace fractal::data
