// How large the signal is at the head of a network that has learned nothing.
#include <cmath>
#include <string>
#include <utility>

#include <torch/torch.h>

#include "backend/initial_weights.hpp"
#include "backend/reference_executor.hpp"
#include "checkpoint_nets.hpp"
#include "torch_check.hpp"

using namespace fractal;

namespace {

/// Runs a network and keeps what its head reads.
struct HeadWatcher final : ReferenceExecutor {
    using ReferenceExecutor::ReferenceExecutor;

    Value head(int slot, HeadKind kind, const Value& in) override {
        features = tensor_of(in).detach();
        return ReferenceExecutor::head(slot, kind, in);
    }

    torch::Tensor features;
};

double root_mean_square(const torch::Tensor& values) {
    return std::sqrt(values.to(torch::kFloat64).square().mean().item<double>());
}

const ForwardTable& forwards() {
    static const ForwardTable table =
        ForwardTable::of<Layers<Conv<3>>, Layers<Conv<3>, ReLU>, Layers<ReLU, Conv<3>>,
                         Layers<Conv<3>, ReLU, Dropout<20>>, Layers<Conv<3>, ReLU, Conv<1>>,
                         Layers<Conv<3>, BatchNorm, ReLU>, Layers<BatchNorm, ReLU, Conv<3>>,
                         Layers<ReLU, Conv<1>>>();
    return table;
}

/// What the head reads, in training, as a part of the images: by root mean square.
double signal(const std::string& name, Init init, std::uint64_t seed = 3) {
    NetworkSpec spec;
    const Variant variant = forwards().variant(name, spec);
    FractalNet net(variant, ModuleOptions{.init = init, .seed = seed});
    const auto watcher = std::make_shared<HeadWatcher>(
        std::make_shared<const std::vector<SlotWeights>>(net->slots()), PassOptions{.training = true});
    torch::manual_seed(0);
    // Neighbours alike, as in photographs.
    torch::Tensor images = at::upsample_bilinear2d(torch::randn({4, 3, 12, 12}), {32, 32}, true);
    images /= root_mean_square(images);
    const torch::NoGradGuard no_grad;
    variant.forward(*watcher, spec, make_value(images));
    return root_mean_square(watcher->features);
}

} // namespace

TEST_CASE("with its variance kept, the signal reaches the head of every network") {
    for (const std::string order : {"conv3", "conv3.relu", "relu.conv3", "conv3.relu.drop20",
                                    "conv3.relu.conv1", "conv3.bn.relu", "bn.relu.conv3"}) {
        for (const std::string axes : {"d1-c1", "d5-c1", "d3-c3", "d1-c5", "d5-c5"}) {
            const std::string name = "net/3x32x32-" + axes + "-w32-flat10-" + order;
            const double ratio = signal(name, Init::keep_variance);
            CAPTURE(name);
            CAPTURE(ratio);
            CHECK(ratio < 4);
            CHECK(ratio > 0.25);
        }
    }
}

TEST_CASE(
    "it reaches the head of narrow networks too, where a draw strays far from what it is over all draws") {
    for (const std::string order : {"relu.conv1", "relu.conv3", "conv3.relu.conv1"}) {
        for (const std::string axes : {"d4-c4", "d3-c5"}) {
            for (const std::uint64_t seed : {0U, 1U, 2U}) {
                const std::string name = "net/3x32x32-" + axes + "-w8-gap10-" + order;
                const double ratio = signal(name, Init::keep_variance, seed);
                CAPTURE(name);
                CAPTURE(seed);
                CHECK(ratio < 4);
                CHECK(ratio > 0.25);
            }
        }
    }
}

TEST_CASE("weights are what was drawn, times powers of two where nothing normalises") {
    for (const auto& [name, normalises] : {std::pair("net/3x32x32-d3-c3-w8-gap10-relu.conv1", false),
                                           std::pair("net/3x32x32-d3-c3-w8-gap10-conv3.bn.relu", true)}) {
        NetworkSpec spec;
        const Variant variant = forwards().variant(name, spec);
        const FractalNet net(variant, ModuleOptions{.init = Init::keep_variance, .seed = 5});
        InitialWeights initial(spec, Init::keep_variance, 5);
        bool scaled = false;
        for_each_slot(spec, [&](const Slot& slot) {
            for (int i = 0; i < slot.weights.count; ++i) {
                const torch::Tensor drawn =
                    initial.draw(slot, slot.weights.items[static_cast<std::size_t>(i)]);
                const torch::Tensor& kept =
                    net->slots()[static_cast<std::size_t>(slot.index)][static_cast<std::size_t>(i)];
                const double ratio = root_mean_square(kept) / root_mean_square(drawn);
                const double factor = ratio > 0 ? std::exp2(std::round(std::log2(ratio))) : 1; // a bias is 0
                CHECK(torch::equal(kept, drawn * factor));
                scaled = scaled || factor != 1;
            }
        });
        CHECK(scaled != normalises);
    }
}

TEST_CASE("without, a deep fractal that does not normalise loses it") {
    CHECK(signal("net/3x32x32-d5-c5-w32-flat10-conv3.relu", Init::torch_default) < 1e-3);
    CHECK(signal("net/3x32x32-d5-c5-w32-flat10-conv3.relu", Init::xavier) < 1e-3);
}
