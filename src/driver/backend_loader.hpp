// Loads the LibTorch side when it is first needed.
#pragma once

#include <memory>

#include "train/trainer.hpp"

namespace fractal::driver {

/// A trainer of the backend: of the file that $FRACTAL_BACKEND names, or else of libfractal_torch.so, found
/// as `find_symbol` finds it. It stays loaded until the process ends. Throws IoError if there is no backend
/// or it cannot be loaded, and UsageError with the backend's own words if it refuses the hardware.
std::unique_ptr<Trainer> load_trainer(const Hardware& hardware);

} // namespace fractal::driver
