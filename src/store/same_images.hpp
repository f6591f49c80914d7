// Whether trials on data sets of one name saw the same images.
#pragma once

#include <string_view>

#include "store/rows.hpp"

namespace fractal::store {

/// Throws DataError unless both data sets, of one name, have as many images for training, those held out
/// among them, normalised alike: accuracies on other images cannot be compared. `folder` is the run that
/// `recorded` is of, `remedy` what the message ends with.
void check_same_images(const Conditions& recorded, const Conditions& asked, std::string_view folder,
                       std::string_view remedy);

} // namespace fractal::store
