// The data sets that can be asked for by name, for those who must not know LibTorch.
#pragma once

#include <array>
#include <string_view>

namespace fractal::data {

inline constexpr std::array<std::string_view, 2> dataset_names{"cifar10", "shapes"};

/// Whether `name` is read from a folder (`--data-dir`) rather than generated.
[[nodiscard]] constexpr bool needs_folder(std::string_view name) { return name == "cifar10"; }

} // namespace fractal::data
