// The executor on LibTorch's own operators, one for each layer: the reference that faster forms are held to.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <fractal/exec/drop_path.hpp>
#include <fractal/exec/executor.hpp>
#include <fractal/torch/module.hpp>

#include "backend/dropout_mask.hpp"

namespace fractal {

/// An image batch or feature map on its way through a network.
class TensorNode : public Node {
public:
    TensorNode() = default;
    explicit TensorNode(torch::Tensor tensor) : tensor_(std::move(tensor)) {}

    virtual const torch::Tensor& tensor() { return tensor_; }

protected:
    torch::Tensor tensor_;
};

inline Value make_value(torch::Tensor tensor) { return Value(new TensorNode(std::move(tensor))); }
inline const torch::Tensor& tensor_of(const Value& value) {
    return static_cast<TensorNode*>(value.node())->tensor();
}

/// What one forward pass is run with.
struct PassOptions {
    bool training = false;
    CheckpointPlan checkpoint{}; ///< what is run again in the backward pass
    std::uint64_t seed = 0;
    std::int64_t step = 0;
    std::int64_t first_image = 0; ///< place of the first image in its batch: masks are drawn by it
    Paths paths{};                ///< the firings that run
    MaskBank* masks = nullptr;    ///< where masks are kept, if a record of the pass is to be replayed
};

/// One forward pass. Held by the checkpointed segments of its graph, which run parts of it again.
class ReferenceExecutor : public Executor, public std::enable_shared_from_this<ReferenceExecutor> {
public:
    ReferenceExecutor(std::shared_ptr<const std::vector<SlotWeights>> slots, const PassOptions& options)
        : slots_(std::move(slots)),
          options_(options) {}

    bool runs(const Site& site) const override { return options_.paths.runs(site); }
    Value convolution(int slot, const LayerSpec& layer, const Value& in) override;
    Value pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) override;
    Value custom(int slot, const LayerSpec& layer, const Value& in) override;
    Value join(int unit, int step, std::span<const Value> values) override;
    Value pool(const Value& in) override;
    Value channel_dropout(int slot, int percent, const Value& in) override;
    Value head(int slot, HeadKind kind, const Value& in) override;
    void segment(const NetworkSpec& net, const Segment& segment, Replay replay, const Value& in,
                 std::span<Value> out) override;

    /// Marks a second run of a segment, or of a part of one: running statistics have been updated by the
    /// first.
    class Recomputation {
    public:
        explicit Recomputation(ReferenceExecutor& executor)
            : executor_(executor),
              was_recomputing_(std::exchange(executor.recomputing_, true)) {}
        Recomputation(const Recomputation&) = delete;
        Recomputation& operator=(const Recomputation&) = delete;
        ~Recomputation() { executor_.recomputing_ = was_recomputing_; }

    private:
        ReferenceExecutor& executor_;
        bool was_recomputing_;
    };

    /// Multiply-accumulates of convolutions and linear layers so far, all images together; what a
    /// checkpointed segment runs again is not counted again.
    std::int64_t macs() const { return macs_; }

protected:
    const PassOptions& options() const { return options_; }
    const std::vector<SlotWeights>& slots() const { return *slots_; }
    bool recomputing() const { return recomputing_; }
    void count(std::int64_t macs) {
        if (!recomputing_) macs_ += macs;
    }

private:
    const SlotWeights& weights(int slot) const { return (*slots_)[static_cast<std::size_t>(slot)]; }
    torch::Tensor batch_norm(int slot, const torch::Tensor& in) const;

    std::shared_ptr<const std::vector<SlotWeights>> slots_;
    PassOptions options_;
    bool recomputing_ = false;
    std::int64_t macs_ = 0;
};

} // namespace fractal
