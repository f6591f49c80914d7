// The fused kernels against LibTorch's own operators run one after another: values, gradients and running
// statistics of every chain, with and without a pool, for each type of map and each instruction set of this
// machine.
#include <string>
#include <vector>

#include <torch/torch.h>

#include <fractal/spec/alphabet.hpp>

#include "backend/fused_join.hpp"
#include "kernels/chain.hpp"
#include "torch_check.hpp"

using namespace fractal;

namespace {

/// What a fused join is tried on.
struct Case {
    kernels::Chain chain;
    bool pool = false;
    std::int64_t branches = 1;
    std::int64_t images = 2;
    std::int64_t channels = 16;
    std::int64_t height = 4;
    std::int64_t width = 4;
};

/// A chain's layers in their usual order, two where one would do, so that neighbours that are one are tried
/// too.
std::vector<LayerSpec> layers_of(const kernels::Chain& chain) {
    std::vector<LayerSpec> layers;
    if (chain.first_dropout) layers.insert(layers.end(), {layer_spec<Dropout<20>>, layer_spec<Dropout<30>>});
    if (chain.first_relu) layers.push_back(layer_spec<ReLU>);
    if (chain.norm) layers.push_back(layer_spec<BatchNorm>);
    if (chain.relu) layers.insert(layers.end(), {layer_spec<ReLU>, layer_spec<ReLU>});
    if (chain.dropout) layers.push_back(layer_spec<Dropout<40>>);
    return layers;
}

/// Maps, the weights of their chains, and all that comes of a forward and a backward pass.
class Pass {
public:
    Pass(const Case& one, torch::ScalarType type, bool training)
        : case_(one),
          layers_(layers_of(one.chain)),
          training_(training),
          type_(type) {
        torch::manual_seed(11);
        for (std::int64_t i = 0; i < one.branches; ++i) {
            // A mean far from 0 tells a careful variance from a careless one. All types hold the same
            // numbers.
            maps_.push_back(
                (torch::randn({one.images, one.channels, one.height, one.width}, torch::kFloat64) + 3)
                    .to(torch::kBFloat16)
                    .to(type)
                    .contiguous(torch::MemoryFormat::ChannelsLast)
                    .requires_grad_());
            for (const LayerSpec& layer : layers_) add_slot(layer.kind == LayerKind::batch_norm);
        }
    }

    void fused(kernels::Isa isa) {
        std::vector<Branch> branches;
        for (std::size_t i = 0; i < maps_.size(); ++i)
            branches.push_back({maps_[i], layers_, static_cast<int>(i * layers_.size())});
        finish(fused_join(branches, case_.pool,
                          {.slots = slots_,
                           .training = training_,
                           .moves_statistics = training_,
                           .seed = seed,
                           .step = step,
                           .first_image = first_image,
                           .isa = isa}));
    }
    void reference() {
        torch::Tensor sum;
        int slot = 0;
        for (const torch::Tensor& map : maps_) {
            torch::Tensor x = map;
            for (const LayerSpec& layer : layers_) x = apply(layer, slot++, x);
            sum = sum.defined() ? sum + x : x;
        }
        sum = sum * (1.0 / static_cast<double>(maps_.size()));
        finish(case_.pool ? at::max_pool2d(sum, {2, 2}) : sum);
    }

    /// Output, gradients of maps, of weights and biases, running statistics.
    const std::vector<torch::Tensor>& results() const { return results_; }

private:
    static constexpr std::uint64_t seed = 5;
    static constexpr std::int64_t step = 3;
    static constexpr std::int64_t first_image = 7;

    torch::ScalarType figures() const { return type_ == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32; }

    void add_slot(bool norm) {
        SlotWeights& slot = slots_.emplace_back();
        if (!norm) return;
        const auto figure = [&](double from, double to) {
            return torch::empty({case_.channels}, torch::kFloat64).uniform_(from, to).to(figures());
        };
        slot = {figure(-1.5, 1.5).requires_grad_(), figure(-1, 1).requires_grad_(), figure(2, 4),
                figure(0.5, 2)};
    }
    torch::Tensor apply(const LayerSpec& layer, int slot, const torch::Tensor& x) const {
        const SlotWeights& w = slots_[static_cast<std::size_t>(slot)];
        if (layer.kind == LayerKind::relu) return at::relu(x);
        if (layer.kind == LayerKind::batch_norm) {
            return at::batch_norm(x, w[0], w[1], w[2], w[3], training_, BatchNorm::momentum,
                                  BatchNorm::epsilon, false);
        }
        if (!training_) return x;
        return x * dropout_mask({seed, step, slot, first_image}, layer.argument, x.size(0), x.size(1),
                                x.options());
    }
    void finish(const torch::Tensor& out) {
        torch::manual_seed(12);
        out.backward(torch::randn(out.sizes()).to(torch::kBFloat16).to(out.scalar_type()));
        results_ = {out.detach()};
        for (const torch::Tensor& map : maps_) results_.push_back(map.grad());
        for (const SlotWeights& slot : slots_) {
            if (slot.empty()) continue;
            results_.insert(results_.end(),
                            {slot[0].grad(), slot[1].grad(), slot[2].clone(), slot[3].clone()});
        }
    }

    Case case_;
    std::vector<LayerSpec> layers_;
    bool training_;
    torch::ScalarType type_;
    std::vector<torch::Tensor> maps_;
    std::vector<SlotWeights> slots_;
    std::vector<torch::Tensor> results_;
};

/// How far results are from others, each by its norm; a tensor of zeros by one.
double distance(const std::vector<torch::Tensor>& ours, const std::vector<torch::Tensor>& theirs) {
    REQUIRE(ours.size() == theirs.size());
    double furthest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const torch::Tensor expected = theirs[i].to(torch::kFloat64);
        const double norm = expected.norm().item<double>();
        const double apart = (ours[i].to(torch::kFloat64) - expected).norm().item<double>();
        furthest = std::max(furthest, apart / (norm > 0 ? norm : 1.0));
    }
    return furthest;
}

std::vector<torch::Tensor> reference(const Case& one, torch::ScalarType type, bool training = true) {
    Pass pass(one, type, training);
    pass.reference();
    return pass.results();
}
std::vector<torch::Tensor> fused(const Case& one, torch::ScalarType type, kernels::Isa isa,
                                 bool training = true) {
    Pass pass(one, type, training);
    pass.fused(isa);
    return pass.results();
}

/// Every chain, with and without a pool, on maps whose extents try each path of the traversal: whole pairs of
/// vectors, single ones and lanes, odd rows and columns, more than a strip, one pixel.
std::vector<Case> cases() {
    struct Form {
        std::int64_t branches, images, channels, height, width;
    };
    const Form forms[] = {{1, 2, 16, 4, 4},  {2, 3, 37, 5, 7},  {3, 1, 8, 2, 2}, {1, 2, 64, 14, 20},
                          {4, 5, 3, 32, 32}, {1, 1, 128, 3, 3}, {5, 7, 33, 2, 3}};
    std::vector<Case> all;
    for (std::size_t index = 0; index < kernels::chain_count; ++index) {
        for (const Form& form : forms) {
            for (const bool pool : {false, true}) {
                all.push_back({kernels::chain_at(index), pool, form.branches, form.images, form.channels,
                               form.height, form.width});
            }
        }
        all.push_back({kernels::chain_at(index), false, 1, 6, 20, 1, 1});
    }
    return all;
}

std::string text(const Case& one) {
    return "chain " + std::to_string(one.chain.index()) + (one.pool ? " pooled, " : ", ") +
           std::to_string(one.branches) + " x [" + std::to_string(one.images) + ", " +
           std::to_string(one.channels) + ", " + std::to_string(one.height) + ", " +
           std::to_string(one.width) + "]";
}

} // namespace

TEST_CASE("in double the fused join is what LibTorch's operators make, to 1e-9") {
    for (const Case& one : cases()) {
        for (const bool training : {true, false}) {
            CAPTURE(text(one));
            CAPTURE(training);
            CHECK(distance(fused(one, torch::kFloat64, kernels::Isa::portable, training),
                           reference(one, torch::kFloat64, training)) <= 1e-9);
        }
    }
}

TEST_CASE(
    "in float it errs at most twice as far as LibTorch's operators, and all instruction sets give its bits") {
    for (const Case& one : cases()) {
        CAPTURE(text(one));
        const auto exact = reference(one, torch::kFloat64);
        const auto portable = fused(one, torch::kFloat32, kernels::Isa::portable);
        CHECK(distance(portable, exact) <=
              std::max(2 * distance(reference(one, torch::kFloat32), exact), 1e-5));
        for (const kernels::Isa isa : kernels::available_isas())
            CHECK(distance(fused(one, torch::kFloat32, isa), portable) == 0);
    }
}

TEST_CASE(
    "in bfloat16 it errs at most twice as far as LibTorch's operators, and all instruction sets give its "
    "bits") {
    for (const Case& one : cases()) {
        CAPTURE(text(one));
        const auto portable = fused(one, torch::kBFloat16, kernels::Isa::portable);
        // Rounded, more than one pixel of a window may be its greatest: then gradients go other ways, and
        // what is left to compare is the output and the running statistics.
        const auto compared = [&](const std::vector<torch::Tensor>& all) {
            if (!one.pool) return all;
            std::vector<torch::Tensor> some{all[0]};
            for (auto at = static_cast<std::size_t>(1 + one.branches); at < all.size(); at += 4)
                some.insert(some.end(), {all[at + 2], all[at + 3]});
            return some;
        };
        const auto exact = compared(reference(one, torch::kFloat64));
        const double theirs = distance(compared(reference(one, torch::kBFloat16)), exact);
        CHECK(distance(compared(portable), exact) <= std::max(2 * theirs, 1e-2));
        for (const kernels::Isa isa : kernels::available_isas())
            CHECK(distance(fused(one, torch::kBFloat16, isa), portable) == 0);
    }
}

TEST_CASE("threads change no bit") {
    const int threads = torch::get_num_threads();
    std::vector<Case> all = cases();
    all.push_back({.chain = {.first_relu = true, .norm = true, .relu = true, .dropout = true},
                   .branches = 3,
                   .images = 31,
                   .channels = 48,
                   .height = 17,
                   .width = 16});
    for (const Case& one : all) {
        for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
            CAPTURE(text(one));
            torch::set_num_threads(1);
            const auto alone = fused(one, type, kernels::best_isa());
            for (const int count : {2, 3, 7}) {
                torch::set_num_threads(count);
                CHECK(distance(fused(one, type, kernels::best_isa()), alone) == 0);
            }
        }
    }
    torch::set_num_threads(threads);
}

TEST_CASE("what is not a number stays none") {
    for (const kernels::Isa isa : kernels::available_isas()) {
        torch::Tensor map = torch::zeros({1, 16, 2, 2}).contiguous(torch::MemoryFormat::ChannelsLast);
        map[0][3][1][1] = std::numeric_limits<float>::quiet_NaN();
        const std::vector<LayerSpec> relu{layer_spec<ReLU>};
        const std::vector<SlotWeights> slots(1);
        for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
            const Branch branch{map.to(type), relu, 0};
            const torch::Tensor out = fused_join({&branch, 1}, true, {.slots = slots, .isa = isa});
            CHECK(out.isnan().sum().item<int>() == 1);
            CHECK(out.isnan()[0][3][0][0].item<bool>());
        }
    }
}
