// The order in which candidates are begun.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fractal::search {

/// The places 0, 1, ... of candidates of these groups in a random order, as a function of seed and part
/// alone: in rounds, each of which has one candidate of every group that is not used up. So the first n of
/// the order are a random sample that is spread evenly over the groups. Numbers of one group are equal, and
/// any.
std::vector<std::uint32_t> draw_order(std::span<const std::uint64_t> groups, std::uint64_t seed,
                                      std::uint64_t part = 0);

} // namespace fractal::search
