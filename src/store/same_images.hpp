// Whether trials on data sets of one name saw the same images.
#pragma once

#include <string_view>

#include "store/rows.hpp"

namespace fractal::store {

/// Throws DataError unless both data sets, of one name, have as many images for training, those held out
/// among them, normalised alike: accuracies on other images cannot be compared. The message says whose they
/// are, such as `runs/a`, and `those given now are` or `runs/b has them`, and ends with `remedy`.
void check_same_images(const Conditions& ones, std::string_view folder, const Conditions& others,
                       std::string_view whose, std::string_view remedy);

} // namespace fractal::store
