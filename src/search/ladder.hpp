// Successive halving: who trains on, and to where, as a function of what was measured. Nothing is kept
// between two questions, so a search that was killed asks again and is told the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fractal::search {

/// The rungs of a search, and how it climbs them. A candidate pauses at each rung, with all that it needs to
/// go on; the best of a rung go on to the next.
///
/// A rung is closed when nobody can reach it any more. Of a closed rung the best n / eta go on, one at least,
/// n being those that came so far. That is successive halving (Jamieson and Talwalkar, arXiv 1502.07943). Its
/// asynchronous form (ASHA; Li et al., arXiv 1810.05934, algorithm 2) does not wait: also of an open rung the
/// best n / eta of those measured go on, the higher rungs first, and only then is a new candidate begun.
struct Ladder {
    std::vector<std::int32_t> rungs; ///< epochs at each, ascending; the last is a whole trial
    std::int32_t eta = 3;            ///< one of so many goes on; at least 2
    bool asynchronous = false;
};

/// Epochs / eta^k for k = 0, 1, ..., rounded, down to `first`, ascending: of 9 epochs by thirds 1, 3, 9; of 5
/// epochs 1, 2, 5.
std::vector<std::int32_t> rungs_of(std::int32_t epochs, std::int32_t first, std::int32_t eta);

/// How a candidate's training ended, if it did.
enum class End : std::uint8_t { open, finished, failed };

/// What is known of a candidate.
struct Record {
    std::vector<double> accuracy = {}; ///< after 1, 2, ... epochs; what is no number is the worst
    End end = End::open;
};

/// A candidate's accuracy to sort by, after so many epochs: below all numbers where it is none.
double accuracy_after(const Record& record, std::int64_t epochs);

/// The next thing to train.
struct Job {
    std::size_t candidate = 0; ///< its place among the records
    std::size_t rung = 0;      ///< that it is to reach
    std::int32_t epochs = 0;   ///< to train it up to, in all

    bool operator==(const Job&) const = default;
};

/// What is to be trained next of `candidates`, who stand in the order in which they are begun; nothing if all
/// is decided.
std::optional<Job> next_job(const Ladder& ladder, std::span<const Record> candidates);

/// A candidate that goes no further, and where it was left behind.
struct Pruned {
    std::size_t candidate = 0;
    std::size_t rung = 0;
    std::size_t place = 0; ///< among those that came to the rung, from 1
    std::size_t of = 0;    ///< how many these are
    std::size_t kept = 0;  ///< how many of them go on
};

/// Those that no later measurement can bring back, in their order.
std::vector<Pruned> pruned(const Ladder& ladder, std::span<const Record> candidates);

/// How many came to each rung, failures among them.
std::vector<std::size_t> arrivals(const Ladder& ladder, std::span<const Record> candidates);

/// Epochs that `candidates` take when all is decided and none fails.
std::int64_t epochs_of(const Ladder& ladder, std::int64_t candidates);

/// The most candidates, of at most `candidates`, for whom `epochs` suffice; 0 if not for one.
std::int64_t candidates_for(const Ladder& ladder, std::int64_t epochs, std::int64_t candidates);

} // namespace fractal::search
