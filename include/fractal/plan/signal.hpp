// How large the values of a network are before it has learned anything, and the variances of its weights
// that keep them so.
//
// A convolution whose weights are independent, of mean 0 and variance v, makes of values with the second
// moment q values of mean 0 and second moment v * fan_in * q (He et al., arXiv 1502.01852). What follows it
// changes that in known ways: ReLU halves it, dropout by p divides it by 1 - p, and the mean of k values with
// mean m leaves q / k + (1 - 1 / k) m^2, as values of other weights agree in their means alone. Where nothing
// normalises, these factors multiply along 2^(columns - 1) firings a unit: with the usual rules of
// initialisation the signal of a deep fractal is lost at once.
//
// All of this is over draws of the weights. In one draw a layer of few channels strays, and where nothing
// normalises what has strayed adds up along the path: what is drawn is then brought back to these levels
// (backend/signal_levels.hpp).
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include <fractal/plan/slots.hpp>

namespace fractal {

/// What the weights of each convolution and of the head are drawn with, by slot; 0 for slots without such
/// weights, and for layers of the user's own.
struct SignalPlan {
    std::vector<double> variances; ///< of the weights
    std::vector<double> powers;    ///< the second moment of what they make
};

namespace detail {

/// What is known of a value's elements, over images and over all draws of the weights, in training.
struct Moments {
    double mean = 0;
    double power = 1; ///< the second moment; that of a normalised image is 1
    bool nonnegative = false;
    Shape shape{};
};

/// Positions of a `kernel` wide window that lie on a row of `length` values, as a chain of convolutions feels
/// them: the largest eigenvalue of the matrix that sums each value's neighbours, since powers take on the
/// shape of its eigenvector. It is 3 - 2e-2 for 3 on 32 and 2 for 3 on 2.
inline double live_taps(int kernel, int length) {
    const int reach = kernel / 2;
    std::vector<double> profile(static_cast<std::size_t>(length), 1.0);
    double growth = 1;
    for (int iteration = 0; iteration < 64; ++iteration) {
        std::vector<double> next(profile.size(), 0.0);
        for (int to = 0; to < length; ++to) {
            for (int from = std::max(0, to - reach); from <= std::min(length - 1, to + reach); ++from)
                next[static_cast<std::size_t>(to)] += profile[static_cast<std::size_t>(from)];
        }
        const double square = std::inner_product(profile.begin(), profile.end(), profile.begin(), 0.0);
        growth = std::inner_product(next.begin(), next.end(), profile.begin(), 0.0) / square;
        for (double& value : next) value /= growth;
        profile = std::move(next);
    }
    return growth;
}

/// Follows the moments from the image to the head and picks the variance of each convolution's weights so
/// that what is read next, by a convolution or after a join, has the second moment 1.
class SignalReading {
public:
    using Value = Moments;

    explicit SignalReading(const NetworkSpec& net)
        : plan{.variances = std::vector<double>(static_cast<std::size_t>(SlotMap{net}.count())),
               .powers = std::vector<double>(static_cast<std::size_t>(SlotMap{net}.count()))},
          net_(net) {}

    template <int Columns, class Body>
    auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    Value fire(const Site& site, Value value) {
        for (int i = 0; i < net_.order.count; ++i) {
            const LayerSpec& layer = net_.order[i];
            if (layer.kind == LayerKind::convolution) {
                value = convolved(slots_.firing(site.unit, site.firing) + i, layer, value, site.unit,
                                  left_of_one(site, i));
            } else {
                value = passed(layer, value, site.unit);
            }
        }
        return value;
    }
    Value join(int, int, std::span<const Value> values) {
        const auto count = static_cast<double>(values.size());
        Value joined{.mean = 0, .power = 0, .nonnegative = true, .shape = values[0].shape};
        double squares = 0;
        for (const Value& value : values) {
            joined.mean += value.mean / count;
            joined.power += value.power / (count * count);
            squares += value.mean * value.mean / (count * count);
            joined.nonnegative = joined.nonnegative && value.nonnegative;
        }
        joined.power += joined.mean * joined.mean - squares;
        return joined;
    }
    Value transition(int unit, const Value& value) {
        return convolved(slots_.transition(unit), layer_spec<Conv<1>>, value, unit, 1.0);
    }
    /// The largest of four normal values that share `correlation` of their variance, whose distances are
    /// those of four independent ones.
    Value pool(int, const Value& value) {
        constexpr double correlation =
            0.6; // windows of 3x3 around neighbours have six of nine taps in common
        constexpr double mean_of_four = 1.0294;
        constexpr double variance_of_four = 0.4917;
        const double variance = std::max(0.0, value.power - value.mean * value.mean);
        Value out = value;
        out.shape = pooled(value.shape);
        out.mean += mean_of_four * std::sqrt((1 - correlation) * variance);
        out.power = out.mean * out.mean + variance * (correlation + (1 - correlation) * variance_of_four);
        return out;
    }
    Value unit_dropout(int unit, Value value) {
        value.power /= 1 - net_.dropout_after(unit) / 100.0;
        return value;
    }
    Value head(const Value& value) {
        const std::int64_t features =
            net_.head == HeadKind::flatten ? value.shape.elements() : value.shape.channels;
        plan.powers.back() = 1;
        plan.variances.back() = 1 / (static_cast<double>(features) * value.power);
        return value;
    }

    SignalPlan plan;

private:
    /// A convolution whose values have the second moment 1 / `left`.
    Value convolved(int slot, const LayerSpec& layer, const Value& in, int unit, double left) {
        const double fan_in = in.shape.channels * live_taps(layer.argument, in.shape.height) *
                              live_taps(layer.argument, in.shape.width);
        plan.variances[static_cast<std::size_t>(slot)] = 1 / (fan_in * in.power * left);
        plan.powers[static_cast<std::size_t>(slot)] = 1 / left;
        return {.power = 1 / left, .shape = layer.output(in.shape, net_.width(unit))};
    }
    /// A user's own layer is taken for one that keeps the moments.
    Value passed(const LayerSpec& layer, Value value, int unit) const {
        value.shape = layer.output(value.shape, net_.width(unit));
        switch (layer.kind) {
            case LayerKind::batch_norm:
                return {.shape = value.shape};
            case LayerKind::relu:
                return rectified(value);
            case LayerKind::dropout:
                value.power /= 1 - layer.argument / 100.0;
                return value;
            case LayerKind::custom:
                value.nonnegative = false;
                return value;
            case LayerKind::convolution:
                break;
        }
        return value;
    }
    static Value rectified(Value value) {
        if (value.nonnegative) return value;
        value.nonnegative = true;
        const double deviation = std::sqrt(std::max(0.0, value.power - value.mean * value.mean));
        if (deviation == 0) return value;
        const double z = value.mean / deviation;
        const double part = std::erfc(-z / std::numbers::sqrt2) / 2;
        const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
        value.power = value.power * part + value.mean * deviation * density;
        value.mean = value.mean * part + deviation * density;
        return value;
    }
    /// What of a second moment of 1 behind the convolution at place `at` is left where it is next read: by
    /// the next convolution, or behind the join that the firing goes into. A normalisation undoes any scale.
    double left_of_one(const Site& site, int at) {
        Value value{.shape = {1, 1, 1}};
        for (int i = at + 1; i < net_.order.count; ++i) {
            const LayerSpec& layer = net_.order[i];
            if (layer.kind == LayerKind::batch_norm) return 1;
            if (layer.kind == LayerKind::convolution) return value.power;
            value = passed(layer, value, site.unit);
        }
        const int fired = std::min(
            net_.columns, std::countr_zero(static_cast<unsigned>(site.step)) + 1); // semantics: Columns
        return join(site.unit, site.step, std::vector(static_cast<std::size_t>(fired), value)).power;
    }

    const NetworkSpec& net_;
    SlotMap slots_{net_};
};

} // namespace detail

/// The plan with which all values of a network keep the second moment that a normalised image has.
inline SignalPlan kept_signal(const NetworkSpec& net) {
    detail::SignalReading reading(net);
    walk(reading, net, detail::Moments{.shape = net.input});
    return std::move(reading.plan);
}

} // namespace fractal
