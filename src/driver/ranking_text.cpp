// Words for what store/rank.hpp returns.
#include "driver/ranking_text.hpp"

#include <algorithm>
#include <cmath>
#include <ranges>

#include <fmt/format.h>

#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"

namespace fractal::driver {
namespace {

using store::Disposition;
using store::JudgedBy;

bool has(std::span<const store::CostKind> costs, store::CostKind cost) {
    return std::ranges::find(costs, cost) != costs.end();
}

std::string pool_text(const store::Pool& pool) {
    return fmt::format("{} on {}",
                       pool.judged_by == JudgedBy::validation ? "validation accuracy" : "test accuracy",
                       pool.data);
}

std::string trials_text(std::int64_t trials) {
    return fmt::format("{} trial{}", trials, trials == 1 ? "" : "s");
}

} // namespace

std::string counts_text(const std::map<Disposition, std::int64_t>& counts) {
    std::int64_t all = 0;
    std::string list;
    // What is finished first, then as the enumeration has them.
    for (const bool finished : {true, false}) {
        for (const auto& [disposition, count] : counts) {
            if ((disposition == Disposition::finished) == finished && count > 0) {
                all += count;
                list += fmt::format("{}{} {}", list.empty() ? ": " : ", ", count,
                                    reflect::enum_text(disposition));
            }
        }
    }
    return trials_text(all) + list;
}

reflect::Json counts_json(const std::map<Disposition, std::int64_t>& counts) {
    reflect::Json json = reflect::Json::object();
    for (const auto& [disposition, count] : counts) {
        json[std::string(reflect::enum_text(disposition))] = count;
    }
    return json;
}

std::string ranking_text(const store::Ranking& ranking, bool colour, std::span<const store::CostKind> costs) {
    std::string text;
    const bool validation = ranking.pool.judged_by == JudgedBy::validation;
    if (ranking.rows.empty()) {
        text = "Nothing to rank: no trial has finished.\n";
        if (!ranking.others.empty()) {
            const std::string& data = ranking.pool.data;
            const std::string on = data.empty() ? "" : " on " + data;
            const bool there = std::ranges::any_of(ranking.others, [&](const store::Pool& pool) {
                return store::is_asked_for(pool.data, data);
            });
            text = !there ? fmt::format("Nothing to rank: no trial{} has finished.\n", on)
                   : validation
                       ? fmt::format(
                             "Nothing to rank by validation accuracy{}: no finished trial held images "
                             "out.\n",
                             on)
                       : fmt::format(
                             "Nothing to rank by test accuracy{}: each finished trial held images out, "
                             "and is ranked by those.\n",
                             on);
        }
    } else {
        text = fmt::format("By {}, mean over seeds ({}){}", pool_text(ranking.pool),
                           trials_text(ranking.pool.trials),
                           validation ? "" : "; these held out no images to choose by");
        if (ranking.rows.size() < ranking.rows_in_all)
            text += fmt::format("; the first {} of {}", ranking.rows.size(), ranking.rows_in_all);
        text += "\n\n";
        std::vector<Table::Column> columns{{"place", Align::right},
                                           {"variant"},
                                           {validation ? "validation" : "test", Align::right},
                                           {"sd", Align::right},
                                           {"n", Align::right}};
        if (validation) {
            columns.push_back({"test", Align::right});
        }
        for (const char* heading : {"parameters", "MACs"}) {
            columns.push_back({heading, Align::right});
        }
        const bool activations = has(costs, store::CostKind::activation_bytes);
        const bool speed = has(costs, store::CostKind::time);
        const bool latency = has(costs, store::CostKind::latency);
        if (activations) columns.push_back({"activations", Align::right});
        if (speed) columns.push_back({"images/s", Align::right});
        if (latency) columns.push_back({"latency", Align::right});
        columns.push_back({"time", Align::right});
        columns.push_back({"recipe"});
        Table table(std::move(columns));
        for (const store::Ranked& row : ranking.rows) {
            std::vector<std::string> cells{
                std::to_string(row.place), row.variant, percent_text(row.mean_score),
                row.sd_score ? fmt::format("{:.2f}", 100 * *row.sd_score) : "-", std::to_string(row.seeds)};
            if (validation) {
                cells.push_back(percent_text(row.mean_test_accuracy));
            }
            cells.insert(cells.end(), {count_text(row.parameters), count_text(row.macs)});
            if (activations) cells.push_back(bytes_text(row.activation_bytes));
            if (speed) {
                const auto& images = row.mean_images_per_second;
                cells.push_back(images ? grouped_text(std::llround(*images)) : "-");
            }
            if (latency) {
                cells.push_back(row.mean_latency ? fmt::format("{:.2f} ms", 1000 * *row.mean_latency) : "-");
            }
            cells.insert(cells.end(), {duration_text(row.mean_seconds), row.recipe_label});
            table.add(std::move(cells));
        }
        text += table.text(colour);
    }
    for (const store::Pool& other : ranking.others) {
        text += fmt::format("{}Not in this list, since it cannot be compared: {} by {} (--by {} --data {})\n",
                            &other == &ranking.others.front() ? "\n" : "", trials_text(other.trials),
                            pool_text(other), reflect::enum_text(other.judged_by), other.data);
    }
    return text;
}

std::string failures_text(const std::vector<store::Trial>& faults, std::size_t most, bool colour) {
    std::string text;
    for (const store::Trial& trial : faults | std::views::take(most)) {
        const Ink ink = trial.outcome.disposition == Disposition::failed ? Ink::red : Ink::yellow;
        text += fmt::format(
            "  {}  {}{}: {}\n", paint(colour, ink, reflect::enum_text(trial.outcome.disposition)),
            trial.subject.variant, trial.recipe.seed == 0 ? "" : fmt::format(" seed {}", trial.recipe.seed),
            trial.outcome.reason);
    }
    if (faults.size() > most) {
        text += fmt::format("  ... and {} more (--json lists all)\n", faults.size() - most);
    }
    return text;
}

reflect::Json ranking_json(const store::Ranking& ranking, const std::map<Disposition, std::int64_t>& counts,
                           const std::vector<store::Trial>& not_finished) {
    reflect::Json json;
    json["ranked"] = reflect::to_json(ranking.pool);
    json["rows_in_all"] = ranking.rows_in_all;
    json["rows"] = reflect::Json::array();
    for (const store::Ranked& row : ranking.rows) {
        json["rows"].push_back(reflect::to_json(row));
    }
    json["not_comparable"] = reflect::Json::array();
    for (const store::Pool& other : ranking.others) {
        json["not_comparable"].push_back(reflect::to_json(other));
    }
    json["dispositions"] = counts_json(counts);
    json["not_finished"] = reflect::Json::array();
    for (const store::Trial& trial : not_finished) {
        json["not_finished"].push_back({{"trial", trial.id},
                                        {"variant", trial.subject.variant},
                                        {"seed", trial.recipe.seed},
                                        {"disposition", reflect::enum_text(trial.outcome.disposition)},
                                        {"reason", trial.outcome.reason}});
    }
    return json;
}

} // namespace fractal::driver
