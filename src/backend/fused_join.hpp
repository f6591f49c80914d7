// The fused join as an operator of LibTorch, with its gradient: runs the kernels on tensors.
#pragma once

#include <span>
#include <vector>

#include <torch/types.h>

#include <fractal/spec/layer.hpp>
#include <fractal/torch/module.hpp>

#include "backend/dropout_mask.hpp"
#include "kernels/isa.hpp"

namespace fractal {

/// A map [N, C, H, W] on its way into a join, and the pointwise layers that it passes first: at most one
/// normalisation (kernels/chain.hpp).
struct Branch {
    torch::Tensor map;
    std::span<const LayerSpec> layers{};
    int first_slot = 0;
};

/// What the layers of a join are run with.
struct JoinPass {
    const std::vector<SlotWeights>& slots;
    bool training = false;
    bool moves_statistics = false; ///< whether running statistics take the batch's
    std::uint64_t seed = 0;        ///< of dropout masks, as are the next two
    std::int64_t step = 0;
    std::int64_t first_image = 0;
    kernels::Isa isa = kernels::best_isa();
};

/// Whether a map's joins are worth fusing: on the CPU, in float or bfloat16. In double they can be, for tests
/// of the kernels; whoever computes in double wants LibTorch's own rounding to compare with.
bool worth_fusing(const torch::Tensor& map);

/// The mean over the branches, whose layers are alike, pooled or not.
torch::Tensor fused_join(std::span<const Branch> branches, bool pool, const JoinPass& pass);

} // namespace fractal
