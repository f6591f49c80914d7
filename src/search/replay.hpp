// A search acted out on trials that were trained in full: what it would have found, and what it would have
// cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "search/agenda.hpp"

namespace fractal::search {

/// What a search came to.
struct Outcome {
    std::optional<std::size_t> best = {}; ///< of those trained in full; nothing if there are none
    std::int64_t epochs = 0;              ///< that it took
};

/// Acts out a search by `ladder` on the `curves`, begun in `order`, for at most `budget` epochs. A curve that
/// ended as failed costs the epochs that it has.
Outcome replay(const Ladder& ladder, std::span<const Record> curves, std::span<const std::uint32_t> order,
               std::optional<std::int64_t> budget = {});

/// What many orders came to.
struct Evidence {
    std::int64_t orders = 0;
    std::int64_t found_first = 0; ///< orders in which the best of all was found
    std::int64_t found_top = 0;   ///< orders in which one of the best `top` was
    double mean_cost = 0;         ///< epochs, as a part of those of all curves of an order
    double highest_cost = 0;
    /// What the best of all has over the best found, in accuracy; over the orders in which one was found.
    std::optional<double> mean_regret = {};
};

/// Which orders are acted out.
struct Orders {
    std::int64_t number = 1;
    std::uint64_t seed = 0;
    std::optional<std::size_t> sample =
        {}; ///< so many of the curves, drawn anew for each order; nothing: all
};

/// Replays random orders; a candidate is found if the search ends with it as its best. Costs, and what is the
/// best, are of the curves that an order has. Of curves of equal last accuracy the first is the better one.
///
/// Without a sample or a budget, halving takes all curves in every order, so that only ties make a
/// difference.
Evidence replay_orders(const Ladder& ladder, std::span<const Record> curves, const Orders& orders,
                       std::size_t top = 3, std::optional<std::int64_t> budget = {});

} // namespace fractal::search
