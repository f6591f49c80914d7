// The data sets that can be asked for by name, for those who must not know LibTorch.
#pragma once

#include <array>
#include <string_view>

namespace fractal::data {

inline constexpr std::array<std::string_view, 3> dataset_names{"cifar10", "cifar100", "shapes"};

/// Whether `name` is read from a folder (`--data-dir`) rather than generated.
[[nodiscard]] constexpr bool needs_folder(std::string_view name) { return name != "shapes"; }

} // namespace fractal::data
