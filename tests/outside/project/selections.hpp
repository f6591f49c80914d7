// The outside project's named selections.
#pragma once

#include <fractal/registry/selection.hpp>

#include "layers/swish.hpp"

namespace outside::selections {

using namespace fractal;

/// those that can say "swish"
using Swishing = Select<All, HasLayer<Swish>>;

} // namespace outside::selections
