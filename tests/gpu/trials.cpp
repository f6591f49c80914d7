// Whole trials on a GPU: by recorded steps they are what they are without.
#include <filesystem>
#include <string>

#include <unistd.h>

#include "data/shapes.hpp"
#include "gpu_support.hpp"
#include "train/trial.hpp"
#include "trial_support.hpp"

using namespace fractal;
using namespace fractal::testing;

namespace {

using Net = Network<Input<3, 32, 32>, Depth<2>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU>, Width<4>,
                    Head<GlobalAveragePool, 10>>;

using Dropping =
    Network<Input<3, 32, 32>, Depth<2>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>, Width<4>,
            Head<GlobalAveragePool, 10>, DropPath<DropPathMode::global>>;

template <class Net>
std::vector<torch::Tensor> trained(bool cuda_graphs, Amp amp) {
    Workplace workplace = small_workplace();
    workplace.device = torch::Device(torch::kCUDA, 0);
    workplace.cuda_graphs = cuda_graphs;
    Recipe recipe = small_recipe();
    recipe.schedule =
        Schedule::step; // rates that change, and are exact in fp32, in which a record reads them
    recipe.lr = 0.125;
    recipe.step_epochs = 1;
    recipe.step_factor = 0.5;
    recipe.amp = amp;
    const TemporaryFolder folder;
    Watcher watcher(Watcher::never);
    Trial trial(workplace, variant_of<Net>, recipe, {folder.file("weights.safetensors"), {}}, watcher);
    CHECK((trial.run().outcome == Outcome::finished));
    CHECK(trial.replays() == cuda_graphs);
    std::vector<torch::Tensor> weights;
    for (const auto& [name, tensor] : read_tensors(folder.file("weights.safetensors")).tensors) {
        weights.push_back(tensor.to(torch::kFloat64));
    }
    return weights;
}

} // namespace

TEST_CASE("gpu.failure: a loss that is not finite ends the trial with the step and the loss scale") {
    for (const bool cuda_graphs : {false, true}) {
        Workplace workplace = small_workplace();
        workplace.device = torch::Device(torch::kCUDA, 0);
        workplace.cuda_graphs = cuda_graphs;
        Recipe recipe = small_recipe();
        recipe.amp = Amp::fp16;
        recipe.clip_norm = 0;
        recipe.lr = 1e30;
        Watcher watcher(Watcher::never);
        Trial trial(workplace, variant_of<Net>, recipe, {}, watcher);
        CHECK_THROWS_WITH_AS(trial.run(), doctest::Contains("at loss scale"), TrialFailure);
    }
}

TEST_CASE("gpu.graph: thirty recorded steps end in the weights of thirty steps") {
    for (const Amp amp : {Amp::off, Amp::fp16, Amp::bf16}) {
        CAPTURE(static_cast<int>(amp));
        CHECK(distance(trained<Net>(true, amp), trained<Net>(false, amp)) <= 1e-6);
        CHECK(distance(trained<Dropping>(true, amp), trained<Dropping>(false, amp)) <= 1e-6);
    }
}
