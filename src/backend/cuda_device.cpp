// Asks the CUDA runtime.
#include "backend/cuda_device.hpp"

#ifdef FRACTAL_WITH_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

namespace fractal {

#ifdef FRACTAL_WITH_CUDA

bool cuda_multiplies_bf16(torch::Device device) {
    return device.is_cuda() && at::cuda::getDeviceProperties(device.index())->major >= 8;
}

std::int64_t cuda_memory(torch::Device device) {
    if (!device.is_cuda()) return 0;
    return static_cast<std::int64_t>(at::cuda::getDeviceProperties(device.index())->totalGlobalMem);
}

#else

bool cuda_multiplies_bf16(torch::Device) { return false; }

std::int64_t cuda_memory(torch::Device) { return 0; }

#endif

} // namespace fractal
