// What one batch says of a network before it is trained.
#pragma once

#include <span>

#include <fractal/torch/module.hpp>

#include "data/batches.hpp"
#include "train/recipe.hpp"
#include "train/trainer.hpp"

namespace fractal {

/// The scores of a variant with the initial weights of `recipe` (its init and seed), on the images of
/// `batch`, normalised and not augmented; `batch` and computation are on `device`, in fp32 unless said
/// otherwise. No path is dropped, and a channel for the signal at the head alone. Those in `only`, or all
/// where it is empty; each is the same whatever else is asked for. InitialScores says what each is; their
/// sources:
///
/// gradient norm: grad_norm of Abdelfattah et al. (arXiv 2101.08134), over all trained tensors;
/// synflow:       Tanaka et al. (arXiv 2006.05467), summed over the weights of convolutions and linear
/// layers,
///                in float64, normalisations in evaluation, where at initialisation they are the identity;
/// NASWOT:        Mellor et al. (arXiv 2006.04647), over the outputs of all ReLUs.
InitialScores initial_scores(const Variant& variant, int classes, const Recipe& recipe,
                             const data::Batch& batch, torch::Device device,
                             std::span<const InitialScore> only = {});

} // namespace fractal
