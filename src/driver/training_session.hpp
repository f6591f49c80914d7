// A run folder opened to train in.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "driver/init_weights.hpp"
#include "driver/interrupts.hpp"
#include "driver/program.hpp"
#include "driver/run_folder.hpp"
#include "driver/sweep.hpp"
#include "driver/training_options.hpp"
#include "store/writer.hpp"
#include "train/trainer.hpp"

namespace fractal::driver {

/// What a command that trains holds from its start to its end: the backend, the data, the results and their
/// lock, and Ctrl-C as a flag. Opened in the order in which things can be refused: nothing is made before the
/// variants are known to fit the data.
class TrainingSession {
public:
    /// Throws as the backend, the data set, `requests_of` and the store do.
    TrainingSession(const Program& program, const TrainingOptions& options);

    const std::filesystem::path& run() const { return run_; }
    const RunSettings& settings() const { return settings_; }
    Trainer& trainer() { return *trainer_; }
    SweepData& data() { return data_; }
    /// The trials that the options ask for, in the order of `requests_of`; none if they name no variants.
    const std::vector<store::Request>& requests() const { return requests_; }
    store::Writer& writer() { return writer_; }
    /// How the sweep goes; `--time-limit` counts from the session's beginning.
    const SweepOptions& sweep_options() const { return sweep_options_; }
    /// Seconds since the session began.
    double seconds() const;

    /// `view`, and before it the event files for TensorBoard that the run keeps up, if it does.
    std::unique_ptr<SweepView> with_curves(std::unique_ptr<SweepView> view) const;

private:
    std::vector<store::Request> asked_for(const Program& program, const TrainingOptions& options);

    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::filesystem::path run_;
    RunSettings settings_;
    SweepOptions sweep_options_;
    std::optional<InitWeights> init_weights_;
    Interrupts interrupts_;
    std::unique_ptr<Trainer> trainer_;
    SweepData data_;
    std::vector<store::Request> requests_;
    store::Writer writer_;
};

} // namespace fractal::driver
