// `fractal rank`: the best variants of a run, from its results alone.
#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/command_line.hpp"
#include "driver/program.hpp"
#include "driver/ranking_text.hpp"
#include "driver/run_folder.hpp"
#include "driver/terminal.hpp"
#include "reflect/value_text.hpp"
#include "store/reader.hpp"

namespace fractal::driver {

int run_rank(const Program&, const std::vector<std::string>& arguments) {
    std::string folder;
    std::string by;
    store::RankQuery query;
    std::string condition;
    std::optional<std::uint64_t> top;
    bool pareto = false;
    std::vector<std::string> cost_names;
    bool json = false;
    CommandLine line("rank", "the best variants of a run, and what became of the others", "RUN [OPTION...]",
                     "  fractal rank runs/first\n"
                     "  fractal rank runs/first --top 30 --by test\n"
                     "  fractal rank runs/first --where \"columns > 1 AND layer_order LIKE '%bn%'\"\n"
                     "  fractal rank runs/first --pareto --json\n"
                     "  fractal rank runs/first --pareto --costs parameters,time\n");
    CommandLine::Group run = line.group("Run");
    run.argument("RUN", folder, "folder of the run").required();
    CommandLine::Group output = line.group("Output");
    output.option("--top", "N", top, "so many variants at most (10; with --pareto all)")
        .whole_number(reflect::at_least(1));
    output.option("--by", "validation|test", by,
                  "rank by validation accuracy the trials that held images out, or by test accuracy those "
                  "that held "
                  "out none; the two are never mixed (validation, where there is any)");
    output.option("--data", "NAME", query.data, "rank the trials on this data set (the one with the most)");
    output.option("--where", "SQL", condition,
                  "only trials for which this condition in SQL holds, over the columns of the results' view "
                  "trials, such as \"depth = 3 AND seed < 3\"");
    output.flag("--pareto", pareto,
                "only variants that none beats at less cost, the cheapest first (by --costs)");
    output
        .option("--costs", "LIST", cost_names,
                "with --pareto: the costs that count, separated by commas, of macs, parameters, "
                "activation-bytes, and as measured time, of a training image, and latency, of evaluating one "
                "image by itself (macs)")
        .separated_by_commas();
    line.json_flag(json, "a JSON object");
    if (!line.parse(arguments)) {
        return 0;
    }
    if (!by.empty()) {
        query.judged_by = reflect::parse_member<UsageError, store::JudgedBy>("--by", by, {});
    }
    std::vector<store::CostKind> costs;
    for (const std::string& name : cost_names) {
        costs.push_back(reflect::parse_member<UsageError, store::CostKind>("--costs", name, {}));
    }
    if (costs.empty()) {
        costs.assign(store::by_macs.begin(), store::by_macs.end());
    } else if (!pareto) {
        throw UsageError("--costs says what --pareto goes by: give --pareto too");
    }

    require_results(folder);
    store::Reader reader(folder);
    if (!condition.empty()) {
        reader.restrict_to(reader.trials_where(condition));
    }
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    query.top = pareto ? all : top.value_or(query.top);
    store::Ranking ranking = reader.rank(query);
    if (pareto) {
        ranking.rows = store::pareto_front(std::move(ranking.rows), costs);
        ranking.rows_in_all = ranking.rows.size();
        ranking.rows.resize(std::min(top.value_or(all), ranking.rows.size()));
    }
    const auto counts = reader.counts();
    if (json) {
        fmt::print("{}\n", reflect::json_text(ranking_json(ranking, counts, reader.not_finished()), 2));
        return 0;
    }
    constexpr std::size_t most_failures = 10;
    const bool colour = terminal_of(stdout).colour;
    fmt::print("{}\n{}{}", counts_text(counts), failures_text(reader.faults(), most_failures, colour),
               "\n" + ranking_text(ranking, colour, costs));
    return 0;
}

} // namespace fractal::driver
