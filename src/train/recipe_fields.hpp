// The one list of Recipe's members, from which flags, TOML keys, help, JSON and SQL columns are derived.
#pragma once

#include "reflect/fields.hpp"
#include "train/recipe.hpp"

template <>
struct fractal::reflect::Fields<fractal::Recipe> {
    using R = Recipe;
    static constexpr auto list = hana::make_tuple(
        field<"epochs", &R::epochs>("passes over the training images", {}, between(1, 1e6)),
        field<"batch", &R::batch>("images in one step", {}, between(1, 1e6)),
        field<"optimizer", &R::optimizer>("what makes steps of gradients: SGD for all weights, or orthogonal "
                                          "steps (Muon) for the filters of "
                                          "convolutions and SGD for the others"),
        field<"lr", &R::lr>("learning rate; the highest one where a schedule moves it", {}, above(0)),
        field<"muon_lr", &R::muon_lr>(
            "optimizer muon: the rate of convolutions in the place of lr, moved by the schedule alike", {},
            above(0)),
        field<"head_inputs", &R::head_inputs>(
            "inputs of the head up to which its weights learn at lr; with more, at lr * this / their number; "
            "0: at lr however many there are",
            {}, at_least(0)),
        field<"momentum", &R::momentum>("momentum of SGD", {}, below(0, 1)),
        field<"nesterov", &R::nesterov>("Nesterov's form of momentum"),
        field<"weight_decay", &R::weight_decay>("L2 penalty on all weights that SGD trains", {}, at_least(0)),
        field<"decoupled_decay", &R::decoupled_decay>(
            "weight decay beside the gradient: each step multiplies weights by 1 - rate * weight decay"),
        field<"schedule", &R::schedule>("how the learning rate moves"),
        field<"step_epochs", &R::step_epochs>("schedule step: epochs from one drop to the next", "epochs",
                                              at_least(1)),
        field<"step_factor", &R::step_factor>(
            "schedules step and halving: what each drop multiplies the rate by", {}, above(0)),
        field<"warmup", &R::warmup>("schedule one-cycle: part of all steps in which the rate rises", {},
                                    between(0, 1)),
        field<"start_factor", &R::start_factor>("schedule one-cycle: first rate, as a part of lr", {},
                                                between(0, 1)),
        field<"end_factor", &R::end_factor>("schedules cosine and one-cycle: last rate, as a part of lr", {},
                                            between(0, 1)),
        field<"clip_norm", &R::clip_norm>("norm that the gradient of all weights is clipped at; 0 is never",
                                          {}, at_least(0)),
        field<"label_smoothing", &R::label_smoothing>("part of each target spread over all classes", {},
                                                      below(0, 1)),
        field<"weight_average", &R::weight_average>("factor of a moving average of the weights from step to "
                                                    "step, which is what is evaluated and kept; "
                                                    "0 takes the last weights",
                                                    {}, below(0, 1)),
        field<"drop_path", &R::drop_path>(
            "how paths are dropped while training; as-typed: by the variant's type"),
        field<"drop_path_probability", &R::drop_path_probability>(
            "that a value falls at a join, in local drop-path", {}, below(0, 1)),
        field<"init", &R::init>("how weights begin"),
        derived_field<"init_weights", &R::init_weights>(
            "hash of the file of weights that training begins from; 0 begins by init", {}, below(0, 0x1p48)),
        field<"amp", &R::amp>("mixed precision"),
        field<"checkpoint", &R::checkpoint>(
            "which activations are computed again in the backward pass: all of each unit (full) or as few as "
            "memory needs (auto)"),
        field<"kernels", &R::kernels>("what computes on a CPU: kernels that fuse pointwise layers and joins, "
                                      "and 3x3 convolutions in bf16 by kernels of its own where they are "
                                      "faster, with Winograd's filtering (auto) or without (direct), or "
                                      "LibTorch's own operators (reference)"),
        field<"flip", &R::flip>("horizontal flips of training images"),
        field<"translate", &R::translate>("furthest translation of training images", "pixels",
                                          between(0, 1024)),
        field<"pad", &R::pad>("what stands where a translated image has no pixel"),
        field<"validation_images", &R::validation_images>(
            "training images held out to choose by; 0 trains on all, and ranks by test accuracy", "images",
            at_least(0)),
        field<"seed", &R::seed>("seed of initialisation, order, augmentation, dropout and drop-path", {},
                                below(0, 0x1p63)));
};
