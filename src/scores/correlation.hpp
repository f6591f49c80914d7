// Rank correlation, with what of it remains when other things are held constant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace fractal::scores {

/// Places from 1 in ascending order; equals share the mean of theirs.
std::vector<double> ranks(std::span<const double> values);

/// A correlation and the interval that holds it with 95 % confidence.
struct Correlation {
    double value = 0;
    double low = 0;
    double high = 0;
    std::size_t n = 0; ///< pairs that it was worked out from
};

/// Spearman's: the correlation of the ranks of `x` and `y`. With `controls`, lists as long as these, the
/// partial one: of what is left of the ranks when those of the controls are regressed out. Nothing where a
/// list does not vary beyond the controls, or where there are too few values for an interval.
///
/// The interval is Fisher's: tanh(atanh(r) -+ 1.96 s), s^2 = (1 + r^2 / 2) / (n - 3 - controls), the variance
/// of Bonett and Wright (Psychometrika 65, 2000) for ranks.
std::optional<Correlation> spearman(std::span<const double> x, std::span<const double> y,
                                    std::span<const std::vector<double>> controls = {});

} // namespace fractal::scores
