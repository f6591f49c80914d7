// A trial that was stopped goes on as if it had not been: the same weights and the same figures, bit for bit.
#include <filesystem>
#include <fstream>

#include <torch/torch.h>

#include "base/error.hpp"
#include "torch_check.hpp"
#include "trial_support.hpp"

using namespace fractal;
using namespace fractal::testing;

namespace {

using Net = Network<Input<3, 32, 32>, Depth<2>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>,
                    Width<4>, Head<GlobalAveragePool, 10>>;

/// With drop-path, whose draws must be gone on with too.
Recipe dropping_recipe() {
    Recipe recipe = small_recipe();
    recipe.drop_path = DropPathChoice::mixed;
    return recipe;
}

/// Trains to the end, stopped after each of the given numbers of steps; returns the epochs that were told
/// last.
std::vector<EpochReport> train(const Workplace& workplace, const TrialFiles& files,
                               const std::vector<int>& stops) {
    for (const int steps : stops) {
        Watcher watcher(steps);
        CHECK((Trial(workplace, variant_of<Net>, dropping_recipe(), files, watcher).run().outcome ==
               Outcome::interrupted));
    }
    Watcher watcher(Watcher::never);
    CHECK((Trial(workplace, variant_of<Net>, dropping_recipe(), files, watcher).run().outcome ==
           Outcome::finished));
    return watcher.epochs;
}

} // namespace

TEST_CASE("stopped within and between epochs, a trial ends with equal bits") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const std::string whole = folder.file("whole.safetensors");
    const auto expected = train(workplace, {whole, {}}, {});
    const TensorFile weights = read_tensors(whole);

    for (const std::vector<int>& stops : {std::vector<int>{1}, {9}, {10}, {30}, {13, 4, 11}}) {
        const std::string resumed = folder.file("resumed.safetensors");
        const std::string state = folder.file("state.safetensors");
        const auto epochs = train(workplace, {resumed, state}, stops);
        CHECK(std::filesystem::remove(state));
        const TensorFile ours = read_tensors(resumed);
        REQUIRE(ours.tensors.size() == weights.tensors.size());
        for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
            CAPTURE(weights.tensors[i].first);
            CHECK(ours.tensors[i].second.equal(weights.tensors[i].second));
        }
        REQUIRE(epochs.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(epochs[i].train_loss == expected[i].train_loss);
            CHECK(epochs[i].validation_loss == expected[i].validation_loss);
            CHECK(epochs[i].validation_accuracy == expected[i].validation_accuracy);
        }
    }
}

TEST_CASE("a trial begins from weights, and from its state alone once it has one") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const std::string first = folder.file("first.safetensors");
    train(workplace, {first, {}}, {});

    // Without a step, what it ends with is what it began from.
    const std::string begun = folder.file("begun.safetensors");
    const TrialFiles files{{}, begun, first};
    {
        Watcher watcher(1);
        Recipe still = dropping_recipe();
        still.lr = still.muon_lr = 1e-30;
        still.weight_decay = 0;
        Trial(workplace, variant_of<Net>, still, files, watcher).run();
        CHECK(watcher.notes.front() == "begins from the weights of " + first);
    }
    const TensorFile given = read_tensors(first);
    const TensorFile state = read_tensors(begun);
    for (const auto& [name, tensor] : given.tensors) {
        if (name.find("running") != std::string::npos) continue; // of the step that there was
        CAPTURE(name);
        REQUIRE(state.find(name) != nullptr);
        CHECK(state.find(name)->equal(tensor));
    }
    std::filesystem::remove(begun);

    const std::string whole = folder.file("whole.safetensors");
    Watcher calm(Watcher::never);
    Trial(workplace, variant_of<Net>, dropping_recipe(), {whole, {}, first}, calm).run();
    Watcher stopped(7);
    Trial(workplace, variant_of<Net>, dropping_recipe(), files, stopped).run();
    std::filesystem::remove(first);
    const std::string resumed = folder.file("resumed.safetensors");
    Watcher watcher(Watcher::never);
    Trial(workplace, variant_of<Net>, dropping_recipe(), {resumed, begun, first}, watcher).run();
    const TensorFile ours = read_tensors(resumed);
    for (const auto& [name, tensor] : read_tensors(whole).tensors) {
        CAPTURE(name);
        CHECK(ours.find(name)->equal(tensor));
    }
}

TEST_CASE(
    "the state of a trial without a step left has the weights beside it, or holds them where none are kept") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const std::string weights = folder.file("weights.safetensors");
    const std::string state = folder.file("state.safetensors");
    const auto run = [&](const TrialFiles& files, int steps) {
        Watcher watcher(steps);
        return Trial(workplace, variant_of<Net>, dropping_recipe(), files, watcher).run();
    };
    const double expected = run({}, Watcher::never).test_loss;

    REQUIRE(run({weights, state}, 30).outcome == Outcome::interrupted);
    CHECK(read_tensors(state).tensors.empty());
    CHECK(run({weights, state}, Watcher::never).test_loss == expected);
    CHECK_THROWS_WITH_AS(run({{}, state}, Watcher::never), doctest::Contains("--no-weights asks for none"),
                         DataError);
    TensorFile other = read_tensors(weights);
    other.tensors.front().second.add_(1);
    write_tensors(weights, other);
    CHECK_THROWS_WITH_AS(run({weights, state}, Watcher::never), doctest::Contains("has the checksum"),
                         DataError);
    std::filesystem::remove(weights);
    CHECK_THROWS_WITH_AS(run({weights, state}, Watcher::never), doctest::Contains("which is not there"),
                         DataError);
    CHECK(std::filesystem::exists(state));

    std::filesystem::remove(state);
    REQUIRE(run({{}, state}, 30).outcome == Outcome::interrupted);
    CHECK_FALSE(read_tensors(state).tensors.empty());
    CHECK(run({{}, state}, Watcher::never).test_loss == expected);
}

TEST_CASE("a state of another recipe, or a damaged one, is refused and left as it is") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const std::string state = folder.file("state.safetensors");
    const TrialFiles files{{}, state};
    {
        Watcher watcher(3);
        Trial(workplace, variant_of<Net>, dropping_recipe(), files, watcher).run();
    }
    Recipe other = dropping_recipe();
    other.lr = 0.05;
    Watcher watcher(1);
    CHECK_THROWS_WITH_AS(Trial(workplace, variant_of<Net>, other, files, watcher),
                         doctest::Contains("another recipe"), DataError);
    using Other = Network<Input<3, 32, 32>, Depth<2>, Columns<3>, Layers<Conv<3>, BatchNorm>, Width<8>,
                          Head<GlobalAveragePool, 10>>;
    CHECK_THROWS_WITH_AS(Trial(workplace, variant_of<Other>, dropping_recipe(), files, watcher),
                         doctest::Contains("was written by a trial of '"), DataError);
    std::filesystem::resize_file(state, std::filesystem::file_size(state) - 1);
    CHECK_THROWS_WITH_AS(Trial(workplace, variant_of<Net>, dropping_recipe(), files, watcher),
                         doctest::Contains("; remove it to begin the trial anew"), DataError);
    CHECK(std::filesystem::exists(state));
}

TEST_CASE("a state further than its epoch or its trial is refused") {
    const TemporaryFolder folder;
    const std::string state = folder.file("state.safetensors");
    {
        Watcher watcher(9);
        Trial(small_workplace(), variant_of<Net>, dropping_recipe(), {{}, state}, watcher).run();
    }
    // With fewer images, 9 of its 10 steps are more than an epoch has.
    Watcher watcher(1);
    const Workplace fewer = small_workplace(160);
    CHECK_THROWS_WITH_AS(
        Trial(fewer, variant_of<Net>, dropping_recipe(), {{}, state}, watcher),
        doctest::Contains("is 9 steps on in epoch 1, of a trial of 3 epochs of 8 steps; remove it"),
        DataError);
}

TEST_CASE("a loss that is not finite ends the trial with the step") {
    const Workplace workplace = small_workplace();
    Recipe recipe = dropping_recipe();
    recipe.clip_norm = 0;
    recipe.lr = 1e30;
    Watcher watcher(Watcher::never);
    CHECK_THROWS_WITH_AS(Trial(workplace, variant_of<Net>, recipe, {}, watcher).run(),
                         doctest::Contains("epoch 1, step"), TrialFailure);
}
