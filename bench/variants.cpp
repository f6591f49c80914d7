// Benchmarks instantiations: one forward pass and one training step of each variant that is named or
// selected.
//
//     fractal_bench --select first-look --batch 128 --amp bf16 --benchmark_repetitions=5
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <torch/torch.h>
#include <CLI/CLI.hpp>

#include <fractal/registry/registry.hpp>
#include <fractal/registry/selection.hpp>
#include <fractal/torch/module.hpp>

#include "backend/tensor_memory.hpp"
#include "train/amp.hpp"
#include "train/sgd.hpp"

using namespace fractal;

namespace {

struct Options {
    std::vector<std::string> names;
    std::string selection;
    std::int64_t batch = 128;
    bool bf16 = false;
    bool columns = false;
    Kernels kernels = Kernels::automatic;
    double matrix_rate = 0; ///< multiply-accumulates a second that a product of matrices reaches
};

/// Multiply-accumulates a second of a product of large matrices, the best of five: what the machine has to
/// give.
double matrix_rate(bool bf16) {
    constexpr std::int64_t size = 2048;
    const torch::TensorOptions options(bf16 ? torch::kBFloat16 : torch::kFloat32);
    const torch::Tensor a = torch::randn({size, size}).to(options);
    double best = 0;
    for (int i = 0; i < 5; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(at::matmul(a, a));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best = std::max(best, static_cast<double>(size * size * size) / took.count());
    }
    return best;
}

/// Images a second, the multiply-accumulates that were run for them, and their part of what a product of
/// matrices reaches in the same run (model FLOPs utilisation). A training step counts three times the forward
/// pass: gradients of inputs and of weights cost as much again, each.
void set_counters(benchmark::State& state, const FractalNetImpl& net, const Options& options, int passes) {
    const auto images = static_cast<double>(state.iterations() * options.batch);
    const double macs = images * static_cast<double>(net.macs() * passes);
    state.counters["images"] = benchmark::Counter(images, benchmark::Counter::kIsRate);
    state.counters["MACs"] = benchmark::Counter(macs, benchmark::Counter::kIsRate);
    state.counters["of_matmul"] = benchmark::Counter(macs / options.matrix_rate, benchmark::Counter::kIsRate);
    state.counters["peak_bytes"] = static_cast<double>(peak_tensor_bytes());
}

torch::Tensor images_for(const Variant& variant, std::int64_t batch) {
    const Shape& shape = variant.spec->input;
    return torch::randn({batch, shape.channels, shape.height, shape.width})
        .contiguous(torch::MemoryFormat::ChannelsLast);
}

void forward_pass(benchmark::State& state, const Variant& variant, const Options& options) {
    const torch::NoGradGuard no_grad;
    FractalNet net(variant, ModuleOptions{.kernels = options.kernels});
    net->eval();
    const torch::Tensor images = images_for(variant, options.batch);
    reset_peak_tensor_bytes();
    for (auto _ : state) {
        const Autocast autocast(options.bf16 ? Amp::bf16 : Amp::off, torch::kCPU);
        benchmark::DoNotOptimize(net->forward(images));
    }
    set_counters(state, *net, options, 1);
}

void training_step(benchmark::State& state, const Variant& variant, const Options& options,
                   std::optional<int> column) {
    FractalNet net(variant, ModuleOptions{.kernels = options.kernels});
    net->use_column(column);
    Sgd sgd(net->parameters(), Recipe{});
    const torch::Tensor images = images_for(variant, options.batch);
    const torch::Tensor labels = torch::randint(variant.spec->classes, {options.batch}, torch::kInt64);
    reset_peak_tensor_bytes();
    for (auto _ : state) {
        torch::Tensor loss;
        {
            const Autocast autocast(options.bf16 ? Amp::bf16 : Amp::off, torch::kCPU);
            loss = torch::cross_entropy_loss(net->forward(images).to(torch::kFloat32), labels);
        }
        loss.backward();
        sgd.step(1e-4);
        sgd.zero_gradients();
    }
    set_counters(state, *net, options, 3);
}

std::vector<const Variant*> chosen(const Options& options) {
    std::vector<const Variant*> variants;
    for (const std::string& name : options.names) {
        variants.push_back(compiled_registry().find(name));
        if (variants.back() == nullptr) throw CLI::ValidationError(name, "no such variant; see fractal list");
    }
    if (options.selection.empty()) return variants;
    for (const NamedSelection& selection : named_selections()) {
        if (selection.name != options.selection) continue;
        for (const Variant* variant : compiled_registry().all()) {
            if (selection.holds(*variant)) variants.push_back(variant);
        }
        return variants;
    }
    throw CLI::ValidationError("--select " + options.selection,
                               "no such selection; see fractal list --selections");
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    Options options;
    std::string amp = "off";
    std::string kernels = "auto";
    CLI::App app(
        "Times a forward pass and a training step of variants; --benchmark_… flags go to Google Benchmark.");
    app.add_option("variants", options.names, "names of variants");
    app.add_option("--select", options.selection, "a selection, such as first-look");
    app.add_option("--batch", options.batch, "images in one step")->check(CLI::PositiveNumber);
    app.add_flag("--columns", options.columns, "time a training step of each column alone too");
    app.add_option("--amp", amp, "off or bf16")->check(CLI::IsMember({"off", "bf16"}));
    app.add_option("--kernels", kernels, "auto, direct or reference")
        ->check(CLI::IsMember({"auto", "direct", "reference"}));
    try {
        app.parse(argc, argv);
        if (kernels == "reference") options.kernels = Kernels::reference;
        if (kernels == "direct") options.kernels = Kernels::direct;
        options.bf16 = amp == "bf16";
        install_tensor_memory();
        options.matrix_rate = matrix_rate(options.bf16);
        const std::vector<const Variant*> variants = chosen(options);
        if (variants.empty()) throw CLI::ValidationError("variants", "name some, or give --select");
        for (const Variant* variant : variants) {
            const std::string name(variant->name);
            const auto add = [](const std::string& title, auto&&... what) {
                benchmark::RegisterBenchmark(title.c_str(), what...)
                    ->Unit(benchmark::kMillisecond)
                    ->UseRealTime();
            };
            add("forward/" + name, forward_pass, *variant, options);
            add("step/" + name, training_step, *variant, options, std::optional<int>());
            for (int column = 0; options.columns && column < variant->spec->columns; ++column) {
                add("step/" + name + "/column" + std::to_string(column), training_step, *variant, options,
                    std::optional(column));
            }
        }
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;
    }
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    benchmark::AddCustomContext("threads", std::to_string(torch::get_num_threads()));
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
