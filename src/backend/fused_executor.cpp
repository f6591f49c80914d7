// What waits to be computed, and with what it is fused.
#include "backend/fused_executor.hpp"

#include <algorithm>

#include "backend/folded_convolution.hpp"
#include "backend/fused_join.hpp"
#include "backend/own_convolution.hpp"
#include "kernels/chain.hpp"

namespace fractal {

namespace {

/// Whether the kernels can read the weights and statistics of a chain's normalisations, as after
/// `to(torch::kBFloat16)`, or of tensors set with strides of their own, they cannot.
bool has_float_figures(const std::vector<SlotWeights>& slots, int first_slot,
                       std::span<const LayerSpec> chain) {
    for (const LayerSpec& layer : chain) {
        const SlotWeights& weights = slots[static_cast<std::size_t>(first_slot++)];
        if (layer.kind != LayerKind::batch_norm) continue;
        const bool readable = std::ranges::all_of(weights, [](const torch::Tensor& values) {
            return values.scalar_type() == torch::kFloat32 && values.is_contiguous();
        });
        if (!readable) return false;
    }
    return true;
}

} // namespace

/// The mean of some branches, pooled or not, that nobody has read yet.
class FusedExecutor::Pending final : public TensorNode {
public:
    Pending(const FusedExecutor& executor, std::vector<Branch> branches, bool pool)
        : executor_(executor),
          branches_(std::move(branches)),
          pool_(pool) {}

    const torch::Tensor& tensor() override {
        if (!branches_.empty()) {
            const PassOptions& options = executor_.options();
            tensor_ = fused_join(branches_, pool_,
                                 {.slots = executor_.slots(),
                                  .training = options.training,
                                  .moves_statistics = options.training && !executor_.recomputing(),
                                  .seed = options.seed,
                                  .step = options.step,
                                  .first_image = options.first_image});
            branches_.clear();
        }
        return tensor_;
    }

    /// The value as something that a pool may be fused with.
    static std::vector<Branch> unpooled(const Value& value) {
        const auto* const pending = dynamic_cast<Pending*>(value.node());
        if (pending != nullptr && !pending->pool_ && !pending->branches_.empty()) return pending->branches_;
        return {Branch{.map = tensor_of(value)}};
    }
    /// The value as one branch of a join.
    static Branch branch(const Value& value) {
        std::vector<Branch> branches = unpooled(value);
        return branches.size() == 1 ? std::move(branches[0]) : Branch{.map = tensor_of(value)};
    }

private:
    const FusedExecutor& executor_;
    std::vector<Branch> branches_;
    bool pool_;
};

/// A convolution in an evaluation that nobody has read yet: what reads it may go into it.
class FusedExecutor::PendingConvolution final : public TensorNode {
public:
    PendingConvolution(FusedExecutor& executor, int slot, Value in)
        : executor_(executor),
          slot_(slot),
          in_(std::move(in)) {}

    const torch::Tensor& tensor() override {
        if (!tensor_.defined()) {
            tensor_ = folded(-1, false);
            in_ = {};
        }
        return tensor_;
    }

    /// Whether a ReLU may go into it.
    bool takes_relu() const { return kernel().has_value(); }

    /// The convolution with a normalisation's slot (-1 for none) and, if it takes one, a ReLU behind it.
    torch::Tensor folded(int norm_slot, bool relu) const {
        const SlotWeights* const norm =
            norm_slot < 0 ? nullptr : &executor_.slots()[static_cast<std::size_t>(norm_slot)];
        torch::Tensor out = folded_convolution(tensor_of(in_), weights(), norm, relu, kernel());
        executor_.count(out.numel() * weights()[0][0].numel());
        return out;
    }

private:
    const SlotWeights& weights() const { return executor_.slots()[static_cast<std::size_t>(slot_)]; }
    std::optional<ConvolutionKernel> kernel() const {
        return convolution_kernel(tensor_of(in_), weights()[0], executor_.convolutions_);
    }

    FusedExecutor& executor_;
    int slot_;
    Value in_;
};

Value FusedExecutor::convolution(int slot, const LayerSpec& layer, const Value& in) {
    settle();
    const bool folds = !options().training && !at::GradMode::is_enabled() && worth_fusing(tensor_of(in));
    if (!folds) {
        const torch::Tensor& weight = slots()[static_cast<std::size_t>(slot)][0];
        const auto kernel = convolution_kernel(tensor_of(in), weight, convolutions_);
        if (!kernel) return ReferenceExecutor::convolution(slot, layer, in);
        torch::Tensor out = own_convolution(tensor_of(in), weight, *kernel);
        count(out.numel() * weight[0].numel());
        return make_value(std::move(out));
    }
    waiting_ = Value(new PendingConvolution(*this, slot, in));
    return waiting_;
}

void FusedExecutor::segment(const NetworkSpec& net, const Segment& segment, Replay replay, const Value& in,
                            std::span<Value> out) {
    settle();
    ReferenceExecutor::segment(net, segment, replay, in, out);
}

void FusedExecutor::settle() {
    if (const Value waiting = std::exchange(waiting_, {})) tensor_of(waiting);
}

Value FusedExecutor::folded(const PendingConvolution& convolution, int first_slot,
                            std::span<const LayerSpec> chain) {
    std::size_t layer = 0;
    int norm_slot = -1;
    bool relu = false;
    // Dropout is the identity in evaluation; what comes after a ReLU, but for that and another, stays behind.
    for (; layer < chain.size(); ++layer) {
        const LayerKind kind = chain[layer].kind;
        if (kind == LayerKind::batch_norm) {
            if (relu || norm_slot >= 0) break;
            norm_slot = first_slot + static_cast<int>(layer);
        } else if (kind == LayerKind::relu) {
            if (!convolution.takes_relu()) break;
            relu = true;
        }
    }
    const Value out = make_value(convolution.folded(norm_slot, relu));
    if (layer == chain.size()) return out;
    return pointwise(first_slot + static_cast<int>(layer), chain.subspan(layer), out);
}

Value FusedExecutor::pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) {
    if (in && in.node() == waiting_.node()) {
        const Value convolution = std::exchange(waiting_, {});
        return folded(static_cast<const PendingConvolution&>(*convolution.node()), first_slot, chain);
    }
    settle();
    if (!worth_fusing(tensor_of(in)) || !has_float_figures(slots(), first_slot, chain))
        return ReferenceExecutor::pointwise(first_slot, chain, in);
    const auto acts = [&](const LayerSpec& layer) {
        return options().training || layer.kind != LayerKind::dropout;
    };
    if (std::ranges::none_of(chain, acts)) return in;
    const std::size_t count = kernels::leading_chain(chain).layers;
    const Value out(new Pending(*this, {{tensor_of(in), chain.first(count), first_slot}}, false));
    if (count == chain.size()) return out;
    return pointwise(first_slot + static_cast<int>(count), chain.subspan(count), out);
}

Value FusedExecutor::join(int unit, int step, std::span<const Value> values) {
    settle();
    if (values.size() == 1) return values[0];
    std::vector<Branch> branches;
    for (const Value& value : values) branches.push_back(Pending::branch(value));
    if (!worth_fusing(branches[0].map)) return ReferenceExecutor::join(unit, step, values);
    const auto chain = [](const Branch& branch) { return kernels::leading_chain(branch.layers).chain; };
    const bool alike = std::ranges::all_of(
        branches, [&](const Branch& branch) { return chain(branch) == chain(branches[0]); });
    if (!alike) {
        branches.clear();
        for (const Value& value : values) branches.push_back({.map = tensor_of(value)});
    }
    return Value(new Pending(*this, std::move(branches), false));
}

Value FusedExecutor::pool(const Value& in) {
    settle();
    std::vector<Branch> branches = Pending::unpooled(in);
    if (!worth_fusing(branches[0].map)) return ReferenceExecutor::pool(in);
    return Value(new Pending(*this, std::move(branches), true));
}

} // namespace fractal
