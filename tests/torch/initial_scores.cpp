// Scores before training, worked out once more from the network's weights by other means: closed forms, plain
// operators, loops over pairs, and a difference quotient in place of gradients.
#include "scores/initial_scores.hpp"

#include <array>
#include <cmath>
#include <span>

#include "torch_check.hpp"

using namespace fractal;

namespace {

template <int Count, class... Words>
using Small =
    Network<Input<3, 32, 32>, Depth<1>, Columns<Count>, Words..., Width<4>, Head<GlobalAveragePool, 10>>;
using Linear = Small<1, Layers<Conv<3>>>;
using Two = Small<2, Layers<Conv<3>, ReLU>>;
using Normal = Small<2, Layers<Conv<3>, BatchNorm, ReLU>>;
using Dropped = Small<2, Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>, DropPath<DropPathMode::local>>;

constexpr std::int64_t count = 12;

data::Batch a_batch() {
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t{5});
    return {.images = at::randn({count, 3, 32, 32}, generator) * 2 + 1,
            .labels = at::randint(10, {count}, generator, torch::kInt64)};
}

Recipe a_recipe() {
    Recipe recipe;
    recipe.init = Init::xavier;
    recipe.seed = 3;
    return recipe;
}

template <class Net>
InitialScores scores_of(const Recipe& recipe = a_recipe(), std::span<const InitialScore> only = {}) {
    return initial_scores(variant_of<Net>, 10, recipe, a_batch(), torch::kCPU, only);
}

template <class Net>
torch::OrderedDict<std::string, torch::Tensor> weights_of_net() {
    const FractalNet net(variant_of<Net>, ModuleOptions{.init = Init::xavier, .seed = 3});
    torch::OrderedDict<std::string, torch::Tensor> weights;
    for (const auto& entry : net->named_parameters()) {
        weights.insert(entry.key(), entry.value().detach().clone().requires_grad_());
    }
    return weights;
}

/// `Two` as plain operators; the outputs of its ReLUs go to `relus`.
torch::Tensor forward_two(const torch::OrderedDict<std::string, torch::Tensor>& w,
                          const torch::Tensor& images, std::vector<torch::Tensor>* relus = nullptr) {
    const auto fire = [&](const std::string& name, const torch::Tensor& in) {
        torch::Tensor out = at::relu(at::conv2d(in, w["unit0." + name + ".layer0.weight"], {}, 1, 1));
        if (relus != nullptr) relus->push_back(out.detach());
        return out;
    };
    const torch::Tensor shallow = fire("step2.column1", images);
    const torch::Tensor deep = fire("step2.column0", fire("step1.column0", images));
    const torch::Tensor features = at::max_pool2d((deep + shallow) / 2, {2, 2}).mean({2, 3});
    return at::linear(features, w["head.weight"], w["head.bias"]);
}

} // namespace

TEST_CASE("synflow of one convolution and a linear layer is twice the flow through their absolute weights") {
    const auto w = weights_of_net<Linear>();
    // Every window of the pool has a pixel that no padding touches, which is the largest: the sum of a
    // filter.
    const torch::Tensor filters = w["unit0.step1.column0.layer0.weight"].abs().sum({1, 2, 3});
    const torch::Tensor flow = w["head.weight"].abs().matmul(filters).sum();
    CHECK(scores_of<Linear>().synflow == doctest::Approx(std::log(2 * flow.item<double>())));
}

TEST_CASE("synflow of a fractal is how its sum of logits grows with all absolute weights but the biases") {
    const auto sum_of_logits = [](double scale) {
        auto w = weights_of_net<Two>();
        torch::OrderedDict<std::string, torch::Tensor> scaled;
        for (const auto& entry : w) {
            const torch::Tensor absolute = entry.value().detach().abs().to(torch::kFloat64);
            scaled.insert(entry.key(), entry.value().dim() >= 2 ? absolute * scale : absolute);
        }
        return forward_two(scaled, torch::ones({1, 3, 32, 32}, torch::kFloat64)).sum().item<double>();
    };
    constexpr double h = 1e-4;
    const double slope = (sum_of_logits(1 + h) - sum_of_logits(1 - h)) / (2 * h);
    CHECK(scores_of<Two>().synflow == doctest::Approx(std::log(slope)).epsilon(1e-7));
}

TEST_CASE("the gradient norm and the signal at the head are those of plain operators") {
    const auto w = weights_of_net<Two>();
    const data::Batch batch = a_batch();
    const torch::Tensor logits = forward_two(w, batch.images);
    at::cross_entropy_loss(logits, batch.labels).backward();
    double norms = 0;
    for (const auto& entry : w) norms += std::sqrt(entry.value().grad().square().sum().item<double>());
    const InitialScores scores = scores_of<Two>();
    CHECK(scores.gradient_norm == doctest::Approx(norms).epsilon(1e-5));
    const auto deviation = [](const torch::Tensor& x) {
        const torch::Tensor centred = x.detach() - x.detach().mean();
        return std::sqrt(centred.square().sum().item<double>() / static_cast<double>(x.numel() - 1));
    };
    CHECK(scores.head_signal == doctest::Approx(deviation(logits) / deviation(batch.images)).epsilon(1e-5));
}

TEST_CASE("NASWOT is the log determinant of how many ReLU outputs agree, pair by pair") {
    std::vector<torch::Tensor> relus;
    forward_two(weights_of_net<Two>(), a_batch().images, &relus);
    REQUIRE(relus.size() == 3);
    torch::Tensor agreement = torch::zeros({count, count}, torch::kFloat64);
    for (const torch::Tensor& out : relus) {
        for (std::int64_t i = 0; i < count; ++i) {
            for (std::int64_t j = 0; j < count; ++j) {
                agreement[i][j] += ((out[i] > 0) == (out[j] > 0)).sum().item<double>();
            }
        }
    }
    const double expected = at::linalg_svdvals(agreement).log().sum().item<double>();
    CHECK(scores_of<Two>().naswot == doctest::Approx(expected).epsilon(1e-6));
    CHECK(std::isnan(scores_of<Linear>().naswot));
}

TEST_CASE("a score asked for alone is what it is among all, and the others are no numbers") {
    struct Column {
        InitialScore score;
        double InitialScores::*value;
    };
    constexpr std::array columns{Column{InitialScore::gradient_norm, &InitialScores::gradient_norm},
                                 Column{InitialScore::synflow, &InitialScores::synflow},
                                 Column{InitialScore::naswot, &InitialScores::naswot},
                                 Column{InitialScore::head_signal, &InitialScores::head_signal}};
    const InitialScores all = scores_of<Normal>();
    for (const Column& asked : columns) {
        const InitialScores alone = scores_of<Normal>(a_recipe(), std::span(&asked.score, 1));
        for (const Column& column : columns) {
            if (column.score == asked.score) {
                CHECK(alone.*column.value == all.*column.value);
            } else {
                CHECK(std::isnan(alone.*column.value));
            }
        }
    }
}

TEST_CASE("the signal at the head is that of a step in training, with its dropout") {
    FractalNet net(variant_of<Dropped>,
                   ModuleOptions{.init = Init::xavier, .seed = 3, .drop_path = DropPathMode::none});
    net->train();
    const data::Batch batch = a_batch();
    const double expected = (net->forward(batch.images).detach().std() / batch.images.std()).item<double>();
    CHECK(scores_of<Dropped>().head_signal == doctest::Approx(expected).epsilon(1e-4));
    CHECK(scores_of<Dropped>().head_signal != doctest::Approx(scores_of<Normal>().head_signal));
}

TEST_CASE("no path is dropped, no channel but for the signal, and the scores are functions of the seed") {
    const InitialScores plain = scores_of<Normal>();
    const InitialScores dropped = scores_of<Dropped>();
    CHECK(dropped.gradient_norm == doctest::Approx(plain.gradient_norm));
    CHECK(dropped.synflow == doctest::Approx(plain.synflow));
    CHECK(dropped.naswot == doctest::Approx(plain.naswot));
    CHECK(scores_of<Normal>().gradient_norm == plain.gradient_norm);
    Recipe other = a_recipe();
    other.seed = 4;
    CHECK(scores_of<Normal>(other).gradient_norm != plain.gradient_norm);
}
