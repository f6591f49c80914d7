// Brings the signal of a network that does not normalise to the levels that its weights were drawn for.
#pragma once

#include <memory>
#include <vector>

#include <fractal/plan/signal.hpp>
#include <fractal/torch/module.hpp>

namespace fractal {

/// Scales the weights of each convolution and of the head, in the order in which they run, so that what they
/// make has the second moment of `plan`: by layer-sequential unit variance (Mishkin and Matas, arXiv
/// 1511.06422), in training mode and with all columns. Does nothing for a network that normalises, as that
/// undoes any scale, or that has layers of the user's own: they may, and no one is to call them unasked.
///
/// The images are noise like photographs, the same for every network, so that weights stay a function of the
/// network and the seed; the factors are powers of two, so that processors which round otherwise agree on
/// them, and a layer that is within sqrt(2) of its level stays as it was drawn.
void level_signal(const Variant& variant, const NetworkSpec& net,
                  const std::shared_ptr<const std::vector<SlotWeights>>& slots, const SignalPlan& plan);

} // namespace fractal
