// A whole search: candidates in the order in which they were drawn, bracket by bracket, within a budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "search/ladder.hpp"

namespace fractal::search {

/// What may still be spent.
struct Left {
    std::optional<std::int64_t> epochs = {}; ///< nothing: epochs are not what is limited
    bool time = false;                       ///< time is, and the caller ends the search when it is up
};

/// Climbs the ladder with one bracket of candidates after another. All that it keeps is how many candidates
/// each bracket has; the rest follows from the records, so a search goes on from these two.
///
/// The asynchronous form needs no more than one bracket of all. Without it nobody goes on before all of a
/// rung are measured, so a bracket has as many candidates as the epochs suffice for; where time is limited,
/// so few that one of them is trained in full, eta^(rungs - 1), and brackets follow until it is up.
class Agenda {
public:
    /// `brackets` are those of a search that is gone on with.
    explicit Agenda(Ladder ladder, std::vector<std::size_t> brackets = {})
        : ladder_(std::move(ladder)),
          brackets_(std::move(brackets)) {}

    /// What is to be trained next; nothing when all is decided, and when it takes more epochs than are left:
    /// so a search that is given more later goes on as if it had had them from the beginning. Adds a bracket
    /// when those there are have nothing left to do.
    std::optional<Job> next(std::span<const Record> candidates, Left left);

    /// Those that go no further, of all brackets.
    std::vector<Pruned> pruned(std::span<const Record> candidates) const;
    /// How many came to each rung, over all brackets.
    std::vector<std::size_t> arrivals(std::span<const Record> candidates) const;

    const Ladder& ladder() const { return ladder_; }
    const std::vector<std::size_t>& brackets() const { return brackets_; }

private:
    std::size_t next_size(std::size_t candidates, Left left) const;
    /// Calls `visit(first, bracket)` with each bracket's records and the place of its first candidate.
    template <typename Visitor>
    void for_each_bracket(std::span<const Record> candidates, Visitor visit) const;

    Ladder ladder_;
    std::vector<std::size_t> brackets_;
};

} // namespace fractal::search
