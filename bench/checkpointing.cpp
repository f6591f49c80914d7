// Benchmarks a training step without checkpointing, with every unit checkpointed, and with the cheapest plan
// that takes no more than half of the memory without, or the least where no plan does.
//
//     fractal_bench_checkpointing --benchmark_repetitions=3
#include <algorithm>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <fractal/plan/checkpoint_front.hpp>
#include <fractal/torch/module.hpp>

#include "backend/tensor_memory.hpp"
#include "base/tensor_block.hpp"

using namespace fractal;

namespace {

constexpr std::int64_t batch = 64;

template <int Units, int Count, class Order, int Base, class LastLayer = GlobalAveragePool>
using Net = Network<Input<3, 32, 32>, Depth<Units>, Columns<Count>, Order, Width<Base>, Head<LastLayer, 10>>;
using Post = Layers<Conv<3>, BatchNorm, ReLU>;
using Pre = Layers<BatchNorm, ReLU, Conv<3>>;
using Bare = Layers<Conv<3>, ReLU>;

struct Subject {
    const Variant* variant;
    const char* name; ///< of the plan
    CheckpointPlan plan;
    CheckpointCost cost;
};

void training_step(benchmark::State& state, const Subject& subject) {
    FractalNet net(*subject.variant, ModuleOptions{.checkpoint = subject.plan});
    const torch::Tensor images =
        torch::randn({batch, 3, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast);
    const torch::Tensor labels = torch::randint(10, {batch}, torch::kInt64);
    const std::int64_t before = tensor_bytes();
    const auto step = [&] {
        torch::cross_entropy_loss(net->forward(images), labels).backward();
        net->zero_grad(/*set_to_none=*/true);
    };
    step(); // warms up
    reset_peak_tensor_bytes();
    for (auto _ : state) step();
    state.counters["peak_bytes"] = static_cast<double>(peak_tensor_bytes() - before);
    state.counters["predicted_bytes"] = static_cast<double>(subject.cost.peak_bytes);
    state.counters["marks"] = subject.plan.count();
    state.counters["extra_macs"] =
        static_cast<double>(subject.cost.extra_macs) / (3 * static_cast<double>(subject.variant->cost.macs));
}

/// `none`, `full` and `planned`.
std::vector<Subject> subjects_of(const Variant& variant) {
    const NetworkSpec& net = *variant.spec;
    const MemoryOptions options{.batch = batch, .block = tensor_block};
    std::vector<Subject> subjects{{&variant, "none", {}, {}},
                                  {&variant, "full", CheckpointPlan::units(net), {}}};
    for (Subject& subject : subjects) subject.cost = checkpoint_cost(net, subject.plan, options);
    const std::vector<CheckpointChoice> front = checkpoint_front(net, options, 32);
    const auto fits = std::ranges::find_if(front, [&](const CheckpointChoice& choice) {
        return choice.cost.peak_bytes <= subjects[0].cost.peak_bytes / 2;
    });
    const CheckpointChoice& picked = fits == front.end() ? front.back() : *fits;
    subjects.push_back({&variant, "planned", picked.plan, picked.cost});
    return subjects;
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
    install_tensor_memory();
    for (const Variant* variant :
         {&variant_of<Net<3, 3, Post, 32, Flatten>>, &variant_of<Net<5, 2, Post, 32, Flatten>>,
          &variant_of<Net<2, 4, Pre, 16>>, &variant_of<Net<1, 5, Bare, 16>>}) {
        for (const Subject& subject : subjects_of(*variant)) {
            const std::string name = std::string(variant->full_name) + "/" + subject.name;
            benchmark::RegisterBenchmark(name.c_str(), training_step, subject)
                ->Unit(benchmark::kMillisecond)
                ->MeasureProcessCPUTime();
        }
    }
    benchmark::AddCustomContext("libtorch", TORCH_VERSION);
    benchmark::AddCustomContext("threads", std::to_string(torch::get_num_threads()));
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
