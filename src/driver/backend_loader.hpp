// Loads the LibTorch side when it is first needed.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "train/trainer.hpp"

namespace fractal::driver {

/// Where the backend is looked for: the file that $FRACTAL_BACKEND names, or else libfractal_torch.so beside
/// the executable and in ../lib from there.
std::vector<std::filesystem::path> backend_candidates();

/// A trainer of the backend, which stays loaded until the process ends. Throws IoError if there is no backend
/// or it cannot be loaded, and UsageError with the backend's own words if it refuses the hardware.
std::unique_ptr<Trainer> load_trainer(const Hardware& hardware);

} // namespace fractal::driver
