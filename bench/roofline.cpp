// A training step part by part: what its operations cost at this machine's peaks, what the same convolutions
// cost alone by LibTorch, and what each part took in the step. One JSON object on the output stream.
//
//     fractal_bench_roofline paper/d3-c2-conv3.bn.relu --batch 128
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/record_function.h>
#include <torch/torch.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "backend/own_convolution.hpp"
#include "backend/tensor_memory.hpp"
#include "pass_count.hpp"
#include "workload.hpp"

using namespace fractal;
using nlohmann::json;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Median of the seconds that `work` takes, after a call that is not counted.
double seconds_of(int repeats, const std::function<void()>& work) {
    work();
    std::vector<double> seconds;
    for (int i = 0; i < repeats; ++i) {
        const auto begin = Clock::now();
        work();
        seconds.push_back(seconds_since(begin));
    }
    std::ranges::nth_element(seconds, seconds.begin() + repeats / 2);
    return seconds[static_cast<std::size_t>(repeats / 2)];
}

/// What the machine gives at best, measured here.
struct Peaks {
    double flops = 0; ///< a second, bfloat16
    double bytes = 0; ///< a second, read plus written
};

/// One line of the account.
struct Part {
    const char* name;
    int passes = 0;
    double flops = 0;
    double bytes = 0;
    double bound = 0; ///< seconds at the peaks, of each pass the larger of its two bounds
    double alone = 0; ///< seconds of the same operations by themselves; 0 where that is not measured

    void add(int times, double of_flops, double of_bytes, const Peaks& peaks) {
        passes += times;
        flops += times * of_flops;
        bytes += times * of_bytes;
        bound += times * std::max(of_flops / peaks.flops, of_bytes / peaks.bytes);
    }
    void add(const bench::Traffic& traffic, const Peaks& peaks) {
        passes += traffic.passes;
        bytes += static_cast<double>(traffic.bytes);
        bound += static_cast<double>(traffic.bytes) / peaks.bytes;
    }
};

/// Seconds of a convolution's three passes by themselves, by LibTorch's operators.
struct Alone {
    double forward = 0;
    double data = 0;
    double weights = 0;
};

Alone time_alone(const bench::Convolution& convolution, std::int64_t batch, int repeats) {
    const torch::NoGradGuard no_grad;
    const auto random = [](std::vector<std::int64_t> sizes) {
        return torch::randn(sizes).to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
    };
    const int kernel = convolution.kernel;
    const Shape& in = convolution.in;
    const torch::Tensor images = random({batch, in.channels, in.height, in.width});
    const torch::Tensor gradient = random({batch, convolution.out_channels, in.height, in.width});
    const torch::Tensor weight = random({convolution.out_channels, in.channels, kernel, kernel});
    const auto backward = [&](bool data, bool weights) {
        at::convolution_backward(gradient, images, weight, std::nullopt, {1, 1}, {kernel / 2, kernel / 2},
                                 {1, 1}, false, {0, 0}, 1, {data, weights, false});
    };
    Alone alone;
    alone.forward = seconds_of(repeats, [&] { at::conv2d(images, weight, {}, 1, kernel / 2); });
    if (convolution.wants_data_gradient) alone.data = seconds_of(repeats, [&] { backward(true, false); });
    alone.weights = seconds_of(repeats, [&] { backward(false, true); });
    return alone;
}

/// Adds up what LibTorch's operators take, by the part of the step that they belong to. An operator within
/// one that is counted belongs to it.
class Stopwatch {
public:
    enum Kind {
        convolution_forward,
        convolution_backward,
        joins_backward,
        sums,
        casts,
        head,
        optimizer,
        kinds
    };

    Stopwatch() {
        current() = this;
        handle_ = at::addThreadLocalCallback(
            at::RecordFunctionCallback(&Stopwatch::begin, &Stopwatch::end)
                .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() {
        at::removeCallback(handle_);
        current() = nullptr;
    }

    double seconds(Kind kind) const { return seconds_[kind]; }
    double total() const {
        double sum = 0;
        for (const double each : seconds_) sum += each;
        return sum;
    }

private:
    struct Running : at::ObserverContext {
        Kind kind = kinds;
        Clock::time_point begin;
    };

    static Stopwatch*& current() {
        static thread_local Stopwatch* stopwatch = nullptr;
        return stopwatch;
    }

    static Kind kind_of(std::string_view name, at::RecordScope scope) {
        const auto speaks_of = [&](std::string_view word) { return name.find(word) != name.npos; };
        const bool backward = scope == at::RecordScope::BACKWARD_FUNCTION;
        if (name == "aten::convolution") return convolution_forward;
        if (name == "aten::convolution_backward") return convolution_backward;
        if (name == "fractal::own_convolution") return convolution_forward;
        // What surrounds a node in the engine has its name too, but not its scope.
        if (backward && speaks_of("OwnConvolution")) return convolution_backward;
        if (backward && speaks_of("FusedJoin")) return joins_backward;
        if (name == "aten::_fused_sgd_") return optimizer;
        if (name == "aten::linear" || name == "aten::cross_entropy_loss" || name == "AddmmBackward0" ||
            name == "LogSoftmaxBackward0" || name == "NllLossBackward0" || name == "aten::mean" ||
            name == "MeanBackward1")
            return head;
        if (name == "aten::to" || name == "aten::_to_copy" || name == "ToCopyBackward0") return casts;
        if (name == "aten::add" || name == "aten::add_") return sums;
        return kinds;
    }

    static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
        Stopwatch* const stopwatch = current();
        if (stopwatch == nullptr || stopwatch->busy_) return nullptr;
        const Kind kind = kind_of(function.name(), function.scope());
        if (kind == kinds) return nullptr;
        auto running = std::make_unique<Running>();
        stopwatch->busy_ = true;
        running->kind = kind;
        running->begin = Clock::now();
        return running;
    }
    static void end(const at::RecordFunction&, at::ObserverContext* context) {
        if (context == nullptr) return;
        auto* const running = static_cast<Running*>(context);
        current()->seconds_[running->kind] += seconds_since(running->begin);
        current()->busy_ = false;
    }

    at::CallbackHandle handle_;
    bool busy_ = false;
    std::array<double, kinds> seconds_{};
};

/// Mean seconds of a step's parts while it is watched.
struct Watched {
    std::array<double, Stopwatch::kinds> parts{};
    double forward_rest = 0; ///< of the forward pass: the fused joins, and what calling costs
    double rest = 0;         ///< of all the rest
    double step = 0;
};

Watched watch(bench::Workload& work, int steps) {
    Watched watched;
    for (int i = 0; i < steps; ++i) {
        const Stopwatch stopwatch;
        const auto begin = Clock::now();
        const torch::Tensor loss = work.loss();
        const double forward = seconds_since(begin);
        const double in_forward = stopwatch.total();
        loss.backward();
        work.update();
        const double step = seconds_since(begin);
        for (int kind = 0; kind < Stopwatch::kinds; ++kind)
            watched.parts[static_cast<std::size_t>(kind)] +=
                stopwatch.seconds(static_cast<Stopwatch::Kind>(kind)) / steps;
        watched.forward_rest += (forward - in_forward) / steps;
        watched.rest += (step - forward - (stopwatch.total() - in_forward)) / steps;
        watched.step += step / steps;
    }
    return watched;
}

json account(const bench::StepCount& count, const Watched& watched, std::int64_t batch, const Peaks& peaks,
             int repeats) {
    std::array<Part, 3> convolutions{{{"convolutions, forward"},
                                      {"convolutions, backward to data"},
                                      {"convolutions, backward to weights"}}};
    for (const auto& [convolution, times] : count.convolutions) {
        const double flops = 2 * static_cast<double>(convolution.macs(batch));
        const double bytes = 2 * static_cast<double>(convolution.maps(batch) + convolution.weights());
        const Alone alone = time_alone(convolution, batch, repeats);
        const std::array seconds{alone.forward, alone.data, alone.weights};
        for (std::size_t i = 0; i < 3; ++i) {
            if (i == 1 && !convolution.wants_data_gradient) continue;
            convolutions[i].add(times, flops, bytes, peaks);
            convolutions[i].alone += times * seconds[i];
        }
    }
    const auto of = [&](const char* name, const bench::Traffic& traffic) {
        Part part{name};
        part.add(traffic, peaks);
        return part;
    };
    Part head{"head and loss"};
    head.add(3, 2 * static_cast<double>(count.head_macs), 0, peaks);

    // Parts that are measured together stand together.
    json groups = json::array();
    const auto add = [&](const std::vector<Part>& parts, double seconds) {
        json lines = json::array();
        for (const Part& part : parts) {
            lines.push_back({{"part", part.name},
                             {"passes", part.passes},
                             {"gflop", part.flops / 1e9},
                             {"mb", part.bytes / 1e6},
                             {"bound_ms", 1000 * part.bound},
                             {"alone_ms", part.alone > 0 ? json(1000 * part.alone) : json(nullptr)}});
        }
        groups.push_back({{"parts", lines}, {"measured_ms", 1000 * seconds}});
    };
    const auto& parts = watched.parts;
    add({convolutions[0]}, parts[Stopwatch::convolution_forward]);
    add({convolutions[1], convolutions[2]}, parts[Stopwatch::convolution_backward]);
    add({of("joins: statistics", count.joins[0]), of("joins: forward", count.joins[1])},
        watched.forward_rest);
    add({of("joins: reduction", count.joins[2]), of("joins: backward", count.joins[3])},
        parts[Stopwatch::joins_backward]);
    add({of("sums of gradients", count.sums)}, parts[Stopwatch::sums]);
    add({of("casts", count.casts)}, parts[Stopwatch::casts]);
    add({of("optimizer", count.optimizer)}, parts[Stopwatch::optimizer]);
    add({head}, parts[Stopwatch::head]);
    add({Part{"everything else"}}, watched.rest);
    return groups;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Accounts for a training step of variants in bfloat16, as JSON.");
    std::vector<std::string> names;
    std::int64_t batch = 128;
    int repeats = 5;
    app.add_option("variants", names, "names of variants")->required();
    app.add_option("--batch", batch, "images in one step")->check(CLI::PositiveNumber);
    app.add_option("--repeats", repeats, "of each measurement")->check(CLI::PositiveNumber);
    try {
        app.parse(argc, argv);
        install_tensor_memory();
        const Peaks peaks{2 * bench::matrix_rate(true), bench::copy_rate()};
        json report{{"batch", batch},
                    {"threads", torch::get_num_threads()},
                    {"peak_gflop_per_second", peaks.flops / 1e9},
                    {"peak_gb_per_second", peaks.bytes / 1e9},
                    {"records", json::array()}};
        for (const std::string& name : names) {
            release_tensor_memory();
            const Variant& variant = bench::variant_named(name);
            bench::Workload work(variant, {.batch = batch, .amp = Amp::bf16});
            const double step = seconds_of(repeats, [&] { work.step(); });
            const Watched watched = watch(work, repeats);
            report["records"].push_back(
                {{"variant", name},
                 {"step_ms", 1000 * step},
                 {"watched_ms", 1000 * watched.step},
                 {"groups", account(bench::count_step(variant, batch, own_convolutions(Kernels::automatic)),
                                    watched, batch, peaks, repeats)}});
        }
        std::cout << report.dump(1) << std::endl;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;
    }
    return 0;
}
