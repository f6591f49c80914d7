// Trials that begin from a file of weights: which they are, what is refused, and when they go on.
#include "check.hpp"

#include <limits>

#include "store/reader.hpp"
#include "unit/blank_weights.hpp"
#include "unit/driver_fixture.hpp"

using namespace fractal;
using namespace fractal::driver::testing;
using fractal::testing::write_blank_weights;

namespace {

const std::string one = "net/3x32x32-d1-c1-w16-gap10-conv3";
const std::string two = "net/3x32x32-d1-c2-w16-gap10-conv3";

std::vector<std::string> training(const std::string& variant, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"train", variant, "--epochs", "2", "--run", "run"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}
std::vector<std::string> from(const std::string& file) { return {"--init-weights", file}; }

std::vector<store::Trial> trials_of(const Folder& folder) {
    return store::Reader(folder.path() / "run").trials();
}

/// Weights of `two`, all zero but the last.
void write_weights(const fs::path& file, float last,
                   const std::map<std::string, std::string>& metadata = {}) {
    write_blank_weights(file, spec_of<Small<1, 2, Bare>>, metadata);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(-static_cast<std::streamoff>(sizeof last), std::ios::end);
    stream.write(reinterpret_cast<const char*>(&last), sizeof last);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("what a trial begins from is part of which trial it is: the numbers, not the file") {
    const Folder folder;
    write_weights(folder.path() / "w", 1);
    REQUIRE(run_driver(folder.path(), training(two)).status == 0);
    REQUIRE(run_driver(folder.path(), training(two, from("w"))).status == 0);
    const auto trials = trials_of(folder);
    REQUIRE(trials.size() == 2);
    CHECK(trials[0].recipe.init_weights == 0);
    CHECK(trials[1].recipe.init_weights > 0);
    CHECK(trials[1].conditions.init_weights_file == (fs::canonical(folder.path()) / "w").string());
    CHECK(contains(trials[1].recipe_label, " init-weights="));
    CHECK(trials[0].outcome.test_accuracy != trials[1].outcome.test_accuracy);

    write_weights(folder.path() / "same", 1, {{"by", "somebody else"}});
    CHECK(contains(run_driver(folder.path(), training(two, from("same"))).err, "0 of 1 trials"));
    write_weights(folder.path() / "other", 2);
    CHECK(contains(run_driver(folder.path(), training(two, from("other"))).err, "1 of 1 trials"));
    CHECK(trials_of(folder).size() == 3);
}

TEST_CASE("weights that do not fit, or are not finite, are refused before anything is made") {
    const Folder folder;
    write_weights(folder.path() / "w", 1);
    write_weights(folder.path() / "nan", std::numeric_limits<float>::quiet_NaN());
    const auto refused = [&](const std::vector<std::string>& words, int status, const std::string& message) {
        const Output output = run_driver(folder.path(), words);
        CAPTURE(output.err);
        CHECK(output.status == status);
        CHECK(contains(output.err, message));
        CHECK_FALSE(fs::exists(folder.path() / "run"));
    };
    refused(training(one, from("w")), 65, "tensor 'unit0.step2.column0.layer0.weight' does not belong to it");
    refused(training("*-d1-c[12]-*", from("w")), 65, "w' does not fit " + one);
    refused(training(two, from("nan")), 65,
            "nan': number 10 of tensor 'head.bias' is infinite or no number: expected the finite weights");
    refused(training(two, from("absent")), 74, "absent'; is it there, and a file?");
    // A head of another class count has another shape.
    std::ofstream(folder.path() / "pets.safetensors") << "32 4 0\n";
    refused(training(two, {"--init-weights", "w", "--data", "pets.safetensors"}), 65,
            "tensor 'head.weight' has shape [10, 16], expected [4, 16]");
}

TEST_CASE("a trial with a state goes on without the file that it began from, one without does not") {
    const Folder folder;
    write_weights(folder.path() / "w", 1);
    REQUIRE(run_driver(folder.path(), training(two, from("w"))).status == 0);
    const auto expected = trials_of(folder);
    fs::rename(folder.path() / "run", folder.path() / "whole");

    REQUIRE(run_driver(folder.path(), training(two, {"--init-weights", "w", "--time-limit", "0.000001s"}))
                .status == 0);
    write_weights(folder.path() / "w", 2);
    const Output changed = run_driver(folder.path(), {"train", "--resume", "run"});
    CHECK(changed.status == 65);
    CHECK(contains(changed.err, "trial 1 was to begin from the weights in "));
    fs::remove(folder.path() / "w");
    CHECK(run_driver(folder.path(), {"train", "--resume", "run"}).status == 74);
    write_weights(folder.path() / "w", 1);
    REQUIRE(
        run_driver(folder.path(), {"train", "--resume", "run", "--trial-time-limit", "0.000001s"}).status ==
        0); // after its first step
    fs::remove(folder.path() / "w");
    REQUIRE(run_driver(folder.path(), {"train", "--resume", "run", "--retry-failed"}).status == 0);
    CHECK(trials_of(folder)[0].outcome.disposition == store::Disposition::finished);
    CHECK(trials_of(folder)[0].outcome.test_accuracy == expected[0].outcome.test_accuracy);
}

TEST_CASE("a trial begins from weights that were moved, where the command names their place") {
    const Folder folder;
    write_weights(folder.path() / "w", 1);
    REQUIRE(run_driver(folder.path(), training(two, {"--init-weights", "w", "--plan-only"})).status == 0);
    fs::rename(folder.path() / "w", folder.path() / "moved");
    const Output lost = run_driver(folder.path(), {"train", "--resume", "run"});
    CHECK(lost.status == 74);
    CHECK(contains(lost.err, "which is no file: put it back, or name its place"));
    write_weights(folder.path() / "others", 2);
    const Output others = run_driver(folder.path(), {"train", "--resume", "run", "--init-weights", "others"});
    CHECK(others.status == 64);
    CHECK(contains(others.err, "no trial of run begins from these weights"));
    REQUIRE(run_driver(folder.path(), {"train", "--resume", "run", "--init-weights", "moved"}).status == 0);
    REQUIRE(trials_of(folder).size() == 1);
    CHECK(trials_of(folder)[0].outcome.disposition == store::Disposition::finished);
}
