// The outside project's named selections.
#pragma once

#include <fractal/registry/selection.hpp>

#include "layers/swish.hpp"

namespace outside::selections {

using namespace fractal;

/// those of parameters in [0, 500)
using Tiny = Select<All, ParametersBelow<500>>;

/// those that can say "swish"
using Swishing = Select<All, HasLayer<Swish>>;

} // namespace outside::selections
