// Whether tensors are the weights of a network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <fractal/spec/network_spec.hpp>

#include "weights/stored_tensors.hpp"

namespace fractal {

/// A tensor that is to be a weight.
struct OfferedTensor {
    std::string_view name;
    std::span<const std::int64_t> shape;
    bool floating = true;
};

/// Throws DataError that names `file` and the first difference: the first weight of `net`, in slot order,
/// that is missing, has another shape or is of whole numbers; then the first tensor that belongs to no
/// weight. `origin` is the network that the file says it holds, empty where it does not say.
void check_fit(const NetworkSpec& net, std::span<const OfferedTensor> offered,
               const std::filesystem::path& file, std::string_view origin);

/// The same for the tensors of a file.
void check_fit(const NetworkSpec& net, const StoredTensors& stored);

/// The number of classes that weights were trained for, by the shape of their head. Throws DataError for a
/// file that has none.
int classes_of_weights(const StoredTensors& stored);

/// Under which key the metadata say which network a file's weights are of.
inline constexpr const char* network_key = "fractal.network";

} // namespace fractal
