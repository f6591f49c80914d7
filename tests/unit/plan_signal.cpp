// The variances that keep the signal, against what the formulas give for networks small enough to write down.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <string_view>

#include <fractal/plan/signal.hpp>
#include <fractal/spec/parse.hpp>

using namespace fractal;

namespace {

/// Each slot's variance times its fan-in, with the taps that a chain of convolutions feels.
struct Gains {
    explicit Gains(std::string_view name)
        : net(parse_full_name(name).net),
          variances(kept_signal(net).variances) {}

    double operator()(int slot) const {
        const double taps = detail::live_taps(3, side);
        return variances[static_cast<std::size_t>(slot)] * channels * taps * taps;
    }

    NetworkSpec net;
    std::vector<double> variances;
    double channels = 3; ///< that enter the slots asked for
    int side = 32;       ///< of their maps
};

/// The mean of k rectified normal values of other weights, as a part of the second moment of the normal.
double joined_rectified(double k) { return 0.5 / k + (1 - 1 / k) / (2 * std::numbers::pi); }

} // namespace

TEST_CASE("taps are those of the eigenvector: all on large maps, fewer at edges, one on a single pixel") {
    // A band of 3 on n values has the eigenvalue 1 + 2 cos(pi / (n + 1)).
    for (const int length : {1, 2, 4, 8, 32}) {
        CHECK(detail::live_taps(3, length) ==
              doctest::Approx(1 + 2 * std::cos(std::numbers::pi / (length + 1))).epsilon(1e-3));
    }
    CHECK(detail::live_taps(1, 32) == doctest::Approx(1));
    CHECK(detail::live_taps(5, 2) == doctest::Approx(2));
}

TEST_CASE("one column keeps the second moment by one over fan-in, twice that before a ReLU") {
    CHECK(Gains("net/3x32x32-d1-c1-w16-gap10-conv3")(0) == doctest::Approx(1));
    CHECK(Gains("net/3x32x32-d1-c1-w16-gap10-conv3.relu")(0) == doctest::Approx(2)); // arXiv 1502.01852
    CHECK(Gains("net/3x32x32-d1-c1-w16-gap10-conv3.relu.drop20")(0) == doctest::Approx(2 * 0.8));
    CHECK(Gains("net/3x32x32-d1-c1-w16-gap10-relu.conv3")(1) == doctest::Approx(2));
    CHECK(Gains("net/3x32x32-d1-c1-w16-gap10-drop20.conv3")(1) == doctest::Approx(0.8));
}

TEST_CASE("a join of k values is made up for in each of them") {
    // Slots of two columns: step 1 column 0, step 2 column 0, step 2 column 1.
    const Gains linear("net/3x32x32-d1-c2-w3-gap10-conv3");
    CHECK(linear(0) == doctest::Approx(1));
    CHECK(linear(1) == doctest::Approx(2));
    CHECK(linear(2) == doctest::Approx(2));
    const Gains rectified("net/3x32x32-d1-c2-w3-gap10-conv3.relu");
    CHECK(rectified(0) == doctest::Approx(1 / joined_rectified(1)));
    CHECK(rectified(2) == doctest::Approx(1 / joined_rectified(2)));
    CHECK(rectified(4) == doctest::Approx(1 / joined_rectified(2)));
}

TEST_CASE("a normalisation sets the scale, and what follows it is known") {
    CHECK(Gains("net/3x32x32-d1-c3-w3-gap10-conv3.bn.relu")(0) == doctest::Approx(1));
    // The second firing of column 0 reads rectified normal values.
    CHECK(Gains("net/3x32x32-d1-c2-w3-gap10-conv3.bn.relu")(3) == doctest::Approx(1 / 0.5));
    const Gains before("net/3x32x32-d1-c2-w3-gap10-bn.conv3");
    CHECK(before(1) == doctest::Approx(1));
    CHECK(before(3) == doctest::Approx(2));
}

TEST_CASE("the head reads what the last pool leaves, and layers without weights have no variance") {
    const Gains gains("net/3x32x32-d1-c1-w16-flat10-conv3.relu");
    CHECK(gains.variances[1] == 0);
    const double head = gains.variances.back() * 16 * 16 * 16;
    CHECK(head < 1); // the largest of four is larger than any
    CHECK(head > 0.4);
}
