// Uncovers the curves as far as the agenda asks.
#include "search/replay.hpp"

#include <algorithm>
#include <iterator>
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

Evidence replay_orders(const Ladder& ladder, std::span<const Record> curves, const Orders& orders,
                       std::size_t top, std::optional<std::int64_t> budget) {
    Evidence evidence{.orders = orders.number};
    const std::vector<std::size_t> places = ranked(curves);
    const std::vector<std::uint64_t> one_group(curves.size());
    std::int64_t with_best = 0;
    double regret = 0;
    for (std::int64_t i = 0; i < orders.number; ++i) {
        std::vector<std::uint32_t> order = draw_order(one_group, orders.seed, static_cast<std::uint64_t>(i));
        order.resize(std::min(order.size(), orders.sample.value_or(order.size())));
        std::int64_t all = 0;
        std::vector<bool> drawn(curves.size());
        for (const std::uint32_t curve : order) {
            all += std::ssize(curves[curve].accuracy);
            drawn[curve] = true;
        }
        const Outcome outcome = replay(ladder, curves, order, budget);
        // Of an order whose trials all failed in their first epoch there is nothing to spend.
        const double cost = all > 0 ? static_cast<double>(outcome.epochs) / static_cast<double>(all) : 0;
        evidence.mean_cost += cost / static_cast<double>(orders.number);
        evidence.highest_cost = std::max(evidence.highest_cost, cost);
        if (!outcome.best) continue;
        std::vector<std::size_t> here;
        std::ranges::copy_if(places, std::back_inserter(here),
                             [&](std::size_t curve) { return drawn[curve]; });
        const auto place = std::ranges::find(here, *outcome.best) - here.begin();
        evidence.found_first += place == 0 ? 1 : 0;
        evidence.found_top += place < static_cast<std::ptrdiff_t>(top) ? 1 : 0;
        regret += last_accuracy(curves[here.front()]) - last_accuracy(curves[*outcome.best]);
        ++with_best;
    }
    if (with_best > 0) evidence.mean_regret = regret / static_cast<double>(with_best);
    return evidence;
}

} // namespace fractal::search
