// The wall: what the driver asks of the LibTorch side. Only plain data and abstract classes cross it, so the
// driver's executable loads LibTorch when training starts and not before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <fractal/registry/variant.hpp>

#include "train/recipe.hpp"

namespace fractal {

/// Which images: `cifar10` from a folder, `shapes`, which is made on the spot, or the path of a data file.
struct DataSource {
    std::string_view name;
    std::string_view folder; ///< empty where the data set needs none
};

/// Where and with what a run computes.
struct Hardware {
    std::string_view device = "cpu"; ///< `cpu` or `cuda`
    std::int32_t threads = 0;        ///< of LibTorch's own pool; 0 is one for each core
    /// Bytes that a trial's tensors may take; 0 is what the machine has, and asked for by `--checkpoint auto`
    /// alone.
    std::int64_t memory_budget = 0;
    bool cuda_graphs = false; ///< record each trial's step in a CUDA graph; needs `cuda`
};

/// Images that a run works on, after the validation split. What it refers to lives until data are opened
/// again.
struct DataSummary {
    std::string_view name = {}; ///< what identifies the data set: that of a data file ends in its hash
    Shape shape{};
    std::int32_t classes = 0;
    std::int64_t train_images = 0;
    std::int64_t validation_images = 0;
    std::int64_t test_images = 0;
    bool own_split = false;                  ///< the data set itself says which images are held out
    std::span<const double> pixel_mean = {}; ///< of each channel, pixels being 0 to 1
    std::span<const double> pixel_std = {};
};

/// Files of one trial. Those that are written are to a temporary name, synced and renamed.
struct TrialFiles {
    std::string_view weights; ///< safetensors: after training, removed if their test fails; empty keeps none
    std::string_view state; ///< safetensors: all that a resumed trial needs; empty keeps none. It stays when
                            ///< the trial has finished: the caller removes it once the result is recorded
    std::string_view init_weights = {}; ///< safetensors: what the network begins from where there is no
                                        ///< state; empty begins by the recipe's initialisation
};

/// Where a trial stands, after each step.
struct StepReport {
    std::int32_t epoch = 0; ///< from 0
    std::int64_t step = 0;  ///< steps done in this epoch
    std::int64_t steps = 0; ///< steps of an epoch
    double loss = 0;        ///< mean training loss of the epoch so far
    double seconds = 0;     ///< that the trial has been training for, in earlier runs too
    double images_per_second = 0;
};

/// One finished epoch. Accuracies are fractions of 1; validation figures are NaN where nothing is held out.
struct EpochReport {
    std::int32_t epoch = 0; ///< from 1
    double lr = 0;          ///< of the epoch's last step
    double train_loss = 0;
    double train_accuracy = 0;
    double validation_loss = 0;
    double validation_accuracy = 0;
    double seconds = 0;
    double images_per_second = 0; ///< training alone
    double macs =
        0; ///< forward multiply-accumulates for one training image: with drop-path fewer than the variant's
};

/// What a trial does after a step.
enum class Next : std::uint8_t {
    go_on,
    save, ///< writes its state and goes on
    stop, ///< writes its state and ends as interrupted
};

/// How a trial ended.
enum class Outcome : std::uint8_t { finished, failed, skipped, interrupted };

struct TrialReport {
    Outcome outcome = Outcome::failed;
    double test_loss = 0;     ///< NaN unless finished
    double test_accuracy = 0; ///< NaN unless finished
    double latency = 0;       ///< median seconds of evaluating one image by itself; NaN unless finished
    std::int64_t peak_bytes =
        0; ///< most memory that tensors took at once, with the data set; 0: not measured
    /// The same as the memory plan expected it before training began; 0 where there was no plan.
    std::int64_t predicted_peak_bytes = 0;
};

/// Saved weights against the test set.
struct EvalReport {
    double loss = 0;
    double accuracy = 0;   ///< a fraction of 1
    std::int64_t macs = 0; ///< forward multiply-accumulates for one image
    double seconds = 0;    ///< of all images
    std::int64_t images = 0;
};

/// The scores of a network before it is trained that take a pass through it.
enum class InitialScore : std::uint8_t { gradient_norm, synflow, naswot, head_signal };

constexpr auto enum_names(InitialScore) {
    using enum InitialScore;
    return std::to_array<reflect::EnumName<InitialScore>>({{gradient_norm, "gradient-norm"},
                                                           {synflow, "synflow"},
                                                           {naswot, "naswot"},
                                                           {head_signal, "head-signal"}});
}

/// Whether a score is among those asked for: those in `only`, or all where it is empty.
constexpr bool is_asked(std::span<const InitialScore> only, InitialScore score) {
    return only.empty() || std::ranges::find(only, score) != only.end();
}

/// What one batch says of a network before it is trained (scores/initial_scores.hpp names the sources). NaN
/// is what is not defined for it or was not asked for, infinity what its numbers do not hold.
struct InitialScores {
    double gradient_norm = 0; ///< sum over all trained tensors of the 2-norm of the batch's mean gradient
    double synflow = 0;     ///< log of the sum over weights w of w dR/dw, with |w| for w, R being the sum of
                            ///< the logits of an image of ones
    double naswot = 0;      ///< log |det K|, K[i,j] the ReLU outputs in which images i and j are both zero or
                            ///< both not; NaN without ReLU
    double head_signal = 0; ///< standard deviation of the logits, training's dropout in, over that of pixels
};

/// Hears what happens while a trial runs, on the thread that called `train`.
class TrialObserver {
public:
    TrialObserver() = default;
    TrialObserver(const TrialObserver&) = delete;
    TrialObserver& operator=(const TrialObserver&) = delete;
    virtual ~TrialObserver() = default;

    /// After each step.
    virtual Next on_step(const StepReport& report) = 0;
    /// After each epoch, before the next begins; and again, before the first step, for each epoch that a
    /// saved state already has, whenever training goes on from it: after a stop, or within less memory.
    virtual void on_epoch(const EpochReport& report) = 0;
    /// A fact worth a line: what was picked, what was resumed.
    virtual void on_note(std::string_view text) = 0;
    /// Why the trial did not finish; called once before `train` returns failed or skipped.
    virtual void on_reason(std::string_view text) = 0;
};

/// The LibTorch side. One process trains many variants: the data is loaded once.
class Trainer {
public:
    Trainer() = default;
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;
    virtual ~Trainer() = default;

    /// Loads a data set and holds `validation_images` of its training images out, by `seed`; a data set that
    /// has a validation split of its own keeps that. Throws Error.
    virtual DataSummary open(const DataSource& source, std::int64_t validation_images,
                             std::uint64_t seed) = 0;
    /// Throws UsageError for a recipe by which no trial can run on the open data and this hardware.
    virtual void check(const Recipe& recipe) const = 0;
    /// Trains a variant on the open data. A trial whose state file exists goes on from there. Faults of the
    /// trial end up in its report; only faults of the run, such as a full disk, are thrown.
    virtual TrialReport train(const Variant& variant, const Recipe& recipe, const TrialFiles& files,
                              TrialObserver& observer) = 0;
    /// Saved weights on the open data's test set, by all columns or by one column alone. Throws Error where
    /// they do not fit, and for a column that the variant does not have.
    virtual EvalReport evaluate(const Variant& variant, const Recipe& recipe, std::string_view weights,
                                std::optional<std::int32_t> column) = 0;
    /// Scores of a variant with the recipe's initial weights, on the first `images` training images of the
    /// open data, or on all if there are fewer: those in `only`, or all where it is empty.
    virtual InitialScores score(const Variant& variant, const Recipe& recipe, std::int64_t images,
                                std::span<const InitialScore> only) = 0;
    /// Writes a variant's evaluation with saved weights to `file`, as a TorchScript archive, and needs no
    /// data. Throws Error where they do not fit, and for a layer that cannot be recorded.
    virtual void write_torchscript(const Variant& variant, std::string_view weights,
                                   std::string_view file) = 0;
};

/// What libfractal_torch exports, with C linkage, under the name `fractal_trainer`: a trainer that the caller
/// deletes, or null after `fault` was told why there is none (an unknown device, say).
using TrainerEntry = Trainer* (*)(const Hardware& hardware, void (*fault)(std::string_view));
inline constexpr const char* trainer_entry_name = "fractal_trainer";

} // namespace fractal
