// The executor that fuses what stands side by side: chains of pointwise layers, the join that they lead to,
// and the pool behind it. Everything else, and what there are no kernels for, runs as in the reference.
#pragma once

#include <fractal/plan/convolution_choice.hpp>

#include "backend/reference_executor.hpp"

namespace fractal {

/// Gives the values of pointwise chains, joins and pools out before they are computed, and computes one when
/// it is read by something that cannot be fused with it.
class FusedExecutor final : public ReferenceExecutor {
public:
    /// Convolutions run by kernels of ours where those are allowed and the fastest.
    FusedExecutor(std::shared_ptr<const std::vector<SlotWeights>> slots, const PassOptions& options,
                  OwnConvolutions convolutions)
        : ReferenceExecutor(std::move(slots), options),
          convolutions_(convolutions) {}

    Value convolution(int slot, const LayerSpec& layer, const Value& in) override;
    Value pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) override;
    Value join(int unit, int step, std::span<const Value> values) override;
    Value pool(const Value& in) override;
    /// What waits before a segment is a unit's transition, which more than one firing may read.
    void segment(const NetworkSpec& net, const Segment& segment, Replay replay, const Value& in,
                 std::span<Value> out) override;

private:
    class Pending;
    class PendingConvolution;

    /// Computes the convolution that waits, as what comes next does not go into it.
    void settle();
    Value folded(const PendingConvolution& convolution, int first_slot, std::span<const LayerSpec> chain);

    OwnConvolutions convolutions_;
    Value waiting_; ///< the last convolution, if it has not been computed
};

} // namespace fractal
