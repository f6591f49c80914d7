// Brackets are slices of the candidates.
#include "search/agenda.hpp"

#include <algorithm>
#include <numeric>

namespace fractal::search {

template <typename Visitor>
void Agenda::for_each_bracket(std::span<const Record> candidates, Visitor visit) const {
    std::size_t first = 0;
    for (const std::size_t size : brackets_) {
        visit(first, candidates.subspan(first, size));
        first += size;
    }
}

std::optional<Job> Agenda::next(std::span<const Record> candidates, Left left) {
    std::optional<Job> job;
    for_each_bracket(candidates, [&](std::size_t first, std::span<const Record> bracket) {
        if (job) return;
        job = next_job(ladder_, bracket);
        if (job) job->candidate += first;
    });
    if (job) {
        const std::int64_t more = job->epochs - std::ssize(candidates[job->candidate].accuracy);
        return left.epochs && more > *left.epochs ? std::nullopt : job;
    }
    const std::size_t begun = std::accumulate(brackets_.begin(), brackets_.end(), std::size_t{0});
    const std::size_t size = next_size(candidates.size() - begun, left);
    if (size == 0) return {};
    brackets_.push_back(size);
    return next(candidates, left);
}

std::size_t Agenda::next_size(std::size_t candidates, Left left) const {
    if (ladder_.asynchronous || ladder_.rungs.size() == 1) return candidates;
    if (left.epochs) {
        return static_cast<std::size_t>(
            candidates_for(ladder_, *left.epochs, static_cast<std::int64_t>(candidates)));
    }
    if (!left.time) return candidates;
    std::size_t size = 1;
    for (std::size_t rung = 1; rung < ladder_.rungs.size() && size < candidates; ++rung) {
        size *= static_cast<std::size_t>(ladder_.eta);
    }
    return std::min(size, candidates);
}

std::vector<Pruned> Agenda::pruned(std::span<const Record> candidates) const {
    std::vector<Pruned> all;
    for_each_bracket(candidates, [&](std::size_t first, std::span<const Record> bracket) {
        for (Pruned one : search::pruned(ladder_, bracket)) {
            one.candidate += first;
            all.push_back(one);
        }
    });
    return all;
}

std::vector<std::size_t> Agenda::arrivals(std::span<const Record> candidates) const {
    std::vector<std::size_t> all(ladder_.rungs.size());
    for_each_bracket(candidates, [&](std::size_t, std::span<const Record> bracket) {
        const std::vector<std::size_t> here = search::arrivals(ladder_, bracket);
        std::ranges::transform(all, here, all.begin(), std::plus());
    });
    return all;
}

} // namespace fractal::search
