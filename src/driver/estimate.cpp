// A weighted regression line, kept from falling.
#include "driver/estimate.hpp"

#include <algorithm>

namespace fractal::driver {

void SpeedModel::add(double macs, double images, double seconds) {
    if (!(images > 0) || !(seconds >= 0)) {
        return;
    }
    const double x = macs;
    const double y = seconds / images;
    images_ += images;
    x_ += images * x;
    y_ += images * y;
    xx_ += images * x * x;
    xy_ += images * x * y;
}

std::optional<double> SpeedModel::seconds_per_image(double macs) const {
    if (empty()) {
        return std::nullopt;
    }
    const double mean_x = x_ / images_;
    const double mean_y = y_ / images_;
    const double variance = xx_ / images_ - mean_x * mean_x;
    // Costs that differ by rounding alone tell nothing of a slope.
    constexpr double least_spread = 1e-6;
    if (variance <= least_spread * mean_x * mean_x) {
        constexpr double reach = 4;
        return macs <= reach * mean_x ? std::optional(std::max(1.0, macs / mean_x) * mean_y) : std::nullopt;
    }
    const double slope = (xy_ / images_ - mean_x * mean_y) / variance;
    if (slope <= 0) {
        return mean_y;
    }
    return mean_y - slope * mean_x < 0 ? mean_y / mean_x * macs : mean_y + slope * (macs - mean_x);
}

void RunEstimate::epoch_done(const EpochReport& report) {
    Work& work = trials_[current_];
    model_.add(work.macs, work.epoch_images, report.seconds);
    work.epochs_done = report.epoch;
}

TimeLeft RunEstimate::left() const { return left(0, model_); }

TimeLeft RunEstimate::left(const StepReport& report) const {
    const Work& work = trials_[current_];
    const double part =
        report.steps > 0 ? static_cast<double>(report.step) / static_cast<double>(report.steps) : 0;
    SpeedModel model = model_;
    if (report.images_per_second > 0) {
        const double images = std::max(1.0, part * work.epoch_images);
        model.add(work.macs, images, images / report.images_per_second);
    }
    TimeLeft left = this->left(part * work.epoch_images, model);
    if (report.images_per_second > 0) {
        // The current trial's own speed is known better than the line through all.
        const double images = work.epoch_images * (work.epochs - report.epoch - part);
        const double own = std::max(0.0, images) / report.images_per_second;
        left.run = left.run ? std::optional(*left.run - left.trial.value_or(0) + own) : std::nullopt;
        left.trial = own;
    }
    return left;
}

TimeLeft RunEstimate::left(double images_of_epoch_done, const SpeedModel& model) const {
    if (model.empty()) {
        return {};
    }
    TimeLeft left{.trial = 0, .run = 0};
    for (std::size_t i = current_; i < trials_.size(); ++i) {
        const Work& work = trials_[i];
        const double images =
            work.epoch_images * (work.epochs - work.epochs_done) - (i == current_ ? images_of_epoch_done : 0);
        const std::optional<double> of_image = model.seconds_per_image(work.macs);
        const std::optional<double> seconds =
            of_image ? std::optional(std::max(0.0, images) * *of_image) : std::nullopt;
        left.run = left.run && seconds ? std::optional(*left.run + *seconds) : std::nullopt;
        if (i == current_) {
            left.trial = seconds;
        }
    }
    return left;
}

} // namespace fractal::driver
