// Rank correlations against figures of another program and against their definition.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "scores/correlation.hpp"

using namespace fractal::scores;

namespace {

using Values = std::vector<double>;

/// The same by the formula for one control, from three plain correlations.
double partial(const Values& x, const Values& y, const Values& z) {
    const double xy = spearman(x, y)->value;
    const double xz = spearman(x, z)->value;
    const double yz = spearman(y, z)->value;
    return (xy - xz * yz) / std::sqrt((1 - xz * xz) * (1 - yz * yz));
}

const Values x{2.1, 3.4, 1.0, 8.2, 5.5, 4.1, 9.9, 7.7, 6.0, 3.9};
const Values y{1.5, 2.0, 2.2, 7.1, 4.0, 6.3, 8.8, 5.2, 9.1, 3.3};
const Values z{3.0, 1.0, 2.0, 5.0, 9.0, 4.0, 8.0, 7.0, 10.0, 6.0};

} // namespace

TEST_CASE("equals share the mean of their places") {
    CHECK(ranks(Values{10, 20, 10, 5}) == Values{2.5, 4, 2.5, 1});
    CHECK(ranks(Values{1, 1, 1}) == Values{2, 2, 2});
    CHECK(ranks(Values{}).empty());
}

TEST_CASE("without ties it is 1 - 6 sum d^2 / (n^3 - n)") {
    const Values a = ranks(x), b = ranks(y);
    double squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
    const auto correlation = spearman(x, y);
    REQUIRE(correlation);
    CHECK(correlation->value == doctest::Approx(1 - 6 * squares / 990));
    CHECK(correlation->n == 10);
    CHECK(correlation->low ==
          doctest::Approx(std::tanh(std::atanh(correlation->value) -
                                    1.959964 * std::sqrt((1 + std::pow(correlation->value, 2) / 2) / 7))));
    CHECK(correlation->low < correlation->value);
    CHECK(correlation->high > correlation->value);
}

TEST_CASE("only the order counts, and it may be a perfect one") {
    Values powers;
    for (const double value : x) powers.push_back(std::exp(value));
    CHECK(spearman(powers, y)->value == doctest::Approx(spearman(x, y)->value));
    CHECK(spearman(powers, x)->value == doctest::Approx(1));
    Values turned;
    for (const double value : x) turned.push_back(-value);
    CHECK(spearman(turned, x)->value == doctest::Approx(-1));
    CHECK(spearman(turned, y)->value == doctest::Approx(-spearman(x, y)->value));
}

TEST_CASE("a partial correlation is that of what the controls leave") {
    const std::vector<Values> one{z};
    CHECK(spearman(x, y, one)->value == doctest::Approx(partial(x, y, z)));
    // A control twice is the control once, but for the interval.
    const std::vector<Values> twice{z, z};
    CHECK(spearman(x, y, twice)->value == doctest::Approx(partial(x, y, z)));
    CHECK(spearman(x, y, twice)->low < spearman(x, y, one)->low);
    // The recursion for two controls.
    const Values w{4, 3, 9, 1, 2, 8, 5, 7, 6, 10};
    const auto with = [&](const Values& a, const Values& b) { return partial(a, b, z); };
    const double expected = (with(x, y) - with(x, w) * with(y, w)) /
                            std::sqrt((1 - std::pow(with(x, w), 2)) * (1 - std::pow(with(y, w), 2)));
    const std::vector<Values> two{z, w};
    CHECK(spearman(x, y, two)->value == doctest::Approx(expected));
}

TEST_CASE("what does not vary, or not beyond its controls, has no correlation; nor have too few") {
    const Values constant(10, 3.0);
    CHECK_FALSE(spearman(x, constant));
    const std::vector<Values> itself{x};
    CHECK_FALSE(spearman(x, y, itself));
    const std::vector<Values> idle{constant};
    CHECK(spearman(x, y, idle)->value == doctest::Approx(spearman(x, y)->value));
    CHECK_FALSE(spearman(Values{1, 2, 3}, Values{1, 2, 3}));
    CHECK(spearman(Values{1, 2, 3, 4}, Values{1, 2, 4, 3}));
}

TEST_CASE("the interval holds the correlation in about 95 of 100 samples") {
    // Normal pairs of correlation 0.6, whose Spearman's is 6 / pi asin(0.3).
    const double truth = 6 / 3.14159265358979 * std::asin(0.3);
    std::uint64_t state = 1;
    const auto uniform = [&] {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return (static_cast<double>(state >> 11U) + .5) * 0x1p-53;
    };
    const auto normal = [&] {
        return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform());
    };
    int inside = 0;
    for (int sample = 0; sample < 1000; ++sample) {
        Values a, b;
        for (int i = 0; i < 60; ++i) {
            a.push_back(normal());
            b.push_back(.6 * a.back() + .8 * normal());
        }
        const auto correlation = spearman(a, b);
        inside += correlation->low < truth && truth < correlation->high ? 1 : 0;
    }
    CHECK(inside > 930);
    CHECK(inside < 975);
}
