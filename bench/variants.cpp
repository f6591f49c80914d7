// Benchmarks instantiations: a forward pass, forward with backward, and a training step of each variant that
// is named or selected.
//
//     fractal_bench --select first-look --batch 128 --amp bf16 --benchmark_repetitions=5
//     fractal_bench --select tiny-deep --benchmark_filter='^step/.*c2-conv3'
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <torch/torch.h>
#include <CLI/CLI.hpp>

#include <fractal/registry/selection.hpp>

#include "backend/tensor_memory.hpp"
#include "base/error.hpp"
#include "driver/select.hpp"
#include "workload.hpp"

using namespace fractal;

namespace {

struct Options {
    driver::Wanted wanted;
    bench::Setting setting;
    bool columns = false;
    double matrix_rate = 0; ///< multiply-accumulates a second that a product of matrices reaches
};

/// Images a second, the multiply-accumulates that were run for them, and their part of what a product of
/// matrices reaches in the same run (model FLOPs utilisation). A training step counts three times the forward
/// pass: gradients of inputs and of weights cost as much again, each.
void set_counters(benchmark::State& state, const bench::Workload& work, const Options& options, int passes) {
    const auto images = static_cast<double>(state.iterations() * work.images());
    const double macs = images * static_cast<double>(work.net().macs() * passes);
    state.counters["images"] = benchmark::Counter(images, benchmark::Counter::kIsRate);
    state.counters["MACs"] = benchmark::Counter(macs, benchmark::Counter::kIsRate);
    state.counters["of_matmul"] = benchmark::Counter(macs / options.matrix_rate, benchmark::Counter::kIsRate);
    state.counters["peak_bytes"] = static_cast<double>(peak_tensor_bytes());
}

/// Times `run`, one call an iteration, which costs as much as `passes` forward passes.
template <class Run>
void time_passes(benchmark::State& state, const Variant& variant, const Options& options, int passes,
                 const Run& run) {
    release_tensor_memory(); // another variant's blocks have other sizes
    bench::Workload work(variant, options.setting);
    run(work); // warms up
    reset_peak_tensor_bytes();
    for (auto _ : state) run(work);
    set_counters(state, work, options, passes);
}

void add(const Variant& variant, const Options& options) {
    const std::string name(variant.name);
    const auto add_one = [&](const std::string& title, int passes, std::optional<int> column, auto run) {
        Options one = options;
        one.setting.column = column;
        benchmark::RegisterBenchmark(
            title.c_str(),
            [=, &variant](benchmark::State& state) { time_passes(state, variant, one, passes, run); })
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
    };
    add_one("forward/" + name, 1, {},
            [](bench::Workload& work) { benchmark::DoNotOptimize(work.forward()); });
    add_one("backward/" + name, 3, {}, [](bench::Workload& work) { work.forward_backward(); });
    const auto step = [](bench::Workload& work) { work.step(); };
    add_one("step/" + name, 3, {}, step);
    for (int column = 0; options.columns && column < variant.spec->columns; ++column) {
        add_one("step/" + name + "/column" + std::to_string(column), 3, column, step);
    }
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    Options options;
    CLI::App app(
        "Times a forward pass (forward/NAME), forward with backward (backward/NAME) and a training step "
        "(step/NAME) of variants; --benchmark_… flags go to Google Benchmark, --benchmark_filter=REGEX among "
        "them.");
    app.add_option("variants", options.wanted.patterns, "names of variants, or globs");
    app.add_option("--select", options.wanted.selections, "a selection, such as first-look");
    app.add_option("--where", options.wanted.conditions, "only those for which this condition in SQL holds");
    app.add_option("--exclude", options.wanted.exclusions, "leave out what this pattern describes");
    bench::add_setting_options(app, options.setting);
    app.add_flag("--columns", options.columns, "time a training step of each column alone too");
    try {
        app.parse(argc, argv);
        install_tensor_memory();
        options.matrix_rate = bench::matrix_rate(options.setting.amp == Amp::bf16);
        if (options.wanted.open())
            throw CLI::ValidationError("variants", "name some, or give --select or --where");
        const driver::Chosen chosen = driver::choose(compiled_registry(), named_selections(), options.wanted);
        for (const Variant* variant : chosen.variants) add(*variant, options);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;
    } catch (const Error& error) {
        fmt::print(stderr, "fractal_bench: {}\n", error.what());
        return error.exit_code;
    }
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    benchmark::AddCustomContext("threads", std::to_string(torch::get_num_threads()));
    benchmark::AddCustomContext("matrix_macs_per_second", std::to_string(options.matrix_rate));
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
