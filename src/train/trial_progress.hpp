// How far a trial is, and its text in a state file. Knows no LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reflect/fields.hpp"
#include "train/trainer.hpp"

namespace fractal {

/// Sums over the steps of an unfinished epoch. Order, augmentation and dropout are functions of the seed and
/// of these counts, so no generator has a state to keep.
struct TrialProgress {
    std::int64_t epoch = 0;   ///< epochs finished
    std::int64_t step = 0;    ///< steps done in the epoch under way
    double loss_sum = 0;      ///< over the images of these steps
    std::int64_t correct = 0; ///< images among them that were got right
    std::int64_t images = 0;
    double macs = 0;    ///< forward, over these images
    double seconds = 0; ///< of the epoch under way
    double training_seconds = 0;
    double trial_seconds = 0; ///< of all epochs
    std::int64_t scaler_good_steps = 0;
    double scaler_factor = 0; ///< 0 without gradient scaling
    std::vector<EpochReport> epochs;
};

/// One JSON object. Figures that are not finite are null in it.
std::string progress_text(const TrialProgress& progress);

/// The inverse. Throws DataError for what is no such text, and for counts that no trial can have come to.
TrialProgress parse_progress(std::string_view text);

} // namespace fractal

template <>
struct fractal::reflect::Fields<fractal::EpochReport> {
    using R = EpochReport;
    static constexpr auto list =
        hana::make_tuple(field<"epoch", &R::epoch>("number of the epoch", {}, at_least(1)),
                         field<"lr", &R::lr>("learning rate of its last step"),
                         field<"train_loss", &R::train_loss>("mean loss on training images"),
                         field<"train_accuracy", &R::train_accuracy>("accuracy on training images"),
                         field<"validation_loss", &R::validation_loss>("mean loss on images held out"),
                         field<"validation_accuracy", &R::validation_accuracy>("accuracy on images held out"),
                         field<"seconds", &R::seconds>("time of the epoch", "s"),
                         field<"images_per_second", &R::images_per_second>("training alone"),
                         field<"macs", &R::macs>("forward multiply-accumulates for one training image"));
};

/// Apart from the epochs, which are a list.
template <>
struct fractal::reflect::Fields<fractal::TrialProgress> {
    using P = TrialProgress;
    static constexpr auto list = hana::make_tuple(
        field<"epoch", &P::epoch>("epochs finished", {}, at_least(0)),
        field<"step", &P::step>("steps done in the epoch under way", {}, at_least(0)),
        field<"loss_sum", &P::loss_sum>("over the images of these steps"),
        field<"correct", &P::correct>("images among them that were got right", {}, at_least(0)),
        field<"images", &P::images>("images of these steps", {}, at_least(0)),
        field<"macs", &P::macs>("forward multiply-accumulates over these images"),
        field<"seconds", &P::seconds>("time of the epoch under way", "s"),
        field<"training_seconds", &P::training_seconds>("time of training alone", "s"),
        field<"trial_seconds", &P::trial_seconds>("time of all epochs", "s"),
        field<"scaler_good_steps", &P::scaler_good_steps>("steps since the scale was changed", {},
                                                          at_least(0)),
        field<"scaler_factor", &P::scaler_factor>("scale of the gradients; 0 without scaling"));
};
