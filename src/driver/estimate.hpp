// How long training will take, from how long it took.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "train/trainer.hpp"

namespace fractal::driver {

/// Seconds for one training image of a network, as a + b * MACs with a, b >= 0: an overhead for each step and
/// a speed, fitted to what was measured by least squares, each measurement weighing as many images as it
/// took.
class SpeedModel {
public:
    void add(double macs, double images, double seconds);
    bool empty() const { return images_ == 0; }
    /// Nothing before the first measurement. Networks of one cost alone say nothing of those that cost more
    /// than four times as much, and the same of all others.
    std::optional<double> seconds_per_image(double macs) const;

private:
    double images_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0; ///< weighted sums; x: MACs, y: seconds of an image
};

/// What one trial still has to do.
struct Work {
    double macs = 0;         ///< of one image, forward
    double epoch_images = 0; ///< training images of an epoch
    std::int32_t epochs = 0;
    std::int32_t epochs_done = 0;
};

/// Seconds; nothing where nothing is known yet.
struct TimeLeft {
    std::optional<double> trial = {};
    std::optional<double> run = {};
};

/// Follows a run through its trials.
class RunEstimate {
public:
    explicit RunEstimate(std::vector<Work> trials) : trials_(std::move(trials)) {}

    /// Trial `index` is the current one from now; those before it are over.
    void begin(std::size_t index) { current_ = index; }
    void epoch_done(const EpochReport& report);
    /// What an earlier trial took in all: its training images, and the seconds for them.
    void measured(double macs, double images, double seconds) { model_.add(macs, images, seconds); }
    /// What is left after a step of the current trial.
    TimeLeft left(const StepReport& report) const;
    /// What is left between two epochs.
    TimeLeft left() const;

private:
    TimeLeft left(double images_of_epoch_done, const SpeedModel& model) const;

    std::vector<Work> trials_;
    std::size_t current_ = 0;
    SpeedModel model_;
};

} // namespace fractal::driver
