// A selection under Google Benchmark: how long each of its networks takes to answer, alone and in batches.
// Takes Google Benchmark's flags: --benchmark_filter=c1, --benchmark_format=json, ...
#include <string>

#include <benchmark/benchmark.h>

#include <fractal/families/larsson-study.hpp>
#include <fractal/registry/registry.hpp>
#include <fractal/registry/selection.hpp>
#include <fractal/torch/module.hpp>

using namespace fractal;

namespace {

/// What a CPU answers with in milliseconds.
using Light = Select<All, MacsBelow<30'000'000>>;
using Nets = Selected<Light, families::larsson_study>;
static_assert(boost::mp11::mp_size<Nets>::value >= 2);

void forward_pass(benchmark::State& state, const Variant& variant) {
    const torch::NoGradGuard no_grad;
    FractalNet net(variant);
    net->eval();
    const Shape& input = variant.spec->input;
    const torch::Tensor images = torch::randn({state.range(0), input.channels, input.height, input.width});
    for (auto _ : state) benchmark::DoNotOptimize(net->forward(images));

    const auto passed = static_cast<double>(state.iterations() * state.range(0));
    using benchmark::Counter;
    state.counters["images"] = Counter(passed, Counter::kIsRate);
    state.counters["MACs"] = Counter(passed * static_cast<double>(variant.cost.macs), Counter::kIsRate);
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
    const Registry registry = registry_of<Nets>();
    for (const Variant* variant : registry.all()) {
        benchmark::RegisterBenchmark(std::string(variant->full_name).c_str(), forward_pass, *variant)
            ->Arg(1)
            ->Arg(32)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
    }
    benchmark::RunSpecifiedBenchmarks();
}
