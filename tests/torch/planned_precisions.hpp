// The precisions in which tests of the memory plan train.
#pragma once

#include <vector>

#include "torch_check.hpp"
#include "train/amp.hpp"

namespace fractal::testing {

/// Those for which memory is planned on this CPU. In bf16 one that has none unfolds images for a convolution,
/// and takes its time: nothing but `--amp bf16` asks for that.
inline std::vector<Amp> planned_precisions() {
    if (resolve_amp(Amp::automatic, torch::kCPU) == Amp::bf16) return {Amp::off, Amp::bf16};
    MESSAGE("bf16 is left out: this CPU has none");
    return {Amp::off};
}

} // namespace fractal::testing
