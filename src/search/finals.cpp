// The best by a sort, and those within reach of it.
#include "search/finals.hpp"

#include <algorithm>
#include <cmath>

namespace fractal::search {

std::vector<std::size_t> finalists(std::span<const Record> candidates, std::int64_t images) {
    std::vector<std::size_t> finalists;
    const auto accuracy = [&](std::size_t i) { return candidates[i].accuracy.back(); };
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates[i].end == End::finished && !std::isnan(accuracy(i))) finalists.push_back(i);
    }
    if (finalists.empty()) return finalists;
    std::ranges::stable_sort(finalists, std::ranges::greater(), accuracy);
    const double best = accuracy(finalists.front());
    const double noise = 2 * std::sqrt(2 * best * (1 - best) / static_cast<double>(images));
    std::erase_if(finalists, [&](std::size_t i) { return accuracy(i) < best - noise; });
    return finalists;
}

} // namespace fractal::search
