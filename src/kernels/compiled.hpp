// The tables of passes, one for each unit that compiled.cpp is compiled into.
#pragma once

#include <array>

#include "kernels/fused_join.hpp"

namespace fractal::kernels {

/// By chain, then without and with a pool.
template <class Scalar>
using Table = std::array<std::array<FusedJoin<Scalar>, 2>, chain_count>;

template <Isa isa, class Scalar>
const Table<Scalar>& compiled();

} // namespace fractal::kernels
