// Residuals by Gram-Schmidt on centred ranks.
#include "scores/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fractal::scores {
namespace {

double product(const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// The ranks, less their mean.
std::vector<double> centred_ranks(std::span<const double> values) {
    std::vector<double> centred = ranks(values);
    const double mean = (static_cast<double>(values.size()) + 1) / 2;
    for (double& rank : centred) rank -= mean;
    return centred;
}

/// Takes out of `values` what lies along `axis`. What remains of a value that lies along it is rounding.
void take_out(std::vector<double>& values, const std::vector<double>& axis) {
    const double before = product(values, values);
    const double share = product(values, axis) / product(axis, axis);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= share * axis[i];
    constexpr double rounding = 1e-12;
    if (product(values, values) <= rounding * before) std::ranges::fill(values, 0.0);
}

} // namespace

std::vector<double> ranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first + 1;
        while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
        const double shared = static_cast<double>(first + 1 + end) / 2;
        for (; first < end; ++first) ranks[order[first]] = shared;
    }
    return ranks;
}

std::optional<Correlation> spearman(std::span<const double> x, std::span<const double> y,
                                    std::span<const std::vector<double>> controls) {
    const auto freedom = static_cast<double>(x.size()) - 3 - static_cast<double>(controls.size());
    if (freedom < 1) return {};
    std::vector<double> a = centred_ranks(x);
    std::vector<double> b = centred_ranks(y);
    std::vector<std::vector<double>> axes;
    for (const std::vector<double>& control : controls) {
        std::vector<double> axis = centred_ranks(control);
        for (const std::vector<double>& other : axes) take_out(axis, other);
        if (product(axis, axis) > 0) axes.push_back(std::move(axis));
    }
    for (const std::vector<double>& axis : axes) {
        take_out(a, axis);
        take_out(b, axis);
    }
    const double spread = std::sqrt(product(a, a) * product(b, b));
    if (!(spread > 0)) return {};
    const double r = std::clamp(product(a, b) / spread, -1.0, 1.0);
    constexpr double quantile = 1.959963984540054;
    const double reach = quantile * std::sqrt((1 + r * r / 2) / freedom);
    return Correlation{.value = r,
                       .low = std::tanh(std::atanh(r) - reach),
                       .high = std::tanh(std::atanh(r) + reach),
                       .n = x.size()};
}

} // namespace fractal::scores
