// `fractal results`: the rows of a run for other programs, as CSV or JSON lines.
#include <span>
#include <string>

#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "driver/command_line.hpp"
#include "driver/csv.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/say.hpp"
#include "reflect/json.hpp"
#include "reflect/value_text.hpp"
#include "store/reader.hpp"

namespace fractal::driver {
namespace {

enum class View : std::uint8_t { trials, epochs, best };

constexpr auto enum_names(View) {
    using enum View;
    return std::to_array<reflect::EnumName<View>>({{trials, "trials"}, {epochs, "epochs"}, {best, "best"}});
}

enum class Form : std::uint8_t { csv, jsonl };

constexpr auto enum_names(Form) {
    using enum Form;
    return std::to_array<reflect::EnumName<Form>>({{csv, "csv"}, {jsonl, "jsonl"}});
}

/// The order of each view that is the same whenever it is asked for.
std::string_view order_of(View view) {
    switch (view) {
        case View::trials:
            return "id";
        case View::epochs:
            return "trial, epoch";
        case View::best:
            return "data, judged_by DESC, mean_score DESC, parameters, variant, recipe_label";
    }
    return {};
}

using Kind = store::Statement::Kind;

/// Nothing for NULL.
std::string cell_of(const store::Statement& row, int at) {
    switch (row.kind(at)) {
        case Kind::null:
            return {};
        case Kind::integer:
            return fmt::format("{}", row.integer(at));
        case Kind::real:
            return fmt::format("{}", row.real(at));
        case Kind::text:
            break;
    }
    return csv_cell(row.text(at));
}

reflect::Json json_cell(const store::Statement& row, int at) {
    switch (row.kind(at)) {
        case Kind::null:
            return nullptr;
        case Kind::integer:
            return row.integer(at);
        case Kind::real:
            return row.real(at);
        case Kind::text:
            break;
    }
    return row.text(at);
}

std::string csv_heading(const store::Statement& row) {
    std::string line;
    for (int at = 0; at < row.columns(); ++at) {
        line += (at == 0 ? "" : ",") + row.name(at);
    }
    return line + "\n";
}

std::string line_of(const store::Statement& row, Form form) {
    if (form == Form::jsonl) {
        reflect::Json json = reflect::Json::object();
        for (int at = 0; at < row.columns(); ++at) {
            json[row.name(at)] = json_cell(row, at);
        }
        return reflect::json_text(json) + "\n";
    }
    std::string line;
    for (int at = 0; at < row.columns(); ++at) {
        line += (at == 0 ? "" : ",") + cell_of(row, at);
    }
    return line + "\n";
}

} // namespace

int run_results(const Program&, const std::vector<std::string>& arguments) {
    std::string folder, to = "csv", view_name = "trials", condition, out;
    CommandLine line("results", "the rows of a run for other programs, as CSV or JSON lines",
                     "RUN [OPTION...]",
                     "  fractal results runs/first > trials.csv\n"
                     "  fractal results runs/first --view epochs --to jsonl --out epochs.jsonl\n"
                     "  fractal results runs/first --where \"disposition = 'finished' AND depth = 2\"\n");
    CommandLine::Group run = line.group("Run");
    run.argument("RUN", folder, "folder of the run").required();
    CommandLine::Group output = line.group("Output");
    output.option("--view", "trials|epochs|best", view_name,
                  "a row for each trial with its recipe, for each epoch, or for each variant and recipe over "
                  "their seeds (trials)");
    output.option("--where", "SQL", condition,
                  "only rows for which this condition in SQL holds, over the view's columns");
    output.option("--to", "csv|jsonl", to, "comma-separated values, or a JSON object a line (csv)");
    output.option("--out", "FILE", out, "file to write (the standard output)");
    if (!line.parse(arguments)) {
        return 0;
    }
    const View view = reflect::parse_member<UsageError, View>("--view", view_name, {});
    const Form form = reflect::parse_member<UsageError, Form>("--to", to, {});
    require_results(folder);
    store::Reader reader(folder);
    store::ConditionedRows rows = reader.rows({.table = std::string(reflect::enum_text(view)),
                                               .order = std::string(order_of(view)),
                                               .condition = condition});
    bool more = rows.step(); // what is refused is refused before anything is written
    const auto produce = [&](const ByteSink& sink) {
        const auto put = [&](const std::string& text) { sink(std::as_bytes(std::span(text))); };
        if (form == Form::csv) {
            put(csv_heading(rows.row()));
        }
        for (; more; more = rows.step()) {
            put(line_of(rows.row(), form));
        }
    };
    if (!out.empty()) {
        write_durably(out, produce);
        say("wrote {}\n", out);
        return 0;
    }
    produce([](std::span<const std::byte> bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); });
    return 0;
}

} // namespace fractal::driver
