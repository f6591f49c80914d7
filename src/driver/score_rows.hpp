// What is known of variants before they are trained, and what it says of their accuracy.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fractal/registry/variant.hpp>

#include "reflect/fields.hpp"
#include "scores/correlation.hpp"
#include "train/trainer.hpp"

namespace fractal::driver {

/// A variant, its scores, and the accuracy that it came to where a run has it. A score that is not defined
/// for the variant is NaN.
struct ScoreRow {
    std::string variant = {};
    std::int64_t parameters = 0;
    std::int64_t macs = 0;
    std::int64_t activation_bytes = 0;
    std::int64_t firings = 0;
    std::int64_t longest_path = 0;
    double path_length = 0;
    double paths = 0;
    double gradient_norm = 0;
    double synflow = 0;
    double naswot = 0;
    double head_signal = 0;
    std::optional<double> accuracy = {};
};

/// The row of a variant with a head for so many classes: what its type says, and what a batch said.
ScoreRow score_row(const Variant& variant, std::int32_t classes, const InitialScores& scores);

/// How a score goes with accuracy, over the rows that have both.
struct ScoreCorrelation {
    std::string score = {};
    std::optional<scores::Correlation> plain = {};
    std::optional<scores::Correlation> beyond_size = {}; ///< parameters and MACs held constant; not of these
};

/// Of each number of a row, in the order of its members. Rank correlations, so that a logarithm of a score
/// says the same as the score.
std::vector<ScoreCorrelation> correlations(std::span<const ScoreRow> rows);

/// What a correlation comes to, in words: whether its interval excludes zero.
std::string verdict(const ScoreCorrelation& correlation);

} // namespace fractal::driver

template <>
struct fractal::reflect::Fields<fractal::driver::ScoreRow> {
    using R = driver::ScoreRow;
    static constexpr auto list = hana::make_tuple(
        field<"variant", &R::variant>("name of the variant"),
        field<"parameters", &R::parameters>("trainable scalars"),
        field<"macs", &R::macs>("multiply-accumulates of one image, forward"),
        field<"activation_bytes", &R::activation_bytes>("saved for the backward pass, of one image in fp32",
                                                        "bytes"),
        field<"firings", &R::firings>("applications of the layer order"),
        field<"longest_path", &R::longest_path>("firings from the input to the head, at most"),
        field<"path_length", &R::path_length>("the same on average over the paths"),
        field<"paths", &R::paths>("paths from the input to the head, by the firings on them"),
        field<"gradient_norm", &R::gradient_norm>(
            "sum over all trained tensors of the norm of a batch's mean gradient"),
        field<"synflow", &R::synflow>("logarithm of the synaptic flow"),
        field<"naswot", &R::naswot>("log determinant of the agreement of ReLUs between a batch's images"),
        field<"head_signal", &R::head_signal>("standard deviation of the logits over that of the pixels"),
        field<"accuracy", &R::accuracy>(
            "what it came to: the last epoch's on images held out, or else on the "
            "test set; mean over the seeds"));
};
