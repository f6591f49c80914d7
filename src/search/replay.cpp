// Uncovers the curves as far as the agenda asks.
#include "search/replay.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "search/draw.hpp"

namespace fractal::search {
namespace {

double last_accuracy(const Record& curve) { return accuracy_after(curve, std::ssize(curve.accuracy)); }

/// By the last accuracy, the best first; curves that failed are not in it.
std::vector<std::size_t> ranked(std::span<const Record> curves) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        if (curves[i].end == End::finished) places.push_back(i);
    }
    std::ranges::stable_sort(places, std::ranges::greater(),
                             [&](std::size_t i) { return last_accuracy(curves[i]); });
    return places;
}

} // namespace

Outcome replay(const Ladder& ladder, std::span<const Record> curves, std::span<const std::uint32_t> order,
               std::optional<std::int64_t> budget) {
    Agenda agenda(ladder);
    std::vector<Record> known(order.size());
    Outcome outcome;
    const auto left = [&] {
        return Left{.epochs = budget ? std::optional(*budget - outcome.epochs) : std::nullopt};
    };
    while (const auto job = agenda.next(known, left())) {
        const Record& curve = curves[order[job->candidate]];
        Record& record = known[job->candidate];
        const auto had = std::ssize(record.accuracy);
        const auto has = std::min<std::ptrdiff_t>(job->epochs, std::ssize(curve.accuracy));
        record.accuracy.assign(curve.accuracy.begin(), curve.accuracy.begin() + has);
        if (has == std::ssize(curve.accuracy) && (curve.end != End::finished || has == ladder.rungs.back())) {
            record.end = curve.end;
        }
        outcome.epochs += has - had;
    }
    const auto rank = [&](std::size_t curve) { return std::pair(-last_accuracy(curves[curve]), curve); };
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i].end != End::finished) continue;
        if (!outcome.best || rank(order[i]) < rank(*outcome.best)) outcome.best = order[i];
    }
    return outcome;
}

Evidence replay_orders(const Ladder& ladder, std::span<const Record> curves, std::int64_t orders,
                       std::uint64_t seed, std::size_t top, std::optional<std::int64_t> budget) {
    Evidence evidence{.orders = orders};
    const std::vector<std::size_t> places = ranked(curves);
    const auto all = static_cast<double>(
        std::accumulate(curves.begin(), curves.end(), std::size_t{0},
                        [](std::size_t sum, const Record& curve) { return sum + curve.accuracy.size(); }));
    const std::vector<std::uint64_t> one_group(curves.size());
    std::int64_t with_best = 0;
    double regret = 0;
    for (std::int64_t i = 0; i < orders; ++i) {
        const std::vector<std::uint32_t> order = draw_order(one_group, seed, static_cast<std::uint64_t>(i));
        const Outcome outcome = replay(ladder, curves, order, budget);
        const double cost = static_cast<double>(outcome.epochs) / all;
        evidence.mean_cost += cost / static_cast<double>(orders);
        evidence.highest_cost = std::max(evidence.highest_cost, cost);
        if (!outcome.best) continue;
        const auto place = std::ranges::find(places, *outcome.best) - places.begin();
        evidence.found_first += place == 0 ? 1 : 0;
        evidence.found_top += place < static_cast<std::ptrdiff_t>(top) ? 1 : 0;
        regret += last_accuracy(curves[places.front()]) - last_accuracy(curves[*outcome.best]);
        ++with_best;
    }
    if (with_best > 0) evidence.mean_regret = regret / static_cast<double>(with_best);
    return evidence;
}

} // namespace fractal::search
