// Whether a training step waits for its data, and what its metrics cost: the smallest variant of `compact`,
// whose steps are the shortest of all.
//
//     fractal_bench_data --benchmark_min_time=5
//
// `waiting` is the part of the time that is spent in BatchStream::next().
#include <algorithm>
#include <chrono>

#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <fractal/registry/registry.hpp>

#include "backend/tensor_memory.hpp"
#include "data/batches.hpp"
#include "train/apply_gradients.hpp"
#include "train/parameter_rules.hpp"
#include "train/training_pass.hpp"
#include "train/weight_average.hpp"

using namespace fractal;

namespace {

const Variant& smallest() {
    const Variant* found = nullptr;
    for (const Variant* variant : compiled_registry().all()) {
        if (variant->family != "compact") continue;
        if (found == nullptr || variant->cost.macs < found->cost.macs) found = variant;
    }
    return *found;
}

/// Training by recipe `fast`, step by step.
class Training {
public:
    Training()
        : net_(smallest(), ModuleOptions{.init = recipe_.init}),
          settings_{.amp = resolve_amp(recipe_.amp, torch::kCPU), .label_smoothing = recipe_.label_smoothing},
          sgd_(net_->parameters(), recipe_, parameter_rules(*net_, recipe_),
               settings_.amp == Amp::bf16 ? torch::kBFloat16 : torch::kFloat32),
          average_(*net_, recipe_.weight_average) {
        net_->train();
    }

    void step(const data::Batch& batch) {
        benchmark::DoNotOptimize(training_pass(*net_, batch, settings_));
        apply_gradients(sgd_, nullptr, recipe_.clip_norm, recipe_.lr);
        sgd_.zero_gradients();
        average_.update(steps_++);
    }

    const Recipe& recipe() const { return recipe_; }

private:
    Recipe recipe_ = recipe_preset("fast");
    FractalNet net_;
    PassSettings settings_;
    Sgd sgd_;
    WeightAverage average_;
    std::int64_t steps_ = 0;
};

data::BatchStream stream_of(const Recipe& recipe, bool prefetch) {
    static const data::Dataset shapes = data::load_dataset("shapes", "");
    return {shapes.train,
            shapes.normalisation,
            {.batch = recipe.batch,
             .shuffle = true,
             .drop_last = true,
             .prefetch = prefetch,
             .augment = augmentation(recipe)}};
}

data::Batch next_of(data::BatchStream& stream) {
    std::optional<data::Batch> batch = stream.next();
    if (!batch) batch = stream.next(); // an epoch has ended
    return *std::move(batch);
}

/// Steps on batches that a thread of their own makes ahead, or that all threads make when one is needed.
void step_on_stream(benchmark::State& state, bool prefetch, int threads) {
    torch::set_num_threads(threads);
    Training training;
    data::BatchStream stream = stream_of(training.recipe(), prefetch);
    training.step(next_of(stream));
    std::chrono::duration<double> waited{};
    const auto begin = std::chrono::steady_clock::now();
    for (auto _ : state) {
        const auto asked = std::chrono::steady_clock::now();
        const data::Batch batch = next_of(stream);
        waited += std::chrono::steady_clock::now() - asked;
        training.step(batch);
    }
    const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - begin;
    state.counters["waiting"] = waited / whole;
}

/// Steps on one batch over and over.
void step_on_one_batch(benchmark::State& state, int threads) {
    torch::set_num_threads(threads);
    Training training;
    data::BatchStream stream = stream_of(training.recipe(), false);
    const data::Batch batch = next_of(stream);
    training.step(batch);
    for (auto _ : state) training.step(batch);
}

/// What a step does for its loss and accuracy to be known.
void metrics(benchmark::State& state) {
    const Recipe recipe = recipe_preset("fast");
    const torch::Tensor logits = torch::randn({recipe.batch, 10});
    const torch::Tensor labels = torch::randint(10, {recipe.batch}, torch::kInt64);
    const torch::Tensor loss = at::cross_entropy_loss(logits, labels);
    for (auto _ : state) {
        benchmark::DoNotOptimize(loss.item<double>());
        benchmark::DoNotOptimize((logits.argmax(1) == labels).sum().item<std::int64_t>());
    }
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
    install_tensor_memory();
    const auto add = [](const char* name, auto&&... what) {
        benchmark::RegisterBenchmark(name, what...)->Unit(benchmark::kMillisecond)->UseRealTime();
    };
    const int all = torch::get_num_threads();
    add("step/one_batch", step_on_one_batch, all);
    add("step/prefetched", step_on_stream, true, all);
    add("step/made_together", step_on_stream, false, all);
    add("metrics", metrics);
    add("one_thread/one_batch", step_on_one_batch, 1);
    add("one_thread/prefetched", step_on_stream, true, 1);
    benchmark::AddCustomContext("variant", std::string(smallest().name));
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    benchmark::AddCustomContext("threads", std::to_string(all));
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
