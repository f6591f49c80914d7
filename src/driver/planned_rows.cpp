// Asks the memory planner for each trial.
#include "driver/planned_rows.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "driver/table.hpp"
#include "driver/units.hpp"
#include "reflect/enum_text.hpp"
#include "train/memory_plan.hpp"

namespace fractal::driver {
namespace {

std::int64_t memory_of(const Planned& planned, const DataSummary& data, std::int64_t budget) {
    NetworkSpec net = *planned.variant->spec;
    net.classes = data.classes;
    const Recipe& recipe = planned.trial.recipe;
    const std::int64_t images = data.train_images + data.validation_images + data.test_images;
    const std::int64_t label_bytes = 8;
    if (budget == 0 && recipe.checkpoint == Checkpoint::automatic)
        budget = machine_budget(); // as a trial does
    MemoryTask task = memory_task(net, recipe, data.train_images,
                                  std::max<std::int64_t>(data.validation_images, data.test_images), budget);
    task.resident = images * (data.shape.elements() + label_bytes);
    try {
        return plan_memory(task).whole_bytes();
    } catch (const MemoryShortage&) { // the trial will be skipped, with the reason
        return budget;
    }
}

} // namespace

std::vector<PlannedRow> planned_rows(std::span<const Planned> plan, std::span<const store::Trial> asked,
                                     SweepData& data, std::int64_t memory_budget) {
    std::map<std::int64_t, std::size_t> places;
    for (const store::Trial& trial : asked) places.emplace(trial.id, places.size() + 1);
    std::vector<PlannedRow> rows;
    for (const Planned& planned : plan) {
        const store::Trial& trial = planned.trial;
        const auto place = places.find(trial.id);
        rows.push_back(
            {.trial = trial.id,
             .shard = place == places.end() ? "" : fmt::format("{}/{}", place->second, asked.size()),
             .variant = trial.subject.variant,
             .seed = trial.recipe.seed,
             .disposition = trial.outcome.disposition,
             .epochs = trial.recipe.epochs,
             .macs = trial.subject.macs,
             .memory_bytes = memory_of(planned, data.open(trial), memory_budget)});
    }
    return rows;
}

std::string planned_table(std::span<const PlannedRow> rows, bool colour) {
    Table table({{"trial", Align::right},
                 {"shard", Align::right},
                 {"variant"},
                 {"seed", Align::right},
                 {"stands at"},
                 {"MACs", Align::right},
                 {"memory", Align::right}});
    for (const PlannedRow& row : rows) {
        table.add({std::to_string(row.trial), row.shard, row.variant, std::to_string(row.seed),
                   std::string(reflect::enum_text(row.disposition)), count_text(row.macs),
                   bytes_text(row.memory_bytes)});
    }
    return table.text(colour);
}

} // namespace fractal::driver
