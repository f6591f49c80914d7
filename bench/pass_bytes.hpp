// What each pass of a fused join reads and writes: the yardstick of its benchmark and of the roofline.
#pragma once

#include <cstdint>

#include "kernels/chain.hpp"

namespace fractal::bench {

/// The passes over one fused join, forward and backward, in their order.
enum class Pass { statistics, forward, reduce, backward };

/// Whether a join of such a chain has the pass.
constexpr bool has_pass(Pass pass, const kernels::Chain& chain) {
    return chain.norm || pass == Pass::forward || pass == Pass::backward;
}

/// Bytes that a pass reads and writes, for maps of so many elements of so many bytes; figures of channels are
/// left out. Statistics are those of one inflow, the other passes run over all `inflows`.
constexpr std::int64_t bytes_of(Pass pass, const kernels::Chain& chain, bool pool, std::int64_t inflows,
                                std::int64_t elements, std::int64_t element) {
    const std::int64_t map_bytes = elements * element;
    const std::int64_t outer = pool ? elements / 4 * (element + 1) : map_bytes; // a pool also has its places
    const bool reads_map = chain.norm || chain.relu;
    switch (pass) {
        case Pass::statistics:
            return map_bytes;
        case Pass::forward:
        case Pass::reduce:
            return inflows * map_bytes + outer;
        case Pass::backward:
            break;
    }
    return inflows * map_bytes * (reads_map ? 2 : 1) + outer;
}

} // namespace fractal::bench
