// One list of members for the records, the schema and the card: those of src/reflect, and `own_members`.
#include "driver/corpus.hpp"

#include <map>
#include <optional>
#include <regex>
#include <set>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>
#include <fractal/plan/fingerprint.hpp>
#include <fractal/spec/cpp_type.hpp>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "base/folder.hpp"
#include "base/version.hpp"
#include "driver/drawing.hpp"
#include "driver/licence.hpp"
#include "driver/run_folder.hpp"
#include "driver/variant_row.hpp"
#include "exports/pytorch_text.hpp"
#include "reflect/json.hpp"
#include "store/reader.hpp"
#include "store/trial_rows.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;
using reflect::Json;

/// What a variant has here besides its row.
struct Member {
    std::string_view name;
    std::string_view help;
};
constexpr Member cpp_member{"cpp_type", "the network as a C++ type of this project"};
constexpr Member pytorch_member{
    "pytorch", "source of a Python module that needs PyTorch alone; null: has a layer of its own"};
constexpr Member group_member{
    "evaluation_group",
    "fingerprint without dropout, which is the identity in evaluation: networks that have it in "
    "common compute the same then, and belong on one side of a split"};
constexpr Member machine_member{
    "machine", "what trained it last: processor, threads, operating system, device; null: nothing has"};
constexpr Member version_member{"fractal_version", "of the program that trained it last; null: none has"};
constexpr Member drawing_member{"drawing", "one unit, columns side by side, time downwards"};
constexpr Member trials_member{"trials", "what was measured of it, in the order in which it was asked for"};

std::optional<std::string> source_of(const Variant& variant) {
    try {
        return pytorch_text(*variant.spec, variant.name);
    } catch (const UsageError&) {
        return std::nullopt; // a layer that PyTorch does not know
    }
}

Json record_of(const Variant& variant, const Json& trials) {
    Json record = reflect::to_json(row_of(variant));
    record[std::string(cpp_member.name)] = cpp_type(*variant.spec).view();
    const std::optional<std::string> source = source_of(variant);
    record[std::string(pytorch_member.name)] = source ? Json(*source) : Json(nullptr);
    record[std::string(group_member.name)] = fingerprint_text(evaluation_fingerprint(*variant.spec));
    record[std::string(drawing_member.name)] = drawing(*variant.spec, {});
    record[std::string(trials_member.name)] = trials;
    return record;
}

/// A text whose absolute paths are shortened to the names of their files; a path with spaces only if it is
/// among `known`.
std::string without_folders(std::string text, std::span<const std::string> known) {
    for (const std::string& path : known) {
        const std::string name = fs::path(path).filename().string();
        if (path.empty() || name == path) continue;
        for (std::size_t at = text.find(path); at != std::string::npos;
             at = text.find(path, at + name.size())) {
            text.replace(at, path.size(), name);
        }
    }
    static const std::regex folders(R"((^|[\s'"(])/(?:[^/\s'"]+/)*)");
    return std::regex_replace(text, folders, "$1");
}

/// A corpus is handed on: where files lay is nobody's business, and `data` has the hash of its file.
/// `folders` are those that a reason may name.
void take_folders_out(store::Trial& trial, const std::vector<std::string>& folders) {
    store::Conditions& conditions = trial.conditions;
    std::vector<std::string> known{conditions.data_file, conditions.init_weights_file};
    known.insert(known.end(), folders.begin(), folders.end());
    trial.outcome.reason = without_folders(trial.outcome.reason, known);
    for (std::string* file : {&conditions.data_file, &conditions.init_weights_file}) {
        *file = fs::path(*file).filename().string();
    }
}

/// The trials of each fingerprint, as JSON with their epochs.
std::map<std::string, Json> trials_of(store::Reader& reader, const std::vector<std::string>& folders) {
    std::map<std::string, Json> trials;
    for (store::Trial trial : reader.trials()) {
        take_folders_out(trial, folders);
        Json json = store::trial_json(trial);
        const store::Run run = reader.run_of(trial.id);
        const bool began = !trial.outcome.started.empty();
        json[std::string(machine_member.name)] = began ? Json(run.machine) : Json(nullptr);
        json[std::string(version_member.name)] = began ? Json(run.version) : Json(nullptr);
        json["epochs"] = Json::array();
        for (const store::Epoch& epoch : reader.epochs(trial.id)) {
            json["epochs"].push_back(reflect::to_json(epoch));
        }
        trials.try_emplace(trial.subject.fingerprint, Json::array()).first->second.push_back(std::move(json));
    }
    return trials;
}

// ---- JSON Schema ----

template <typename T>
Json type_of() {
    if constexpr (std::same_as<T, std::optional<double>>) {
        return type_of<double>();
    } else if constexpr (std::same_as<T, bool>) {
        return "boolean";
    } else if constexpr (std::floating_point<T>) {
        return Json::array({"number", "null"}); // what is not a number is null
    } else if constexpr (std::integral<T>) {
        return "integer";
    } else {
        return "string";
    }
}

/// An object with exactly the members that are added.
class ObjectSchema {
public:
    void add(std::string_view name, std::string_view help, Json schema) {
        schema["description"] = help;
        schema_["properties"][std::string(name)] = std::move(schema);
        schema_["required"].push_back(name);
    }
    template <reflect::Described S>
    ObjectSchema& add() {
        reflect::for_each_field<S>([&](const auto& field) {
            using T = reflect::member_t<S, decltype(field)>;
            Json schema;
            schema["type"] = type_of<T>();
            if constexpr (reflect::NamedEnum<T>) {
                schema["enum"] = reflect::enum_texts<T>();
            }
            add(field.name(),
                field.unit.empty() ? std::string(field.help)
                                   : fmt::format("{}, in {}", field.help, field.unit),
                std::move(schema));
        });
        return *this;
    }
    Json take() { return std::move(schema_); }

private:
    Json schema_{{"type", "object"},
                 {"properties", Json::object()},
                 {"required", Json::array()},
                 {"additionalProperties", false}};
};

Json array_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json trial_schema() {
    ObjectSchema trial;
    trial.add("id", "number of the trial in its run", {{"type", "integer"}});
    trial.add<store::Subject>().add<store::Conditions>();
    trial.add("recipe_label", "what the recipe was called", {{"type", "string"}});
    trial.add("recipe", "how it was trained", ObjectSchema().add<Recipe>().take());
    trial.add<store::Outcome>();
    trial.add(machine_member.name, machine_member.help, {{"type", {"string", "null"}}});
    trial.add(version_member.name, version_member.help, {{"type", {"string", "null"}}});
    trial.add("epochs", "what was measured after each epoch",
              array_of(ObjectSchema().add<store::Epoch>().take()));
    Json schema = trial.take();
    for (const char* const file : {"data_file", "init_weights_file"}) {
        std::string about = schema["properties"][file]["description"];
        schema["properties"][file]["description"] = about.replace(0, std::string_view("path").size(), "name");
    }
    return schema;
}

Json record_schema() {
    ObjectSchema record;
    record.add<VariantRow>();
    record.add(cpp_member.name, cpp_member.help, {{"type", "string"}});
    record.add(pytorch_member.name, pytorch_member.help, {{"type", {"string", "null"}}});
    record.add(group_member.name, group_member.help, {{"type", "string"}});
    record.add(drawing_member.name, drawing_member.help, {{"type", "string"}});
    record.add(trials_member.name, trials_member.help, array_of(trial_schema()));
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "A fractal network and what was measured of it"}};
    schema.update(record.take());
    return schema;
}

// ---- data card ----

/// `a`, `b` and how often, sorted by name.
std::string counted(const std::map<std::string, std::size_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts) {
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", name, count);
    }
    return text.empty() ? "none" : text;
}

std::string card(const std::vector<const Variant*>& variants, const std::map<std::string, Json>& trials,
                 const std::vector<store::Run>& runs) {
    std::map<std::string, std::size_t> families, dispositions, data, recipes;
    std::size_t measured = 0, epochs = 0;
    std::string first, last; // moments, which sort as text
    for (const Variant* variant : variants) {
        ++families[std::string(variant->family)];
        const auto found = trials.find(fingerprint_text(variant->fingerprint));
        if (found == trials.end()) continue;
        const std::size_t before = epochs;
        for (const Json& trial : found->second) {
            ++dispositions[trial["disposition"]];
            ++data[trial["data"]];
            ++recipes[trial["recipe_label"]];
            epochs += trial["epochs"].size();
            const std::string started = trial["started"], ended = trial["ended"];
            if (!started.empty() && (first.empty() || started < first)) first = started;
            last = std::max(last, ended);
        }
        if (epochs > before) ++measured;
    }
    std::string text = fmt::format(
        "---\nlicense: mit\n---\n\n"
        "# Fractal networks: types, sources and measurements\n\n"
        "{} fractal networks (Larsson, Maire and Shakhnarovich, arXiv 1605.07648), one JSON object a line "
        "in\n"
        "`corpus.jsonl`, sorted by name. Written by fractal {}: `fractal export --to corpus`.\n\n"
        "| | |\n| --- | --- |\n"
        "| networks | {}, of families: {} |\n"
        "| of these measured | {} |\n"
        "| trials | {} |\n"
        "| epochs | {} |\n"
        "| data sets | {} |\n"
        "| recipes | {} |\n"
        "| measured from, to | {} |\n"
        "| licence | MIT, fractal's own: `LICENSE` |\n\n",
        variants.size(), version, variants.size(), counted(families), measured, counted(dispositions), epochs,
        counted(data), counted(recipes),
        measured == 0 ? "none" : fmt::format("{}, {}", first, last.empty() ? "not ended" : last));
    text +=
        "## What a record holds\n\nEach member is described in `schema.json`; those of a network are:\n\n"
        "| member | what it is |\n| --- | --- |\n";
    const Json schema = record_schema();
    for (const auto& [name, member] : schema["properties"].items()) {
        text += fmt::format("| `{}` | {} |\n", name, member["description"].get<std::string>());
    }
    text +=
        "\n## How it came about\n\n"
        "Names, costs, sources and drawings follow from the network's type, and are exact. Accuracies were\n"
        "measured by the trials, each with its whole recipe and seed. A trial that failed, was skipped or is "
        "not\n"
        "done is in the list with its disposition and reason: leaving it out would make the others look "
        "better.\n";
    std::set<std::string> machines;
    for (const store::Run& run : runs) {
        machines.insert(fmt::format("- {}, with fractal {}\n", run.machine, run.version));
    }
    if (measured > 0) {
        text += "\nTrained on:\n\n";
        for (const std::string& machine : machines) text += machine;
        text += "\nOf a trial that went on on another machine, that is the last one.\n";
    }
    return text +
           "\n## What to mind\n\n"
           "- Compare accuracies within one data set, recipe and kind only: `last_validation_accuracy` is of "
           "images\n"
           "  held out of the training set; `test_accuracy` is of the test set, read once after the last "
           "epoch.\n"
           "- One seed is one draw. Differences of less than the spread over seeds say nothing.\n"
           "- A trial's `parameters` and `macs` are those of the network that it trained, whose head has an "
           "output\n"
           "  for each class of its data set; `cpp_type`, `pytorch` and the costs beside them have the "
           "family's number.\n"
           "- `latency`, `seconds`, `images_per_second` and `peak_bytes` are of the machine that trained.\n"
           "- Networks differ by fingerprint while training; some of them are equal in evaluation, where "
           "dropout\n"
           "  is the identity. To split the records, keep those of one `evaluation_group` on one side.\n";
}

} // namespace

void write_corpus(const fs::path& folder, const std::vector<const Variant*>& variants,
                  const std::string& run) {
    std::map<std::string, Json> trials;
    std::vector<store::Run> runs;
    if (!run.empty()) {
        store::Reader reader(run);
        trials =
            trials_of(reader, {fs::absolute(run).lexically_normal().string(), read_settings(run).data_dir});
        runs = reader.runs_that_trained();
    }
    make_folder(folder);
    write_durably(folder / "corpus.jsonl", [&](const ByteSink& sink) {
        for (const Variant* variant : variants) {
            const auto found = trials.find(fingerprint_text(variant->fingerprint));
            const std::string line = reflect::json_text(record_of(
                                         *variant, found == trials.end() ? Json::array() : found->second)) +
                                     "\n";
            sink(std::as_bytes(std::span(line)));
        }
    });
    write_durably(folder / "schema.json", reflect::json_text(record_schema(), 2) + "\n");
    write_durably(folder / "README.md", card(variants, trials, runs));
    write_durably(folder / "LICENSE", licence);
}

} // namespace fractal::driver
