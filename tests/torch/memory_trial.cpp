// Trials under a budget of memory: they hold to it, and learn what they learn without.
#include <string>
#include <string_view>

#include <torch/torch.h>

#include <fractal/spec/parse.hpp>

#include "backend/tensor_memory.hpp"
#include "checkpoint_nets.hpp"
#include "planned_precisions.hpp"
#include "torch_check.hpp"
#include "train/training_pass.hpp"
#include "trial_support.hpp"

using namespace fractal;
using namespace fractal::testing;

namespace {

const ForwardTable& forwards() {
    static const ForwardTable table =
        ForwardTable::of<Layers<Conv<3>, BatchNorm, ReLU>, Layers<Conv<3>, ReLU, Dropout<20>>>();
    return table;
}

constexpr std::string_view with_norm = "net/3x32x32-d2-c3-w16-flat10-conv3.bn.relu";
constexpr std::string_view without_norm = "net/3x32x32-d2-c3-w16-gap10-conv3.relu.drop20-ud10.20";

struct Ran {
    MemoryPlan plan;
    double loss = 0;
    std::string note;
    std::int64_t peak = 0; ///< measured
};

/// Trains for one epoch of three steps.
Ran train(std::string_view name, std::int64_t budget, Checkpoint checkpoint, Amp amp = Amp::off,
          std::uint32_t test_images = 20) {
    NetworkSpec spec;
    const Variant variant = forwards().variant(name, spec);
    Workplace workplace = small_workplace(120, 0, test_images);
    workplace.memory_budget = budget;
    Recipe recipe;
    recipe.epochs = 1;
    recipe.batch = 40;
    recipe.amp = amp;
    recipe.checkpoint = checkpoint;
    Watcher watcher(Watcher::never);
    reset_peak_tensor_bytes();
    Trial trial(workplace, variant, recipe, {}, watcher);
    REQUIRE((trial.run().outcome == Outcome::finished));
    return {trial.memory(), watcher.epochs.back().train_loss,
            watcher.notes.empty() ? "" : watcher.notes.back(), peak_tensor_bytes()};
}

void check_predicted(const Ran& ran) {
    const std::int64_t tensors = ran.plan.tensor_bytes();
    CAPTURE(tensors);
    CAPTURE(ran.peak);
    CHECK(static_cast<double>(tensors) / static_cast<double>(ran.peak) == doctest::Approx(1).epsilon(0.10));
}

data::Batch random_batch(std::int64_t images) {
    torch::manual_seed(2);
    return {torch::randn({images, 3, 32, 32}, torch::kFloat64), torch::randint(10, {images}, torch::kInt64)};
}

/// Gradients of one step in float64, run in parts.
std::vector<torch::Tensor> gradients(std::int64_t part, PassResult& result) {
    NetworkSpec spec;
    const Variant variant = forwards().variant(without_norm, spec);
    FractalNet net(variant, ModuleOptions{.seed = 4});
    net->to(torch::kFloat64);
    net->set_step(6);
    result = training_pass(*net, random_batch(12), {.label_smoothing = 0.1, .part = part});
    CHECK(net->step() == 7);
    std::vector<torch::Tensor> found;
    for (const torch::Tensor& parameter : net->parameters()) found.push_back(parameter.grad());
    return found;
}

} // namespace

TEST_CASE("micro-batches give the gradients of the whole batch, also where they are not of one size") {
    PassResult whole_result;
    const std::vector<torch::Tensor> whole = gradients(0, whole_result);
    for (const std::int64_t part : {12, 6, 5, 1}) {
        CAPTURE(part);
        PassResult result;
        const std::vector<torch::Tensor> parts = gradients(part, result);
        CHECK(result.loss == doctest::Approx(whole_result.loss).epsilon(1e-12));
        CHECK(result.correct == whole_result.correct);
        REQUIRE(parts.size() == whole.size());
        for (std::size_t i = 0; i < whole.size(); ++i) {
            CAPTURE(i);
            CHECK((parts[i] - whole[i]).norm().item<double>() <= 1e-12 * whole[i].norm().item<double>());
        }
    }
}

TEST_CASE("a trial holds to its budget, and its peak is the predicted one") {
    install_tensor_memory();
    for (const Amp amp : planned_precisions()) {
        CAPTURE(static_cast<int>(amp));
        const Ran none = train(with_norm, 0, Checkpoint::none, amp);
        CHECK(none.note.empty());
        check_predicted(none);
        const Ran full = train(with_norm, 0, Checkpoint::full, amp);
        CHECK(full.plan.checkpoint.count() == 2);
        check_predicted(full);
        const std::int64_t budget = (none.plan.peak_bytes + full.plan.peak_bytes) / 2;
        const Ran planned = train(with_norm, budget, Checkpoint::automatic, amp);
        check_predicted(planned);
        CHECK(planned.peak + planned.plan.batch_bytes < budget + budget / 20);
        CHECK(planned.plan.extra_macs < full.plan.extra_macs);
        CHECK(planned.note.find("computed again") != std::string::npos);
        CHECK(planned.loss == none.loss);
        CHECK(full.loss == none.loss);
    }
}

TEST_CASE("where an evaluation takes more than a step does, the predicted peak is its") {
    install_tensor_memory();
    for (const Amp amp : planned_precisions()) {
        CAPTURE(static_cast<int>(amp));
        const Ran ran = train(with_norm, 0, Checkpoint::full, amp, 600);
        const auto predicted = static_cast<double>(ran.plan.tensor_bytes());
        CHECK(ran.plan.tensor_bytes() == ran.plan.evaluation_bytes);
        CHECK(static_cast<double>(ran.peak) < 1.05 * predicted); // as near as evaluations are foretold
        CHECK(static_cast<double>(ran.peak) > 0.6 * predicted);
    }
}

TEST_CASE("a state that is saved takes no memory beyond that of a step") {
    install_tensor_memory();
    NetworkSpec spec;
    const Variant variant = forwards().variant("net/3x32x32-d5-c2-w32-gap10-conv3.bn.relu", spec);
    Recipe recipe = small_recipe();
    recipe.epochs = 2;
    recipe.batch = 4; // few activations beside the weights
    recipe.weight_average = 0.9;
    const TemporaryFolder folder;
    const std::string weights = folder.file("weights");
    const std::string state = folder.file("state");
    const Workplace workplace = small_workplace(12, 0, 4);
    Watcher watcher(Watcher::never);
    reset_peak_tensor_bytes();
    Trial trial(workplace, variant, recipe, {weights, state}, watcher);
    REQUIRE((trial.run().outcome == Outcome::finished));
    check_predicted({.plan = trial.memory(), .loss = 0, .note = {}, .peak = peak_tensor_bytes()});
}

TEST_CASE("in micro-batches a trial holds to a budget that no plan keeps for a whole batch") {
    install_tensor_memory();
    const Ran none = train(without_norm, 0, Checkpoint::none);
    check_predicted(none);
    const Ran parts = train(without_norm, none.plan.peak_bytes / 4, Checkpoint::automatic);
    CAPTURE(parts.note);
    CHECK(parts.plan.part < 40);
    CHECK(parts.note.find("micro-batches") != std::string::npos);
    check_predicted(parts);
    CHECK(parts.loss == doctest::Approx(none.loss).epsilon(1e-5));
    CHECK_THROWS_AS(train(with_norm, none.plan.peak_bytes / 4, Checkpoint::automatic), MemoryShortage);
    CHECK_THROWS_AS(train(without_norm, none.plan.peak_bytes / 4, Checkpoint::none), MemoryShortage);
}

TEST_CASE("what is kept for the next tensor goes back where a limit leaves no room for it") {
    install_tensor_memory();
    release_tensor_memory();
    constexpr std::int64_t mib = 1 << 20;
    const auto tensor = [](std::int64_t bytes) { return torch::empty({bytes}, torch::kByte); };
    const auto is_kept = [&](std::int64_t size, std::int64_t limit_mib) {
        release_tensor_memory();
        const TensorMemoryLimit limit(tensor_bytes() + limit_mib * mib);
        tensor(size);
        const torch::Tensor other = tensor(40 * mib);
        tensor(50 * mib); // of no size that is kept
        const std::int64_t before = system_blocks();
        tensor(size);
        return system_blocks() == before;
    };
    CHECK(is_kept(64 * mib, 160));
    CHECK_FALSE(is_kept(64 * mib, 105)); // 64 + 40 fit, and 40 + 50
    CHECK(is_kept(10 * mib, 95));        // in a region with others it would not go back
}

TEST_CASE("once a few steps have run, no tensor of a step comes from the system") {
    install_tensor_memory();
    NetworkSpec spec;
    const Variant variant = forwards().variant(with_norm, spec);
    FractalNet net(variant);
    Sgd sgd(net->parameters(), Recipe{});
    const auto step = [&] {
        const torch::Tensor images = torch::randn({32, 3, 32, 32});
        const torch::Tensor labels = torch::randint(10, {32}, torch::kInt64);
        torch::Tensor loss;
        {
            const Autocast autocast(Amp::bf16, torch::kCPU);
            loss = training_loss(net->forward(images), labels, 0);
        }
        loss.backward();
        sgd.step(0.01);
        sgd.zero_gradients();
    };
    for (int i = 0; i < 3; ++i) step();
    const std::int64_t before = system_blocks();
    CHECK(before > 0);
    for (int i = 0; i < 5; ++i) step();
    CHECK(system_blocks() == before);
}
