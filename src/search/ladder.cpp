// The rungs are read off the records from the lowest on, anew for each question.
#include "search/ladder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fractal::search {
namespace {

/// Those that came to a rung, and which of them may go on.
struct Rung {
    std::vector<std::size_t> measured = {}; ///< the best first; of equals the one that was begun first
    std::size_t arrived = 0;                ///< these, and those that failed on their way to it
    std::size_t kept = 0;                   ///< so many of `measured` go on
    bool closed = false;
};

bool is_measured(const Ladder& ladder, const Record& record, std::size_t rung) {
    return rung + 1 < ladder.rungs.size() ? std::ssize(record.accuracy) >= ladder.rungs[rung]
                                          : record.end == End::finished;
}

bool has_arrived(const Ladder& ladder, const Record& record, std::size_t rung) {
    return is_measured(ladder, record, rung) ||
           (record.end == End::failed && (rung == 0 || is_measured(ladder, record, rung - 1)));
}

std::vector<Rung> rungs(const Ladder& ladder, std::span<const Record> candidates) {
    std::vector<Rung> rungs(ladder.rungs.size());
    const auto quotient = [&](std::size_t n) { return n / static_cast<std::size_t>(ladder.eta); };
    for (std::size_t k = 0; k < rungs.size(); ++k) {
        Rung& rung = rungs[k];
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (is_measured(ladder, candidates[i], k)) rung.measured.push_back(i);
            if (has_arrived(ladder, candidates[i], k)) ++rung.arrived;
        }
        std::ranges::stable_sort(rung.measured, std::ranges::greater(), [&](std::size_t i) {
            return accuracy_after(candidates[i], ladder.rungs[k]);
        });
        if (k == 0) {
            rung.closed = rung.arrived == candidates.size();
        } else {
            const Rung& below = rungs[k - 1];
            rung.closed =
                below.closed &&
                std::ranges::all_of(std::span(below.measured).first(below.kept),
                                    [&](std::size_t i) { return has_arrived(ladder, candidates[i], k); });
        }
        rung.kept = rung.closed           ? std::max<std::size_t>(1, quotient(rung.arrived))
                    : ladder.asynchronous ? quotient(rung.arrived)
                                          : 0;
        rung.kept = std::min(rung.kept, rung.measured.size());
    }
    return rungs;
}

} // namespace

double accuracy_after(const Record& record, std::int64_t epochs) {
    constexpr double worst = -std::numeric_limits<double>::infinity();
    if (epochs < 1 || epochs > std::ssize(record.accuracy)) return worst;
    const double accuracy = record.accuracy[static_cast<std::size_t>(epochs - 1)];
    return std::isnan(accuracy) ? worst : accuracy;
}

std::vector<std::int32_t> rungs_of(std::int32_t epochs, std::int32_t first, std::int32_t eta) {
    std::vector<std::int32_t> rungs{epochs};
    for (double exact = epochs; rungs.back() > first;) {
        exact /= eta;
        const auto rung = std::max(first, static_cast<std::int32_t>(std::lround(exact)));
        if (rung < rungs.back()) rungs.push_back(rung);
    }
    std::ranges::reverse(rungs);
    return rungs;
}

std::optional<Job> next_job(const Ladder& ladder, std::span<const Record> candidates) {
    const auto job = [&](std::size_t candidate, std::size_t rung) {
        return Job{.candidate = candidate, .rung = rung, .epochs = ladder.rungs[rung]};
    };
    const std::vector<Rung> all = rungs(ladder, candidates);
    for (std::size_t next = all.size() - 1; next > 0; --next) {
        const Rung& rung = all[next - 1];
        for (const std::size_t candidate : std::span(rung.measured).first(rung.kept)) {
            if (!has_arrived(ladder, candidates[candidate], next)) return job(candidate, next);
        }
    }
    for (std::size_t candidate = 0; candidate < candidates.size(); ++candidate) {
        if (!has_arrived(ladder, candidates[candidate], 0)) return job(candidate, 0);
    }
    return {};
}

std::vector<Pruned> pruned(const Ladder& ladder, std::span<const Record> candidates) {
    std::vector<Pruned> pruned;
    const std::vector<Rung> all = rungs(ladder, candidates);
    for (std::size_t k = 0; k + 1 < all.size() && all[k].closed; ++k) {
        const Rung& rung = all[k];
        for (std::size_t at = rung.kept; at < rung.measured.size(); ++at) {
            const std::size_t candidate = rung.measured[at];
            const Record& record = candidates[candidate];
            if (record.end != End::open || is_measured(ladder, record, k + 1)) continue;
            pruned.push_back(
                {.candidate = candidate, .rung = k, .place = at + 1, .of = rung.arrived, .kept = rung.kept});
        }
    }
    std::ranges::sort(pruned, {}, &Pruned::candidate);
    return pruned;
}

std::vector<std::size_t> arrivals(const Ladder& ladder, std::span<const Record> candidates) {
    std::vector<std::size_t> arrivals;
    for (const Rung& rung : rungs(ladder, candidates)) arrivals.push_back(rung.arrived);
    return arrivals;
}

std::int64_t epochs_of(const Ladder& ladder, std::int64_t candidates) {
    std::int64_t epochs = 0;
    std::int64_t here = 0;
    for (const std::int32_t rung : ladder.rungs) {
        epochs += candidates * (rung - here);
        here = rung;
        if (candidates > 0) candidates = std::max<std::int64_t>(1, candidates / ladder.eta);
    }
    return epochs;
}

std::int64_t candidates_for(const Ladder& ladder, std::int64_t epochs, std::int64_t candidates) {
    // The epochs grow with the candidates.
    std::int64_t enough = 0;
    for (std::int64_t step = candidates; step > 0;) {
        if (enough + step <= candidates && epochs_of(ladder, enough + step) <= epochs) {
            enough += step;
        } else {
            step /= 2;
        }
    }
    return enough;
}

} // namespace fractal::search
