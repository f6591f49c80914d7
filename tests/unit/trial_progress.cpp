// How far a trial is, as text and back.
#include "check.hpp"

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "train/trial_progress.hpp"

using namespace fractal;

namespace {

TrialProgress a_progress() {
    TrialProgress progress{
        .epoch = 2, .step = 3, .loss_sum = 0.1 + 0.2, .correct = 7, .images = 60, .epochs = {}};
    for (const int epoch : {1, 2}) {
        progress.epochs.push_back({.epoch = epoch,
                                   .lr = 1e-3 / 3,
                                   .validation_loss = std::numeric_limits<double>::quiet_NaN(),
                                   .macs = 1e9 / 7});
    }
    return progress;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    return text.replace(text.find(from), from.size(), to);
}

} // namespace

TEST_CASE("progress comes back to the bit, NaN as NaN") {
    const TrialProgress progress = a_progress();
    const TrialProgress read = parse_progress(progress_text(progress));
    CHECK(read.loss_sum == progress.loss_sum);
    CHECK(read.step == 3);
    REQUIRE(read.epochs.size() == 2);
    CHECK(read.epochs[1].lr == progress.epochs[1].lr);
    CHECK(read.epochs[1].macs == progress.epochs[1].macs);
    CHECK(std::isnan(read.epochs[1].validation_loss));
    CHECK(progress_text(read) == progress_text(progress));
}

TEST_CASE("counts that no trial can have come to are refused") {
    const std::string text = progress_text(a_progress());
    const auto refused = [](const std::string& wrong, const char* reason) {
        CAPTURE(wrong);
        CHECK_THROWS_WITH_AS(parse_progress(wrong), doctest::Contains(reason), DataError);
    };
    refused(with(text, R"("step":3)", R"("step":-1)"), "step is -1: expected a whole number, at least 0");
    refused(with(text, R"("step":3)", R"("step":1e300)"), "step is 1e+300");
    refused(with(text, R"("step":3)", R"("stop":3)"), "stop");
    refused(with(text, R"({"epoch":2)", R"({"epoch":3)"),
            "3 epochs are said to be finished, and 2 are told of");
    refused(with(text, R"([{"epoch":1)", R"([{"epoch":2)"), "epoch 2 stands in place 1");
    refused(with(text, R"("correct":7)", R"("correct":61)"), "61 of 60 images");
    refused("", "expected a JSON object");
    refused("[]", "expected a JSON object");
    refused(R"({"epochs":{}})", "expected a JSON object");
}
