// Ranking over the view `best`.
#include "store/rank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "reflect/sql.hpp"
#include "store/schema.hpp"

namespace fractal::store {
namespace {

/// The sets of comparable trials, the one to rank by default first.
std::vector<Pool> pools(Database& database, std::string_view condition) {
    Statement statement = database.prepare(
        fmt::format("SELECT data, judged_by, count(*) AS trials "
                    "FROM trial INDEXED BY trial_by_score "
                    "WHERE disposition = 'finished' AND score IS NOT NULL AND {} "
                    "GROUP BY data, judged_by ORDER BY judged_by = 'test', trials DESC, data",
                    condition));
    std::vector<Pool> pools;
    while (statement.step()) {
        int at = 0;
        pools.push_back(reflect::read_members<Pool>(statement, at));
    }
    return pools;
}

bool matches(const Pool& pool, const RankQuery& query) {
    return is_asked_for(pool.data, query.data) && (!query.judged_by || pool.judged_by == *query.judged_by);
}

double cost_of(const Ranked& row, CostKind kind) {
    constexpr double not_measured = std::numeric_limits<double>::infinity();
    switch (kind) {
        case CostKind::macs:
            return static_cast<double>(row.macs);
        case CostKind::parameters:
            return static_cast<double>(row.parameters);
        case CostKind::activation_bytes:
            return static_cast<double>(row.activation_bytes);
        case CostKind::time:
            return row.mean_images_per_second ? 1 / *row.mean_images_per_second : not_measured;
        case CostKind::latency:
            break;
    }
    return row.mean_latency.value_or(not_measured);
}

} // namespace

Ranking rank(Database& database, const RankQuery& query, std::string_view condition) {
    Ranking ranking{.pool = {.data = query.data, .judged_by = query.judged_by.value_or(JudgedBy::validation)},
                    .others = pools(database, condition)};
    // The data set of exactly that name before a file's of it.
    auto chosen = std::ranges::find_if(
        ranking.others, [&](const Pool& pool) { return pool.data == query.data && matches(pool, query); });
    if (chosen == ranking.others.end()) {
        chosen = std::ranges::find_if(ranking.others, [&](const Pool& pool) { return matches(pool, query); });
    }
    if (chosen == ranking.others.end()) {
        return ranking;
    }
    ranking.pool = *chosen;
    ranking.others.erase(chosen);

    Statement best = database.prepare(fmt::format(
        "SELECT 0, variant, recipe_label, seeds, mean_score, NULL, best_score, mean_test_accuracy, "
        "mean_seconds, parameters, macs, activation_bytes, mean_images_per_second, mean_latency, "
        "fingerprint, seedless "
        "FROM ({}) WHERE data = ? AND judged_by = ? "
        "ORDER BY mean_score DESC, parameters, variant, recipe_label",
        best_sql(condition)));
    // Around the mean: the difference of squares would lose the digits that near scores differ in.
    Statement squares = database.prepare(fmt::format(
        "SELECT sum((score - ?1) * (score - ?1)) FROM trial WHERE disposition = 'finished' AND score IS NOT "
        "NULL AND fingerprint = ?2 AND seedless = ?3 AND data = ?4 AND judged_by = ?5 AND {}",
        condition));
    best.bind(1, ranking.pool.data);
    reflect::bind_value(best, 2, ranking.pool.judged_by);
    while (best.step()) {
        ++ranking.rows_in_all;
        if (ranking.rows.size() == query.top) continue;
        int at = 0;
        Ranked row = reflect::read_members<Ranked>(best, at);
        row.place = static_cast<std::int32_t>(ranking.rows.size() + 1);
        if (row.seeds > 1) {
            squares.bind(1, row.mean_score);
            squares.bind(2, best.text(at));
            squares.bind(3, best.integer(at + 1));
            squares.bind(4, ranking.pool.data);
            reflect::bind_value(squares, 5, ranking.pool.judged_by);
            squares.step();
            row.sd_score = std::sqrt(squares.real(0) / static_cast<double>(row.seeds - 1));
            squares.reset();
        }
        ranking.rows.push_back(row);
    }
    return ranking;
}

std::vector<Ranked> pareto_front(std::vector<Ranked> rows, std::span<const CostKind> costs) {
    // The score is one more thing to be kept low, its sign turned.
    std::vector<std::pair<std::vector<double>, Ranked>> all;
    for (Ranked& row : rows) {
        std::vector<double> low;
        for (const CostKind cost : costs) low.push_back(cost_of(row, cost));
        low.push_back(-row.mean_score);
        all.emplace_back(std::move(low), std::move(row));
    }
    std::ranges::stable_sort(all, [](const auto& a, const auto& b) {
        return std::tie(a.first, a.second.parameters) < std::tie(b.first, b.second.parameters);
    });
    // Who beats a row stands before it, and is beaten by nobody or by somebody who beats the row too.
    std::vector<Ranked> front;
    std::vector<std::vector<double>> lows;
    for (auto& [low, row] : all) {
        const auto beats = [&, &low = low](const std::vector<double>& other) {
            return std::ranges::equal(other, low, std::ranges::less_equal());
        };
        if (std::ranges::any_of(lows, beats)) continue;
        lows.push_back(low);
        front.push_back(std::move(row));
    }
    return front;
}

} // namespace fractal::store
