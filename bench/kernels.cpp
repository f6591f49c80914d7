// Each pass of each fused kernel, in bytes a second beside a copy of memory in the same run.
//
//     fractal_bench_kernels --benchmark_filter='bf16/bn.relu/.*k=1'
//
// On maps of 512 images, 64 channels, 32 x 32 pixels, by one thread: each is larger than the caches.
// `of_copy` is the part of memcpy's bytes a second, both counted as read plus written.
#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/fused_join.hpp"
#include "pass_bytes.hpp"

using namespace fractal::kernels;
using fractal::bench::Pass;

namespace {

constexpr Extents map{512, 32, 32, 64};
constexpr auto elements = static_cast<std::size_t>(map.elements());

/// Maps that meet in a join of this registry, at most; in float as many as tell a chain from a join.
template <class Scalar>
constexpr std::size_t widest = std::is_same_v<Scalar, float> ? 2 : 6;

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

/// A normal number of either sign, about as large as 1.
template <class Scalar>
Scalar number(std::mt19937& draws) {
    const auto bits = static_cast<std::uint16_t>(0x3E00U + draws() % 0x200U + (draws() % 2 << 15));
    if constexpr (std::is_same_v<Scalar, BFloat16>) {
        return {bits};
    } else {
        return std::bit_cast<float>(std::uint32_t{bits} << 16);
    }
}

/// Maps and figures that any chain can be run on, for joins of up to `widest` maps.
template <class Scalar>
class Workload {
public:
    explicit Workload(std::size_t widest) : maps_(widest), gradients_(widest), inflows_(widest) {
        std::mt19937 draws(1);
        const auto numbers = [&] {
            std::vector<Scalar> all(elements);
            std::ranges::generate(all, [&] { return number<Scalar>(draws); });
            return all;
        };
        gradient_ = numbers();
        for (std::size_t i = 0; i < widest; ++i) {
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
        sums_.resize(static_cast<std::size_t>(map.images * map.channels * 2) * widest);
    }

    void run(const FusedJoin<Scalar>& join, std::size_t joined, Pass pass) {
        const std::span inflows = std::span(inflows_).first(joined);
        switch (pass) {
            case Pass::statistics:
                return join.statistics(map, inflows[0], sums_.data(),
                                       sums_.data() + map.images * map.channels, 0, map.images);
            case Pass::forward:
                return join.forward(map, inflows, out_.data(), taken_.data(), 0, map.images);
            case Pass::reduce:
                return join.reduce(map, inflows, gradient_.data(), taken_.data(), sums_.data(), 0,
                                   map.images);
            case Pass::backward:
                return join.backward(map, inflows, gradient_.data(), taken_.data(), 0, map.images);
        }
    }

private:
    std::vector<std::vector<Scalar>> maps_;
    std::vector<std::vector<Scalar>> gradients_;
    std::vector<Scalar> gradient_;
    std::vector<Scalar> out_ = std::vector<Scalar>(elements);
    std::vector<std::uint8_t> taken_ = std::vector<std::uint8_t>(elements);
    std::vector<float> figures_ = std::vector<float>(static_cast<std::size_t>(map.channels), 0.5F);
    std::vector<float> factors_ =
        std::vector<float>(static_cast<std::size_t>(map.images * map.channels), 1.25F);
    std::vector<float> sums_;
    std::vector<Inflow<Scalar>> inflows_;
};

/// Bytes a second that memcpy reads and writes, large blocks, the best of five.
double copy_rate() {
    std::vector<char> from(2 * elements, 1);
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

template <class Scalar>
void run_pass(benchmark::State& state, Chain chain, bool pool, std::size_t inflows, Pass pass, double copy) {
    const FusedJoin<Scalar>& join = fused_join<Scalar>(best_isa(), chain, pool);
    static Workload<Scalar> workload(widest<Scalar>); // one for all: to fill it takes longer than to measure
    for (auto _ : state) workload.run(join, inflows, pass);
    const std::int64_t one = fractal::bench::bytes_of(pass, chain, pool, static_cast<std::int64_t>(inflows),
                                                      map.elements(), sizeof(Scalar));
    const auto bytes = static_cast<double>(one * state.iterations());
    state.counters["bytes"] =
        benchmark::Counter(bytes, benchmark::Counter::kIsRate, benchmark::Counter::kIs1024);
    state.counters["of_copy"] = benchmark::Counter(bytes / copy, benchmark::Counter::kIsRate);
}

template <class Scalar>
void register_passes(const std::string& type, double copy) {
    constexpr std::array passes{std::pair{Pass::statistics, "statistics"},
                                std::pair{Pass::forward, "forward"}, std::pair{Pass::reduce, "reduce"},
                                std::pair{Pass::backward, "backward"}};
    for (std::size_t index = 0; index < chain_count; ++index) {
        const Chain chain = chain_at(index);
        for (std::size_t inflows = 1; inflows <= widest<Scalar>; ++inflows) {
            for (const bool pool : {false, true}) {
                if (chain.empty() && inflows == 1 && !pool) continue; // nothing to do
                for (const auto& [pass, title] : passes) {
                    if (!fractal::bench::has_pass(pass, chain)) continue;
                    if (pass == Pass::statistics && (inflows > 1 || pool)) continue; // the same for all
                    const std::string name = type + "/" + name_of(chain) + "/k=" + std::to_string(inflows) +
                                             "/" + title + (pool ? "/pool" : "");
                    benchmark::RegisterBenchmark(name.c_str(), run_pass<Scalar>, chain, pool, inflows, pass,
                                                 copy)
                        ->Unit(benchmark::kMillisecond)
                        ->MinTime(0.05);
                }
            }
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
    const double copy = copy_rate();
    benchmark::AddCustomContext("memcpy_bytes_per_second", std::to_string(copy));
    register_passes<BFloat16>("bf16", copy);
    register_passes<float>("fp32", copy);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
