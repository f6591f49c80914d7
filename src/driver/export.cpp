// `fractal export`: a network and its weights in other programs' terms.
#include <array>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"
#include "base/near_misses.hpp"
#include "driver/backend_loader.hpp"
#include "driver/command_line.hpp"
#include "driver/corpus.hpp"
#include "driver/onnx_model.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/saved_weights.hpp"
#include "driver/say.hpp"
#include "driver/select.hpp"
#include "driver/trial_files.hpp"
#include "exports/pytorch_text.hpp"
#include "reflect/value_text.hpp"

namespace fractal::driver {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
    Wanted wanted;
    std::string format;
    std::string out;
    std::string run;
    std::int64_t trial = 0;
    std::string weights;
};

/// What leaves: a network and the weights that fit it; without weights only its text can.
struct Departing {
    const Variant& variant;
    NetworkSpec net;
    std::optional<StoredTensors> weights;
    fs::path out;
    std::optional<PixelNormalisation> pixels; ///< where the weights are a trial's
};

void say_written(const fs::path& file) { say("wrote {}\n", file.string()); }

/// A module alone may go to the standard output.
void to_pytorch(const Departing& departing) {
    if (departing.weights) require_float32(*departing.weights, "the module");
    const std::string text = pytorch_text(departing.net, departing.variant.name, departing.pixels);
    if (departing.out.empty()) {
        fmt::print("{}", text);
        return;
    }
    const fs::path beside = weights_beside(departing.out);
    write_durably(departing.out, text);
    say_written(departing.out);
    if (departing.weights) {
        copy_weights(*departing.weights, beside);
        say_written(beside);
    }
}

void to_safetensors(const Departing& departing) {
    copy_weights(*departing.weights, departing.out);
    say_written(departing.out);
}

void to_onnx(const Departing& departing) {
    require_float32(*departing.weights, "an ONNX model");
    write_onnx(departing.out, departing.net, departing.variant.name, *departing.weights);
    say_written(departing.out);
}

void to_torchscript(const Departing& departing) {
    load_trainer({})->write_torchscript(departing.variant, departing.weights->file.string(),
                                        departing.out.string());
    say_written(departing.out);
}

struct Format {
    const char* name;
    const char* about;
    bool holds_weights;              ///< it is nothing without them
    void (*write)(const Departing&); ///< null for what is of many networks: `export_corpus`
};

constexpr std::array formats{
    Format{"pytorch", "a Python module that needs PyTorch alone, and its weights beside it", false,
           to_pytorch},
    Format{"safetensors", "the weights", true, to_safetensors},
    Format{"onnx", "an ONNX model, for its many runtimes", true, to_onnx},
    Format{"torchscript", "an archive for torch.jit.load in Python and C++", true, to_torchscript},
    Format{"corpus",
           "a folder of records of many variants with their types, sources, costs and measured epochs, for "
           "language models",
           false, nullptr},
};

const Format& format_called(const std::string& name) {
    std::vector<std::string_view> names;
    for (const Format& format : formats) {
        if (name == format.name) return format;
        names.emplace_back(format.name);
    }
    throw UsageError(fmt::format("--to {}: expected one of {}{}", name, fmt::join(names, ", "),
                                 did_you_mean(name, names)));
}

void check_options(const ExportOptions& options, const Format& format) {
    if (!options.run.empty() && !options.weights.empty()) {
        throw UsageError("--run and --weights were both given: the weights are a run's or a file's");
    }
    const bool weights = !options.run.empty() || !options.weights.empty();
    if (options.run.empty() && options.trial != 0) {
        throw UsageError("--trial names one of a run: give the run's folder (--run RUN)");
    }
    if (format.holds_weights && !weights) {
        throw UsageError(
            fmt::format("--to {} takes weights along: give those of a run (--run RUN) or of a "
                        "file (--weights FILE)",
                        format.name));
    }
    if (weights && options.out.empty()) {
        throw UsageError("weights go to a file: name it (--out FILE)");
    }
}

/// The trial whose weights to take: the one asked for, or a run's best one.
store::Trial trial_of(const ExportOptions& options, const Variant& variant) {
    require_results(options.run);
    store::Reader reader(options.run);
    const std::vector<store::Trial> trials = trials_with_weights(reader, variant, options.run);
    return trial_to_take(trials, options.trial, options.run);
}

PixelNormalisation normalisation_of(const store::Conditions& conditions) {
    const auto numbers = [](const std::string& text) {
        std::istringstream stream(text);
        return std::vector<std::string>(std::istream_iterator<std::string>(stream), {});
    };
    return {numbers(conditions.pixel_mean), numbers(conditions.pixel_std)};
}

/// The variants that were asked for. Where neither a pattern nor a selection names any, those that the run
/// has are narrowed.
std::vector<const Variant*> variants_of(const Program& program, const ExportOptions& options) {
    const Wanted& wanted = options.wanted;
    if (wanted.open() && options.run.empty()) {
        throw UsageError(
            "nothing says which variants: name them ('*' is all), or a run that trained them (--run RUN)");
    }
    std::vector<const Variant*> variants = choose(program.registry, program.selections, wanted).variants;
    if (options.run.empty() || !wanted.patterns.empty() || !wanted.selections.empty()) return variants;
    std::set<const Variant*> trained;
    for (const store::Trial& trial : store::Reader(options.run).trials()) {
        trained.insert(&find_variant(program.registry, trial.subject.variant));
    }
    std::erase_if(variants, [&](const Variant* variant) { return !trained.contains(variant); });
    if (trained.empty()) {
        throw UsageError(fmt::format("{} has no trials yet: name variants", options.run));
    }
    if (variants.empty()) {
        throw UsageError(
            fmt::format("of the {} variants of {} none is left: narrow less (--where, --exclude)",
                        trained.size(), options.run));
    }
    return variants;
}

void export_corpus(const Program& program, const ExportOptions& options) {
    if (options.out.empty()) throw UsageError("a corpus is a folder: name it (--out DIR)");
    if (options.trial != 0 || !options.weights.empty()) {
        throw UsageError(fmt::format("{} is for weights, and a corpus has none: leave it out",
                                     options.trial != 0 ? "--trial" : "--weights"));
    }
    if (!options.run.empty()) require_results(options.run);
    const std::vector<const Variant*> variants = variants_of(program, options);
    write_corpus(options.out, variants, options.run);
    say("wrote {} records to {}\n", variants.size(), (fs::path(options.out) / "corpus.jsonl").string());
}

void add_options(CommandLine& line, ExportOptions& options) {
    add_selection_options(line, options.wanted);
    std::string about;
    for (const Format& format : formats) {
        about += fmt::format("{}{}: {}", about.empty() ? "" : "; ", format.name, format.about);
    }
    CommandLine::Group output = line.group("Output");
    output.option("--to", "FORMAT", options.format, about).required();
    output.option(
        "--out", "FILE", options.out,
        "file to write, or a corpus's folder; a module without weights may go to the standard output");
    CommandLine::Group weights = line.group("Weights");
    weights.option("--run", "RUN", options.run, "folder of the run that trained it");
    weights
        .option("--trial", "ID", options.trial,
                "number of the trial (the best finished one, where all can be compared)")
        .whole_number(reflect::at_least(1));
    weights.option("--weights", "FILE", options.weights,
                   "safetensors file with weights that fit the variant, such as the exported module's, "
                   "trained in PyTorch");
}

} // namespace

int run_export(const Program& program, const std::vector<std::string>& arguments) {
    ExportOptions options;
    CommandLine line(
        "export", "take a network, and its weights, to other programs", "VARIANT --to FORMAT [OPTION...]",
        "  fractal export paper/d3-c2-conv3.bn.relu --to pytorch > network.py\n"
        "  fractal export compact/d4-c2-conv3.bn.relu --to pytorch --run runs/first --out network.py\n"
        "  fractal export compact/d4-c2-conv3.bn.relu --to onnx --run runs/first --out network.onnx\n"
        "  fractal export compact/d4-c2-conv3.bn.relu --to torchscript --weights tuned.safetensors --out "
        "network.pt\n"
        "  fractal export --where \"depth = 2\" --to corpus --run runs/first --out corpus\n");
    add_options(line, options);
    if (!line.parse(arguments)) return 0;

    const Format& format = format_called(options.format);
    if (format.write == nullptr) {
        export_corpus(program, options);
        return 0;
    }
    const Variant& variant = choose_one(program.registry, program.selections, options.wanted);
    check_options(options, format);
    Departing departing{variant, *variant.spec, std::nullopt, options.out, std::nullopt};
    std::string file = options.weights;
    if (!options.run.empty()) {
        const store::Trial trial = trial_of(options, variant);
        file = weights_file(options.run, trial.id).string();
        departing.pixels = normalisation_of(trial.conditions);
    }
    if (!file.empty()) {
        auto [stored, net] = fitting_weights(variant, file);
        departing.weights = std::move(stored);
        departing.net = net;
    }
    format.write(departing);
    if (departing.pixels) {
        say("images are normalised by the mean {} and the deviation {} of each channel, pixels being 0 to "
            "1\n",
            fmt::join(departing.pixels->mean, " "), fmt::join(departing.pixels->deviation, " "));
    }
    return 0;
}

} // namespace fractal::driver
