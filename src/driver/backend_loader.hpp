// Loads the LibTorch side when it is first needed.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "train/trainer.hpp"

namespace fractal::driver {

/// Where the backend is looked for: the file that $FRACTAL_BACKEND names; or else libfractal_torch.so beside
/// the executable, in ../lib from there, and, as the bare name says to dlopen, where the dynamic linker
/// looks: in the executable's own list of folders, where CMake puts the one that the backend was built in or
/// installed to, in $LD_LIBRARY_PATH and in the system's folders.
std::vector<std::filesystem::path> backend_candidates();

/// A trainer of the backend, which stays loaded until the process ends. Throws IoError if there is no backend
/// or it cannot be loaded, and UsageError with the backend's own words if it refuses the hardware.
std::unique_ptr<Trainer> load_trainer(const Hardware& hardware);

} // namespace fractal::driver
