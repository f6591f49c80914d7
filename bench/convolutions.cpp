// Each pass of a 3x3 convolution in bfloat16, by this project's kernels and by LibTorch's.
//
//     fractal_bench_convolutions --benchmark_filter='16->16'
//
// On 128 images, channels last, by one thread, with the program's allocator. `FLOPs` are those of convolving
// directly, whatever a kernel does; `of_library` is the part of LibTorch's time that a kernel takes, the
// median over calls of both in turns.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "backend/convolution_passes.hpp"
#include "backend/tensor_memory.hpp"
#include "kernels/direct_convolution.hpp"
#include "kernels/matrix_convolution.hpp"

using namespace fractal;

namespace {

using Seconds = std::chrono::duration<double>;

/// The operands of a convolution, and its passes.
class Workload {
public:
    explicit Workload(const ConvolutionExtents& extents)
        : extents_(extents),
          in_(map(extents.inputs)),
          gradient_(map(extents.outputs)),
          weight_(torch::randn({extents.outputs, extents.inputs, 3, 3})
                      .contiguous(torch::MemoryFormat::ChannelsLast)) {}

    using Call = std::function<torch::Tensor()>;
    /// A pass by kernels of ours: 0 forward, 1 backward to the data, 2 to the weights.
    Call own(const ConvolutionPasses& passes, int pass) const {
        if (pass == 2) return [&] { return passes.weight_gradient(extents_, in_, gradient_); };
        return [&, pass] {
            return passes.convolved(extents_, pass == 1 ? gradient_ : in_, weight_, pass == 1, {});
        };
    }
    /// The same by LibTorch, with the copies of weights and their gradients that autocast makes.
    Call library(int pass) const {
        if (pass == 0) return [&] { return at::conv2d(in_, weight_.to(torch::kBFloat16), {}, 1, 1); };
        return [&, pass] {
            const auto found =
                at::convolution_backward(gradient_, in_, weight_.to(torch::kBFloat16), c10::nullopt, {1, 1},
                                         {1, 1}, {1, 1}, false, {0, 0}, 1, {pass == 1, pass == 2, false});
            return pass == 1 ? std::get<0>(found) : std::get<1>(found).to(torch::kFloat32);
        };
    }
    double flops() const {
        return 2.0 * static_cast<double>(extents_.rows() * extents_.width * ConvolutionExtents::taps *
                                         extents_.inputs * extents_.outputs);
    }

private:
    torch::Tensor map(std::int64_t channels) const {
        return torch::randn({extents_.images, channels, extents_.height, extents_.width})
            .to(torch::kBFloat16)
            .contiguous(torch::MemoryFormat::ChannelsLast);
    }

    ConvolutionExtents extents_;
    torch::Tensor in_, gradient_, weight_;
};

Seconds timed(const Workload::Call& call) {
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(call());
    return std::chrono::steady_clock::now() - begin;
}

void run(benchmark::State& state, ConvolutionExtents extents, const ConvolutionPasses& passes, int pass) {
    const torch::NoGradGuard no_grad;
    const Workload workload(extents);
    const Workload::Call own = workload.own(passes, pass);
    const Workload::Call library = workload.library(pass);
    Seconds sum{};
    std::vector<double> ratios;
    timed(own);
    timed(library);
    for (auto _ : state) {
        const Seconds theirs = timed(library);
        const Seconds ours = timed(own);
        state.SetIterationTime(ours.count());
        sum += ours;
        ratios.push_back(ours / theirs);
    }
    const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
    std::nth_element(ratios.begin(), middle, ratios.end());
    state.counters["FLOPs"] =
        workload.flops() * static_cast<double>(state.iterations()) / std::max(sum.count(), 1e-9);
    state.counters["of_library"] = *middle;
}

} // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
    if (kernels::direct::passes() == nullptr) return 0; // nothing of ours to measure
    install_tensor_memory();
    torch::set_num_threads(1);
    constexpr std::array<ConvolutionExtents, 12> all{{{128, 32, 32, 16, 16},
                                                      {128, 16, 16, 16, 32},
                                                      {128, 16, 16, 32, 32},
                                                      {128, 8, 8, 32, 64},
                                                      {128, 8, 8, 64, 64},
                                                      {128, 32, 32, 64, 64},
                                                      {128, 16, 16, 128, 128},
                                                      {128, 8, 8, 256, 256},
                                                      {128, 4, 4, 512, 512},
                                                      {128, 4, 4, 16, 16},
                                                      {128, 4, 4, 32, 32},
                                                      {128, 2, 2, 32, 32}}};
    std::vector<std::pair<std::string, const ConvolutionPasses*>> kinds{
        {"direct", &direct_convolution_passes()}, {"winograd", &winograd_convolution_passes()}};
    if (kernels::matrix::passes() != nullptr) kinds.emplace_back("matrix", &matrix_convolution_passes());
    constexpr std::array passes{"forward", "data", "weights"};
    for (const ConvolutionExtents& extents : all) {
        for (std::size_t pass = 0; pass < passes.size(); ++pass) {
            for (const auto& [kind, of_kind] : kinds) {
                const std::string name = std::to_string(extents.inputs) + "->" +
                                         std::to_string(extents.outputs) + "@" +
                                         std::to_string(extents.height) + "x" +
                                         std::to_string(extents.width) + "/" + passes[pass] + "/" + kind;
                benchmark::RegisterBenchmark(name.c_str(), run, extents, std::cref(*of_kind),
                                             static_cast<int>(pass))
                    ->Unit(benchmark::kMillisecond)
                    ->UseManualTime()
                    ->MinTime(0.2);
            }
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
