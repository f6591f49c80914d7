// Infinities, what is no number and losses beyond reason, let into data, weights and loss: the trial fails
// with its step, and neither a state, nor a figure, nor a file of weights holds any.
#include <filesystem>
#include <limits>

#include <torch/torch.h>

#include <fractal/torch/custom_layer.hpp>

#include "base/error.hpp"
#include "torch_check.hpp"
#include "trial_support.hpp"

using namespace fractal;
using namespace fractal::testing;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Lets its input through until its time has come.
struct Trap {
    static constexpr std::string_view name = "trap";
    static constexpr std::string_view type = "Trap";
};
int calls_left = -1;            ///< training passes until it spoils one; never if negative
bool spoils_evaluation = false; ///< whether it spoils those
float factor = infinity;        ///< by which
const CustomLayer registered(layer_spec<Trap>, [](const torch::Tensor& x, const SlotWeights&, bool training) {
    return (training ? calls_left-- == 0 : spoils_evaluation) ? x * factor : x;
});

template <class... Order>
using Net =
    Network<Input<3, 32, 32>, Depth<1>, Columns<1>, Layers<Order...>, Width<4>, Head<GlobalAveragePool, 10>>;
using Plain = Net<Conv<3>, ReLU>;
using Trapped = Net<Conv<3>, ReLU, Trap>;

/// Ten steps an epoch; the loss of a step that spoils the weights is finite still.
Recipe plain_recipe(double lr = 0.01) {
    Recipe recipe = small_recipe();
    recipe.optimizer = Optimizer::sgd;
    recipe.schedule = Schedule::constant;
    recipe.clip_norm = 0;
    recipe.lr = lr;
    return recipe;
}

/// Trains, and expects a failure that tells `what`.
template <class Net>
void fails(const Workplace& workplace, const Recipe& recipe, const TrialFiles& files, Watcher& watcher,
           const char* what) {
    Trial trial(workplace, variant_of<Net>, recipe, files, watcher);
    CHECK_THROWS_WITH_AS(trial.run(), doctest::Contains(what), TrialFailure);
}

} // namespace

TEST_CASE("in the data: the first step fails") {
    Workplace workplace = small_workplace();
    workplace.data.normalisation.deviation[1] = 0;
    Watcher watcher(Watcher::never);
    fails<Plain>(workplace, plain_recipe(), {}, watcher, "in epoch 1, step 1, at learning rate");
}

TEST_CASE("in the loss: the step fails in which it appears, and the last state stands") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const std::string state = folder.file("state");
    const std::string weights = folder.file("weights");
    calls_left = 12;
    Watcher watcher(Watcher::never);
    fails<Trapped>(workplace, plain_recipe(), {weights, state}, watcher, "in epoch 2, step 3,");
    CHECK(watcher.epochs.size() == 1);
    CHECK_FALSE(std::filesystem::exists(weights));
    calls_left = -1;
    Watcher resumed(Watcher::never);
    CHECK(Trial(workplace, variant_of<Trapped>, plain_recipe(), {weights, state}, resumed).run().outcome ==
          Outcome::finished);
    CHECK(resumed.notes.front() == "goes on after epoch 1, step 0");
}

TEST_CASE("finite and beyond reason: the epoch fails") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const std::string state = folder.file("state");
    factor = 1e12F;
    calls_left = 9; // the epoch's last step: no later one tells
    Watcher watcher(Watcher::never);
    fails<Trapped>(workplace, plain_recipe(), {{}, state}, watcher,
                   "where a guess has 2.3, in epoch 1, step 10, at learning rate");
    CHECK(watcher.epochs.empty());
    CHECK_FALSE(std::filesystem::exists(state));
    calls_left = -1;
    factor = infinity;
}

TEST_CASE("in the weights: nothing is saved of them, at a stop, at an epoch's end or at the last") {
    const TemporaryFolder folder;
    const std::string state = folder.file("state");
    const std::string weights = folder.file("weights");
    const double beyond_float = 1e300;
    Watcher stopped(1);
    fails<Plain>(small_workplace(), plain_recipe(beyond_float), {weights, state}, stopped,
                 "weight unit0.step1.column0.layer0.weight became infinite or no number in epoch 1, step 1,");
    Recipe recipe = plain_recipe(beyond_float);
    recipe.epochs = 1;
    Watcher watcher(Watcher::never);
    fails<Plain>(small_workplace(20, 20, 20), recipe, {weights, state}, watcher, "in epoch 1, step 1,");
    CHECK(watcher.epochs.empty());
    CHECK_FALSE(std::filesystem::exists(state));
    CHECK_FALSE(std::filesystem::exists(weights));
}

TEST_CASE("in evaluation: no epoch is told of, and no weights are kept") {
    const TemporaryFolder folder;
    const std::string weights = folder.file("weights");
    spoils_evaluation = true;
    Watcher watcher(Watcher::never);
    fails<Trapped>(small_workplace(), plain_recipe(), {weights, {}}, watcher,
                   "the loss on images held out became");
    CHECK(watcher.epochs.empty());
    Watcher judged_by_test(Watcher::never);
    fails<Trapped>(small_workplace(200, 0, 20), plain_recipe(), {weights, {}}, judged_by_test,
                   "the loss on the test set became");
    spoils_evaluation = false;
    CHECK_FALSE(std::filesystem::exists(weights));
}

TEST_CASE("in a saved state: it is refused with the tensor, and left as it is") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const std::string state = folder.file("state");
    {
        Watcher watcher(3);
        Trial(workplace, variant_of<Plain>, plain_recipe(), {{}, state}, watcher).run();
    }
    TensorFile content = read_tensors(state);
    content.tensors.front().second.view(-1)[2] = infinity;
    write_tensors(state, content);
    Watcher watcher(1);
    CHECK_THROWS_WITH_AS(Trial(workplace, variant_of<Plain>, plain_recipe(), {{}, state}, watcher),
                         doctest::Contains("holds an infinity or no number in 'unit0."), DataError);
    CHECK(read_tensors(state).tensors.front().second.isinf().any().item<bool>());
}
