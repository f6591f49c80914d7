// `fractal export`: a network and its weights in other programs' terms.
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <string>

#include <fmt/format.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "driver/command_line.hpp"
#include "driver/corpus.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/saved_weights.hpp"
#include "driver/select.hpp"
#include "driver/sweep.hpp"
#include "exports/pytorch_text.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
    Wanted wanted;
    std::string format;
    std::string run;
    std::int64_t trial = 0;
    std::string out;
};

/// The weights to take: those of the trial asked for, else of the best finished one.
fs::path weights_for(const ExportOptions& options, const Variant& variant) {
    require_results(options.run);
    store::Reader reader(options.run);
    const std::vector<store::Trial> trials = trials_with_weights(reader, variant, options.run);
    const store::Trial* chosen = nullptr;
    const auto score = [](const store::Trial& trial) {
        const auto& outcome = trial.outcome;
        return outcome.last_validation_accuracy.value_or(outcome.test_accuracy.value_or(0));
    };
    for (const store::Trial& trial : trials) {
        if (options.trial != 0 ? trial.id == options.trial
                               : chosen == nullptr || score(trial) > score(*chosen)) {
            chosen = &trial;
        }
    }
    if (chosen == nullptr) {
        std::string known;
        for (const store::Trial& trial : trials)
            known += fmt::format("{}{}", known.empty() ? "" : ", ", trial.id);
        throw UsageError(fmt::format("--trial {}: {} has weights of {} from trials {}", options.trial,
                                     options.run, variant.name, known));
    }
    return weights_file(options.run, chosen->id);
}

void write_text(const fs::path& file, std::string_view text) {
    write_durably(file, [&](const ByteSink& sink) { sink(std::as_bytes(std::span(text))); });
}

void copy_weights(const fs::path& from, const fs::path& to) {
    std::ifstream source(from, std::ios::binary);
    if (!source)
        throw IoError(fmt::format("{} cannot be opened: expected the weights of a trial", from.string()));
    write_durably(to, [&](const ByteSink& sink) {
        std::vector<char> part(1 << 20);
        while (source.read(part.data(), static_cast<std::streamsize>(part.size())) || source.gcount() > 0) {
            sink(std::as_bytes(std::span(part).first(static_cast<std::size_t>(source.gcount()))));
        }
    });
}

void say_written(const fs::path& file) { fmt::print(stderr, "wrote {}\n", file.string()); }

/// The variants that were asked for; those that the run has, if none were.
std::vector<const Variant*> variants_of(const Program& program, const ExportOptions& options) {
    if (!options.wanted.open()) {
        return choose(program.registry, program.selections, options.wanted).variants;
    }
    if (options.run.empty()) {
        throw UsageError(
            "nothing says which variants: name them ('*' is all), or a run that trained them (--run RUN)");
    }
    std::set<std::string> names;
    for (const store::Trial& trial : store::Reader(options.run).trials()) {
        names.insert(trial.subject.variant);
    }
    if (names.empty()) {
        throw UsageError(fmt::format("{} has no trials yet: name variants", options.run));
    }
    const Wanted trained{.patterns = {names.begin(), names.end()}, .exclusions = options.wanted.exclusions};
    return choose(program.registry, program.selections, trained).variants;
}

void export_corpus(const Program& program, const ExportOptions& options) {
    if (options.out.empty() || options.trial != 0) {
        throw UsageError(options.out.empty() ? "a corpus is a folder: name it (--out DIR)"
                                             : "--trial is for weights, and a corpus has none: leave it out");
    }
    if (!options.run.empty()) require_results(options.run);
    const std::vector<const Variant*> variants = variants_of(program, options);
    write_corpus(options.out, variants, options.run);
    fmt::print(stderr, "wrote {} records to {}\n", variants.size(),
               (fs::path(options.out) / "corpus.jsonl").string());
}

} // namespace

int run_export(const Program& program, const std::vector<std::string>& arguments) {
    ExportOptions options;
    CommandLine line(
        "export", "take a network, and the weights that a run trained, to other programs",
        "VARIANT --to FORMAT [OPTION...]",
        "  fractal export paper/d3-c2-conv3.bn.relu --to pytorch > network.py\n"
        "  fractal export compact/d2-c2-conv3.bn.relu --to pytorch --run runs/first --out network.py\n"
        "  fractal export compact/d2-c2-conv3.bn.relu --to safetensors --run runs/first --out "
        "best.safetensors\n"
        "  fractal export --where \"depth = 2\" --to corpus --run runs/first --out corpus\n");
    CLI::App& app = line.app();
    add_selection_options(app, options.wanted);
    app.add_option(
           "--to", options.format,
           "pytorch: a Python module that needs PyTorch alone, and its weights beside it; "
           "safetensors: weights; corpus: a folder of records of many variants with their types, sources, "
           "costs and measured epochs, for language models")
        ->type_name("FORMAT")
        ->required()
        ->check(CLI::IsMember({"pytorch", "safetensors", "corpus"}))
        ->group("Output");
    app.add_option("--out", options.out,
                   "file to write; a module without weights may go to the standard output")
        ->type_name("FILE")
        ->group("Output");
    app.add_option("--run", options.run, "folder of the run that trained it")
        ->type_name("RUN")
        ->group("Weights");
    app.add_option("--trial", options.trial, "number of the trial (the best finished one)")
        ->type_name("ID")
        ->check(CLI::PositiveNumber)
        ->group("Weights");
    if (!line.parse(arguments)) return 0;

    if (options.format == "corpus") {
        export_corpus(program, options);
        return 0;
    }
    const Variant& variant = choose_one(program.registry, program.selections, options.wanted);
    const bool module = options.format == "pytorch";
    if (options.run.empty() && (!module || options.trial != 0)) {
        throw UsageError("the weights are a run's: give its folder (--run RUN)");
    }
    if (options.out.empty() && !options.run.empty()) {
        throw UsageError("weights go to a file: name it (--out FILE)");
    }
    NetworkSpec net = *variant.spec;
    fs::path weights;
    if (!options.run.empty()) {
        weights = weights_for(options, variant);
        net.classes = classes_of_weights(weights);
    }
    if (!module) {
        copy_weights(weights, options.out);
        say_written(options.out);
        return 0;
    }
    const std::string text = pytorch_text(net, variant.name);
    if (options.out.empty()) {
        fmt::print("{}", text);
        return 0;
    }
    write_text(options.out, text);
    say_written(options.out);
    if (!weights.empty()) {
        const fs::path beside = fs::path(options.out).replace_extension(".safetensors");
        copy_weights(weights, beside);
        say_written(beside);
    }
    return 0;
}

} // namespace fractal::driver
