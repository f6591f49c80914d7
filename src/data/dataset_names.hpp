// The data sets that can be asked for by name, for those who must not know LibTorch.
#pragma once

#include <array>
#include <string_view>

namespace fractal::data {

inline constexpr std::array<std::string_view, 4> dataset_names{"cifar10", "cifar100", "cifar100-coarse",
                                                               "shapes"};

/// Whether `name` is the path of a file of somebody's own images (`data/data_file.hpp`).
[[nodiscard]] constexpr bool is_data_file(std::string_view name) { return name.ends_with(".safetensors"); }

/// Whether `name` is read from a folder (`--data-dir`) rather than generated or a file.
[[nodiscard]] constexpr bool needs_folder(std::string_view name) {
    return name != "shapes" && !is_data_file(name);
}

} // namespace fractal::data
