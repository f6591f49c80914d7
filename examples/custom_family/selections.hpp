// The named selections of the family `gated`.
#pragma once

#include <fractal/registry/selection.hpp>

#include "channel_gate.hpp"

namespace mine::selections {

using namespace fractal;

/// a gate somewhere in the order
using Gated = Select<All, HasLayer<ChannelGate>>;

/// the same networks without one, to compare with
using Ungated = Select<All, Not<Gated>>;

} // namespace mine::selections
