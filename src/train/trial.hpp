// One trial: the training of one variant by one recipe, from its start or from a saved state.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>

#include "backend/cuda_graph.hpp"
#include "data/batches.hpp"
#include "data/permutation.hpp"
#include "train/amp.hpp"
#include "train/device_step.hpp"
#include "train/memory_plan.hpp"
#include "train/training_pass.hpp"
#include "train/trial_state.hpp"
#include "train/weight_average.hpp"

namespace fractal {

/// What all trials of a run share.
struct Workplace {
    data::Dataset data;
    data::Split split;
    torch::Device device{torch::kCPU};
    std::int64_t memory_budget = 0; ///< bytes of all tensors of a trial; 0 is no limit of its own
    bool cuda_graphs = false;       ///< record each trial's step and replay it
    bool prefetch = true;           ///< make batches ahead, on a thread of their own
};

/// Loss and accuracy over a part of the data.
struct Score {
    double loss = 0;
    double accuracy = 0;
};

/// Mean cross-entropy and accuracy in evaluation mode, unaugmented, over all images of a stream.
Score evaluate(FractalNetImpl& net, data::BatchStream& stream, Amp amp, torch::Device device);

/// How long one image waits for its answer, in seconds: the median of 5 to 50 passes, for a second or so, of
/// a batch of one in evaluation mode, once the network is warm.
double latency(FractalNetImpl& net, Amp amp, torch::Device device);

/// A trial cannot go on: its loss or a weight is not finite, or there is no memory left for it.
struct TrialFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Trains a variant step by step. The constructor throws Error for a state that does not fit, and
/// MemoryShortage for a trial that does not fit the memory budget. Both throw what LibTorch throws where
/// memory runs out, and what is on disk is then as the last save left it.
class Trial {
public:
    /// `within`, unless it is 0, is a budget in bytes in the place of the workplace's, and then any plan may
    /// be picked whatever the recipe says: for a trial that has run out of memory.
    Trial(const Workplace& workplace, const Variant& variant, const Recipe& recipe, const TrialFiles& files,
          TrialObserver& observer, std::int64_t within = 0);

    /// Runs to the end, or until the observer stops it. Throws TrialFailure; no state, figure or file of
    /// weights is then written that holds a number that is not finite.
    TrialReport run();
    /// Whether its steps are replays of a record.
    bool replays() const {
        return std::ranges::any_of(graphs_, [](const auto& entry) { return entry.second.recorded(); });
    }

    const MemoryPlan& memory() const { return memory_; }

private:
    using Clock = std::chrono::steady_clock;

    bool run_epoch();
    void step(const data::Batch& batch);
    PassResult direct_step(const data::Batch& batch);
    PassResult recorded_step(const data::Batch& batch);
    void finish_epoch();
    Score evaluated(data::BatchStream& stream);
    WeightAverage* average() { return average_ ? &*average_ : nullptr; }
    void save();
    /// Removes what has been saved.
    void discard() const;
    void check_weights() const;
    [[noreturn]] void fail(const std::string& what, std::int64_t step) const;
    double learning_rate_at(std::int64_t step) const;
    /// What a trial that diverges is to be run with less of.
    const char* rate_flags() const;
    StepReport step_report() const;

    const Workplace& workplace_;
    Recipe recipe_;
    TrialFiles files_;
    TrialObserver& observer_;
    Amp amp_;
    MemoryPlan memory_;
    FractalNet net_;
    Sgd sgd_;
    std::optional<WeightAverage> average_;
    std::optional<GradientScaler> scaler_;
    data::BatchStream training_;
    std::optional<DeviceStep> device_step_;
    std::map<std::optional<int>, CudaGraph> graphs_; ///< by the column that runs alone
    std::optional<data::BatchStream> validation_;
    TrialProgress progress_;
};

} // namespace fractal
