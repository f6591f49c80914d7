// `fractal list`: the variants of this program and their costs.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "driver/command_line.hpp"
#include "driver/program.hpp"
#include "driver/select.hpp"
#include "driver/table.hpp"
#include "driver/terminal.hpp"
#include "driver/units.hpp"
#include "driver/variant_row.hpp"
#include "reflect/json.hpp"

namespace fractal::driver {
namespace {

struct ListOptions {
    Wanted wanted;
    std::string sort = "name";
    std::size_t limit = std::numeric_limits<std::size_t>::max();
    bool descending = false;
    bool names = false;
    bool selections = false;
    bool json = false;
};

/// Sorts by the member called `key`; equals stay sorted by name. Throws UsageError for a key that there is
/// not.
void sort_rows(std::vector<VariantRow>& rows, std::string_view key, bool descending) {
    std::vector<std::string> keys;
    bool found = false;
    reflect::for_each_field<VariantRow>([&](const auto& field) {
        keys.push_back(field.flag());
        if (keys.back() != key) {
            return;
        }
        found = true;
        std::ranges::stable_sort(rows, [&](const VariantRow& a, const VariantRow& b) {
            return descending ? field(b) < field(a) : field(a) < field(b);
        });
    });
    if (!found) {
        throw UsageError(fmt::format("--sort {}: expected one of {}{}", key, fmt::join(keys, ", "),
                                     did_you_mean(key, keys)));
    }
}

void print_table(const std::vector<VariantRow>& rows) {
    Table table({{"variant"},
                 {"depth", Align::right},
                 {"columns", Align::right},
                 {"order"},
                 {"parameters", Align::right},
                 {"MACs", Align::right},
                 {"activations", Align::right},
                 {"firings", Align::right}});
    for (const VariantRow& row : rows) {
        table.add({row.name, std::to_string(row.depth), std::to_string(row.columns), row.layer_order,
                   count_text(row.parameters), count_text(row.macs), bytes_text(row.activation_bytes),
                   std::to_string(row.firings)});
    }
    fmt::print("{}", table.text(terminal_of(stdout).colour));
}

int list_selections(const Program& program, bool json) {
    Table table({{"selection"}, {"variants", Align::right}, {"what it holds"}});
    reflect::Json rows = reflect::Json::array();
    for (const NamedSelection& selection : program.selections) {
        const auto count = std::ranges::count_if(
            program.registry.all(), [&](const Variant* variant) { return selection.holds(*variant); });
        table.add({std::string(selection.name), std::to_string(count), std::string(selection.about)});
        rows.push_back({{"name", selection.name}, {"variants", count}, {"about", selection.about}});
    }
    fmt::print("{}", json ? reflect::json_text(rows, 2) + "\n" : table.text(terminal_of(stdout).colour));
    return 0;
}

} // namespace

int run_list(const Program& program, const std::vector<std::string>& arguments) {
    ListOptions options;
    CommandLine line("list", "the variants that were compiled in, and what each costs",
                     "[PATTERN...] [OPTION...]",
                     "  fractal list\n"
                     "  fractal list 'paper/d3-c2-*' --exclude '*drop*'\n"
                     "  fractal list --select tiny-deep --sort macs --limit 10\n"
                     "  fractal list 'compact/*' --names | wc -l\n");
    add_selection_options(line, options.wanted);
    CommandLine::Group output = line.group("Output");
    output.flag("--names", options.names, "names only, one a line");
    line.json_flag(options.json, "a JSON array, one object for each variant");
    output.option(
        "--sort", "KEY", options.sort,
        "by name (the default), depth, columns, layer-order, parameters, macs, activation-bytes, firings "
        "or longest-path");
    output.flag("--descending", options.descending, "the largest first");
    output.option("--limit", "N", options.limit, "so many at most").whole_number(reflect::at_least(1));
    output.flag("--selections", options.selections, "list the named selections instead, with their sizes");
    if (!line.parse(arguments)) {
        return 0;
    }
    if (options.selections) {
        return list_selections(program, options.json);
    }

    const Chosen chosen = choose(program.registry, program.selections, options.wanted);
    std::vector<VariantRow> rows;
    rows.reserve(chosen.variants.size());
    std::ranges::transform(chosen.variants, std::back_inserter(rows),
                           [](const Variant* variant) { return row_of(*variant); });
    sort_rows(rows, options.sort, options.descending);
    rows.resize(std::min(rows.size(), options.limit));

    if (options.json) {
        reflect::Json json = reflect::Json::array();
        for (const VariantRow& row : rows) {
            json.push_back(reflect::to_json(row));
        }
        fmt::print("{}\n", reflect::json_text(json, 2));
        return 0;
    }
    if (options.names) {
        std::string names;
        for (const VariantRow& row : rows) {
            names += row.name + "\n";
        }
        fmt::print("{}", names);
        return 0;
    }
    print_table(rows);
    fmt::print("\n{} of {}{} variants", rows.size(),
               rows.size() < chosen.variants.size() && chosen.variants.size() < program.registry.all().size()
                   ? fmt::format("{} that match, of ", chosen.variants.size())
                   : "",
               program.registry.all().size());
    if (chosen.not_compiled > 0) {
        fmt::print("; {} more match but are not compiled in (cmake -DFRACTAL_VARIANTS=...)",
                   chosen.not_compiled);
    }
    fmt::print("\n");
    return 0;
}

} // namespace fractal::driver
