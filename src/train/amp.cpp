// Picks a precision and sets autocast.
#include "train/amp.hpp"

#include <ATen/autocast_mode.h>
#include <ATen/cpu/Utils.h>
#include <torch/torch.h>

#include "backend/cuda_device.hpp"
#include "base/error.hpp"

namespace fractal {

namespace {

bool cpu_has(const char* capability) {
    const auto capabilities = at::cpu::get_cpu_capabilities();
    const auto found = capabilities.find(capability);
    return found != capabilities.end() && found->second.isBool() && found->second.toBool();
}

bool cpu_multiplies_fp16() { return cpu_has("avx512_fp16") || cpu_has("amx_fp16"); }

} // namespace

Amp evaluation_amp(Amp trained, torch::Device device) {
    const bool lacking = trained == Amp::fp16 && device.is_cpu() && !cpu_multiplies_fp16();
    return lacking ? Amp::off : resolve_amp(trained, device);
}

Amp resolve_amp(Amp asked, torch::Device device) {
    if (device.is_cuda()) {
        if (asked != Amp::automatic) return asked;
        return cuda_multiplies_bf16(device) ? Amp::bf16 : Amp::fp16;
    }
    if (asked == Amp::fp16 && !cpu_multiplies_fp16()) {
        throw UsageError(
            "--amp fp16: this CPU has no fp16 arithmetic (AVX512-FP16 or AMX-FP16); use bf16, auto or off");
    }
    if (asked != Amp::automatic) return asked;
    return cpu_has("amx_bf16") || cpu_has("avx512_bf16") ? Amp::bf16 : Amp::off;
}

Autocast::Autocast(Amp amp, torch::Device device)
    : device_(device.type()),
      was_enabled_(at::autocast::is_autocast_enabled(device_)),
      had_type_(at::autocast::get_autocast_dtype(device_)) {
    at::autocast::set_autocast_enabled(device_, amp != Amp::off);
    if (amp != Amp::off) {
        at::autocast::set_autocast_dtype(device_, amp == Amp::bf16 ? torch::kBFloat16 : torch::kFloat16);
    }
}

Autocast::~Autocast() {
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, was_enabled_);
    at::autocast::set_autocast_dtype(device_, had_type_);
}

} // namespace fractal
