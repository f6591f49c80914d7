// Mixed precision: which one a device gains from, and autocast while an object lives.
#pragma once

#include <torch/types.h>

#include "train/recipe.hpp"

namespace fractal {

/// `automatic` resolved: bf16 where the device has matrix units for it (CUDA from compute capability 8.0, x86
/// with AMX or AVX512-BF16), fp16 on older CUDA devices, off elsewhere. Throws UsageError for fp16 on a CPU
/// without it.
Amp resolve_amp(Amp asked, torch::Device device);

/// What to evaluate weights with that were trained with `trained`, maybe on another machine: the same where
/// the device has it, else off.
Amp evaluation_amp(Amp trained, torch::Device device);

/// Autocast on a device, on this thread. The cast weights are forgotten with the object, since a step changes
/// them.
class Autocast {
public:
    Autocast(Amp amp, torch::Device device);
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;
    ~Autocast();

private:
    torch::DeviceType device_;
    bool was_enabled_;
    torch::ScalarType had_type_;
};

} // namespace fractal
