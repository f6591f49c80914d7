// Files of weights: those that the trials of a run left behind, and those that somebody names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fractal/registry/variant.hpp>

#include "store/reader.hpp"
#include "weights/stored_tensors.hpp"

namespace fractal::driver {

/// The finished trials of a variant that have their weights. Throws UsageError or IoError if there are none.
std::vector<store::Trial> trials_with_weights(store::Reader& reader, const Variant& variant,
                                              const std::filesystem::path& run);

/// Of such trials the one numbered `asked`, or, where that is 0, the one with the highest accuracy. Throws
/// UsageError for a number that none has, and where accuracies cannot be compared: on held-out images and on
/// the test set, or on different data sets.
const store::Trial& trial_to_take(const std::vector<store::Trial>& trials, std::int64_t asked,
                                  const std::filesystem::path& run);

/// The header of a file of weights that fits a variant, and the network that it fits: the variant's, with as
/// many classes as the file's head has.
struct FittingWeights {
    StoredTensors stored;
    NetworkSpec net;
};

/// Throws IoError or DataError for a file that cannot be read, is damaged, does not fit, or holds a number
/// that is not finite.
FittingWeights fitting_weights(const Variant& variant, const std::filesystem::path& file);

/// Copies a file of weights byte for byte. Throws IoError.
void copy_weights(const StoredTensors& weights, const std::filesystem::path& to);

/// Throws DataError, with the first tensor that is of another type, for what `reader` takes no other types.
void require_float32(const StoredTensors& weights, std::string_view reader);

} // namespace fractal::driver
