// The trainer's entry, looked up once for the process.
#include "driver/backend_loader.hpp"

#include <string>

#include <fmt/format.h>

#include "base/error.hpp"
#include "driver/library.hpp"

namespace fractal::driver {
namespace {

constexpr Library backend{.what = "training backend",
                          .file = "libfractal_torch.so",
                          .variable = "FRACTAL_BACKEND",
                          .target = "fractal_torch"};

/// What the backend said; its callback takes no context.
std::string& last_fault() {
    static std::string fault;
    return fault;
}

} // namespace

std::unique_ptr<Trainer> load_trainer(const Hardware& hardware) {
    static const auto entry = reinterpret_cast<TrainerEntry>(find_symbol(backend, trainer_entry_name));
    last_fault().clear();
    std::unique_ptr<Trainer> trainer(
        entry(hardware, [](std::string_view fault) { last_fault() = std::string(fault); }));
    if (trainer == nullptr) {
        throw UsageError(
            last_fault().empty()
                ? fmt::format("the training backend refuses --device {} without a word", hardware.device)
                : last_fault());
    }
    return trainer;
}

} // namespace fractal::driver
