// A trial as TensorBoard reads it: its hyperparameters, then its curves.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "store/rows.hpp"

namespace fractal::tensorboard {

/// The records of a trial's event file. They follow from the rows alone, so that they can be written again.
struct TrialEvents {
    std::vector<std::string> records;
    std::size_t heading = 0; ///< so many of them tell which trial it is and when it began
};

/// A record for each epoch, at the step of its number: loss, accuracy, learning rate, images per second; and
/// one for the test set and the end, once it has ended. Times are those of training: the seconds of the
/// epochs after the trial was first begun.
TrialEvents events_of(const store::Trial& trial, std::span<const store::Epoch> epochs);

} // namespace fractal::tensorboard
