// Each pass of each fused kernel, in bytes a second beside a copy of memory in the same run.
//
//     fractal_bench_kernels --benchmark_filter='bn.relu/.*k=1'
//
// On maps of 128 images, 64 channels, 32 x 32 pixels in bfloat16, by one thread: what passes through is
// larger than the caches. `of_copy` is the part of memcpy's bytes a second, both counted as read plus
// written.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/fused_join.hpp"
#include "pass_bytes.hpp"

using namespace fractal::kernels;
using fractal::bench::Pass;

namespace {

constexpr Extents map{128, 32, 32, 64};
constexpr auto elements = static_cast<std::size_t>(map.elements());
constexpr std::int64_t map_bytes = map.elements() * 2;

std::string name_of(const Chain& chain) {
    std::string name;
    const auto add = [&](bool there, const char* layer) {
        if (there) name += (name.empty() ? "" : ".") + std::string(layer);
    };
    add(chain.first_relu, "relu");
    add(chain.first_dropout, "drop");
    add(chain.norm, "bn");
    add(chain.relu, "relu");
    add(chain.dropout, "drop");
    return name.empty() ? "none" : name;
}

/// Maps and figures that any chain can be run on.
class Workload {
public:
    explicit Workload(std::size_t inflows) : maps_(inflows), gradients_(inflows), inflows_(inflows) {
        std::mt19937 draws(1);
        const auto numbers = [&] {
            std::vector<BFloat16> all(elements);
            for (BFloat16& one : all) // normal numbers of either sign, about as large as 1
                one.bits = static_cast<std::uint16_t>(0x3E00U + draws() % 0x200U + (draws() % 2 << 15));
            return all;
        };
        gradient_ = numbers();
        for (std::size_t i = 0; i < inflows; ++i) {
            maps_[i] = numbers();
            gradients_[i].resize(elements);
            inflows_[i] = {.map = maps_[i].data(),
                           .first_factors = factors_.data(),
                           .factors = factors_.data(),
                           .mean = figures_.data(),
                           .scale = figures_.data(),
                           .shift = figures_.data(),
                           .offset = figures_.data(),
                           .slope = figures_.data(),
                           .gradient = gradients_[i].data()};
        }
        sums_.resize(static_cast<std::size_t>(map.images * map.channels * 2) * inflows);
    }

    void run(const FusedJoin<BFloat16>& join, Pass pass) {
        switch (pass) {
            case Pass::statistics:
                return join.statistics(map, inflows_[0], sums_.data(),
                                       sums_.data() + map.images * map.channels, 0, map.images);
            case Pass::forward:
                return join.forward(map, inflows_, out_.data(), taken_.data(), 0, map.images);
            case Pass::reduce:
                return join.reduce(map, inflows_, gradient_.data(), taken_.data(), sums_.data(), 0,
                                   map.images);
            case Pass::backward:
                return join.backward(map, inflows_, gradient_.data(), taken_.data(), 0, map.images);
        }
    }

private:
    std::vector<std::vector<BFloat16>> maps_;
    std::vector<std::vector<BFloat16>> gradients_;
    std::vector<BFloat16> gradient_;
    std::vector<BFloat16> out_ = std::vector<BFloat16>(elements);
    std::vector<std::uint8_t> taken_ = std::vector<std::uint8_t>(elements);
    std::vector<float> figures_ = std::vector<float>(static_cast<std::size_t>(map.channels), 0.5F);
    std::vector<float> factors_ =
        std::vector<float>(static_cast<std::size_t>(map.images * map.channels), 1.25F);
    std::vector<float> sums_;
    std::vector<Inflow<BFloat16>> inflows_;
};

/// Bytes a second that memcpy reads and writes, large blocks, the best of five.
double copy_rate() {
    std::vector<char> from(static_cast<std::size_t>(4 * map_bytes), 1);
    std::vector<char> to(from.size());
    double best = 0;
    for (int i = 0; i < 5; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        std::memcpy(to.data(), from.data(), from.size());
        benchmark::DoNotOptimize(to.data());
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best = std::max(best, 2 * static_cast<double>(from.size()) / took.count());
    }
    return best;
}

void run_pass(benchmark::State& state, Chain chain, bool pool, std::size_t inflows, Pass pass, double copy) {
    const FusedJoin<BFloat16>& join = fused_join<BFloat16>(best_isa(), chain, pool);
    Workload workload(inflows);
    for (auto _ : state) workload.run(join, pass);
    const std::int64_t one =
        fractal::bench::bytes_of(pass, chain, pool, static_cast<std::int64_t>(inflows), map_bytes);
    const auto bytes = static_cast<double>(one * state.iterations());
    state.counters["bytes"] =
        benchmark::Counter(bytes, benchmark::Counter::kIsRate, benchmark::Counter::kIs1024);
    state.counters["of_copy"] = benchmark::Counter(bytes / copy, benchmark::Counter::kIsRate);
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
    const double copy = copy_rate();
    benchmark::AddCustomContext("memcpy_bytes_per_second", std::to_string(copy));
    constexpr std::array passes{std::pair{Pass::statistics, "statistics"},
                                std::pair{Pass::forward, "forward"}, std::pair{Pass::reduce, "reduce"},
                                std::pair{Pass::backward, "backward"}};
    for (std::size_t index = 0; index < chain_count; ++index) {
        const Chain chain = chain_at(index);
        for (const std::size_t inflows : {1U, 2U, 3U}) {
            for (const bool pool : {false, true}) {
                if (chain.empty() && inflows == 1 && !pool) continue; // nothing to do
                for (const auto& [pass, title] : passes) {
                    if (!fractal::bench::has_pass(pass, chain)) continue;
                    if (pass == Pass::statistics && (inflows > 1 || pool)) continue; // the same for all
                    const std::string name = name_of(chain) + "/" + title + "/k=" + std::to_string(inflows) +
                                             (pool ? "/pool" : "");
                    benchmark::RegisterBenchmark(name.c_str(), run_pass, chain, pool, inflows, pass, copy)
                        ->Unit(benchmark::kMillisecond)
                        ->MinTime(0.05);
                }
            }
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
