// A shuffle, then a stable sort by rounds.
#include "search/draw.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "data/permutation.hpp"

namespace fractal::search {

std::vector<std::uint32_t> draw_order(std::span<const std::uint64_t> groups, std::uint64_t seed,
                                      std::uint64_t part) {
    std::vector<std::uint32_t> order(groups.size());
    std::iota(order.begin(), order.end(), 0U);
    data::shuffle(order, seed, data::Purpose::search_order, part);
    std::map<std::uint64_t, std::size_t> drawn;
    std::vector<std::size_t> round(groups.size());
    for (const std::uint32_t candidate : order) round[candidate] = drawn[groups[candidate]]++;
    std::ranges::stable_sort(order, {}, [&](std::uint32_t candidate) { return round[candidate]; });
    return order;
}

} // namespace fractal::search
