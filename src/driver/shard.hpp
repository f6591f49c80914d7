// A part of what is asked for, for those who divide a sweep among machines.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "store/rows.hpp"

namespace fractal::driver {

/// Part `index` of `count`, from 1.
struct Shard {
    std::size_t index = 1;
    std::size_t count = 1;
};

/// `3/8`. Throws UsageError, which calls the text --shard.
Shard parse_shard(const std::string& text);

/// Every `count`-th of `requests` from the one at place `index` on: they come with the cheapest first, so all
/// parts cost about the same. Throws UsageError where there are more parts than requests.
std::vector<store::Request> part_of(std::span<const store::Request> requests, Shard shard);

} // namespace fractal::driver
