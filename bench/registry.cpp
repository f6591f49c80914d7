// What the compiled registry costs by itself: finding a variant, walking one, working out its costs at run
// time.
#include <iterator>

#include <benchmark/benchmark.h>

#include <fractal/plan/cost.hpp>
#include <fractal/registry/registry.hpp>

using namespace fractal;

namespace {

/// Does nothing at each operation, so that what is left is the walk.
class NullExecutor final : public Executor {
public:
    Value convolution(int, const LayerSpec&, const Value& in) override { return count(1, in); }
    Value pointwise(int, std::span<const LayerSpec> chain, const Value& in) override {
        return count(std::ssize(chain), in);
    }
    Value custom(int, const LayerSpec&, const Value& in) override { return count(1, in); }
    Value join(int, int, std::span<const Value> values) override { return values[0]; }
    Value pool(const Value& in) override { return in; }
    Value channel_dropout(int, int, const Value& in) override { return in; }
    Value head(int, HeadKind, const Value& in) override { return in; }

    std::int64_t layers = 0;

private:
    Value count(std::int64_t more, const Value& in) {
        layers += more;
        return in;
    }
};

void find_by_name(benchmark::State& state) {
    const Registry& registry = compiled_registry();
    std::size_t next = 0;
    for (auto _ : state) {
        const Variant* variant = registry.all()[next];
        benchmark::DoNotOptimize(registry.find(variant->name));
        next = (next + 997) % registry.all().size();
    }
}
BENCHMARK(find_by_name);

void walk_with_null_executor(benchmark::State& state) {
    const Variant* variant = compiled_registry().find("paper/d5-c6-conv3.bn.relu");
    if (variant == nullptr) return state.SkipWithError("paper/d5-c6-conv3.bn.relu is not compiled in");
    NullExecutor executor;
    const Value in(new Node);
    for (auto _ : state) benchmark::DoNotOptimize(variant->forward(executor, *variant->spec, in));
    state.counters["layer"] = benchmark::Counter(static_cast<double>(executor.layers),
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(walk_with_null_executor);

void cost_at_run_time(benchmark::State& state) {
    const auto all = compiled_registry().all();
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(cost(*all[next]->spec));
        next = (next + 997) % all.size();
    }
}
BENCHMARK(cost_at_run_time);

} // namespace
