// Weights that the trials of a run left behind.
#pragma once

#include <filesystem>
#include <vector>

#include <fractal/registry/variant.hpp>

#include "store/reader.hpp"

namespace fractal::driver {

/// The finished trials of a variant that have their weights. Throws UsageError or IoError if there are none.
std::vector<store::Trial> trials_with_weights(store::Reader& reader, const Variant& variant,
                                              const std::filesystem::path& run);

/// The number of classes that a file of weights was trained for, by the shape of its head. Throws IoError or
/// DataError for a file that cannot be read or is no file of weights.
int classes_of_weights(const std::filesystem::path& file);

} // namespace fractal::driver
