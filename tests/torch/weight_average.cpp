// The moving average of weights, and trials that end with it.
#include <filesystem>

#include <torch/torch.h>

#include "base/error.hpp"
#include "torch_check.hpp"
#include "train/weight_average.hpp"
#include "trial_support.hpp"

using namespace fractal;
using namespace fractal::testing;

namespace {

using Net = Network<Input<3, 32, 32>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm, ReLU>, Width<4>,
                    Head<GlobalAveragePool, 10>>;

Recipe averaging_recipe() {
    Recipe recipe = small_recipe();
    recipe.weight_average = 0.9;
    return recipe;
}

} // namespace

TEST_CASE("the average follows its formula over parameters and buffers, and takes their place for a while") {
    FractalNet net(variant_of<Net>);
    const torch::Tensor weight = net->parameters()[0];
    const torch::Tensor buffer = net->buffers()[0];
    WeightAverage average(*net, 0.3);
    double expected = 0; // of an element that has been 0, 1, 2, …
    const torch::NoGradGuard no_grad;
    average.restore(0, torch::zeros_like(weight));
    average.restore(net->parameters().size(), torch::zeros_like(buffer));
    for (int step = 0; step < 5; ++step) {
        weight.fill_(step + 1);
        buffer.fill_(step + 1);
        average.update(step);
        const double factor = std::min(0.3, (1.0 + step) / (10 + step));
        expected = factor * expected + (1 - factor) * (step + 1);
    }
    {
        const WeightAverage::InPlace placed(&average);
        CHECK(net->parameters()[0].flatten()[0].item<double>() == doctest::Approx(expected));
        CHECK(net->buffers()[0][0].item<double>() == doctest::Approx(expected));
    }
    CHECK(net->parameters()[0].flatten()[0].item<double>() == 5);
    CHECK(net->buffers()[0][0].item<double>() == 5);
}

TEST_CASE("a trial that averages trains the same weights, and keeps the average") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    std::vector<double> losses;
    std::vector<TensorFile> kept;
    for (const double factor : {0.0, 0.9}) {
        Recipe recipe = small_recipe();
        recipe.weight_average = factor;
        const std::string file = folder.file("weights.safetensors");
        Watcher watcher(Watcher::never);
        Trial(workplace, variant_of<Net>, recipe, {file, {}}, watcher).run();
        losses.push_back(watcher.epochs.back().train_loss);
        kept.push_back(read_tensors(file));
    }
    CHECK(losses[0] == losses[1]);
    CHECK_FALSE(kept[0].tensors[0].second.equal(kept[1].tensors[0].second));
}

TEST_CASE("a stopped trial goes on with its average, bit for bit, and refuses a state that has none") {
    const Workplace workplace = small_workplace();
    const TemporaryFolder folder;
    const auto train = [&](const char* weights, const char* state, int steps, const Recipe& recipe) {
        const std::string weights_file = folder.file(weights);
        const std::string state_file = folder.file(state);
        Watcher watcher(steps);
        Trial(workplace, variant_of<Net>, recipe, {weights_file, state_file}, watcher).run();
    };
    train("whole", "whole.state", Watcher::never, averaging_recipe());
    train("parts", "parts.state", 13, averaging_recipe());
    train("parts", "parts.state", Watcher::never, averaging_recipe());
    const TensorFile whole = read_tensors(folder.file("whole"));
    const TensorFile parts = read_tensors(folder.file("parts"));
    for (std::size_t i = 0; i < whole.tensors.size(); ++i)
        CHECK(whole.tensors[i].second.equal(parts.tensors[i].second));

    train("lacking", "lacking.state", 13, averaging_recipe());
    TensorFile state = read_tensors(folder.file("lacking.state"));
    REQUIRE(std::erase_if(state.tensors, [](const auto& entry) { return entry.first == "average/1"; }) == 1);
    write_tensors(folder.file("lacking.state"), state);
    CHECK_THROWS_AS(train("lacking", "lacking.state", Watcher::never, averaging_recipe()), DataError);
}
