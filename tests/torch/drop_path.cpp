// Drop-path in training: what is dropped does not run, in either pass, and nothing else changes.
#include <string>
#include <string_view>

#include <torch/torch.h>

#include <fractal/exec/path_macs.hpp>
#include <fractal/torch/module.hpp>

#include "torch_check.hpp"
#include "train/sgd.hpp"

using namespace fractal;

namespace {

using Order = Layers<Conv<3>, BatchNorm, ReLU>;
template <int Columns, DropPathMode Mode = DropPathMode::none>
using Net = Network<Input<3, 16, 16>, Depth<2>, fractal::Columns<Columns>, Order, Width<4>, Head<Flatten, 10>,
                    DropPath<Mode>>;
using Local = Net<4, DropPathMode::local>;

constexpr std::uint64_t seed = 3;

torch::Tensor some_images() {
    torch::manual_seed(5);
    return torch::randn({6, 3, 16, 16});
}

/// What the sampler draws for a step of a network with the seed above.
template <class Network>
Paths drawn(std::int64_t step, double probability) {
    constexpr NetworkSpec net = spec_of<Network>;
    return DropPathSampler{net.drop_path, probability, seed}.draw(step, net.depth, net.columns);
}

/// The firing that a parameter or buffer belongs to; column -1 for one of no firing.
Site site_of(const std::string& name) {
    Site site{.column = -1};
    std::sscanf(name.c_str(), "unit%d.step%d.column%d.", &site.unit, &site.step, &site.column);
    return site;
}

} // namespace

TEST_CASE("weights of dropped firings get no gradient, their statistics and weights stay") {
    FractalNet net(variant_of<Local>, ModuleOptions{.seed = seed, .drop_path_probability = 0.5});
    Recipe recipe;
    recipe.weight_decay = 0.1;
    Sgd sgd(net->parameters(), recipe);
    const torch::Tensor images = some_images();
    int dropped = 0;
    for (std::int64_t step = 0; step < 4; ++step) {
        const Paths paths = drawn<Local>(step, 0.5);
        std::map<std::string, torch::Tensor> before;
        for (const auto& entry : net->named_parameters())
            before[entry.key()] = entry.value().detach().clone();
        for (const auto& entry : net->named_buffers()) before[entry.key()] = entry.value().clone();
        net->forward(images).square().sum().backward();
        CHECK(net->macs() == macs_of(spec_of<Local>, paths));
        for (const auto& entry : net->named_parameters()) {
            const Site site = site_of(entry.key());
            CAPTURE(entry.key());
            CHECK(entry.value().grad().defined() == (site.column < 0 || paths.runs(site)));
            dropped += entry.value().grad().defined() ? 0 : 1;
        }
        sgd.step(0.1);
        sgd.zero_gradients();
        for (const auto& entry : net->named_parameters()) {
            const Site site = site_of(entry.key());
            if (site.column < 0 || paths.runs(site)) continue;
            CHECK(entry.value().equal(before[entry.key()]));
        }
        for (const auto& entry : net->named_buffers()) {
            CHECK(entry.value().equal(before[entry.key()]) != paths.runs(site_of(entry.key())));
        }
    }
    CHECK(dropped > 20);
}

TEST_CASE("evaluation uses all columns, whatever the mode") {
    FractalNet dropping(variant_of<Local>, ModuleOptions{.seed = seed});
    FractalNet plain(variant_of<Net<4>>, ModuleOptions{.seed = seed});
    dropping->eval();
    plain->eval();
    const torch::Tensor images = some_images();
    CHECK(dropping->forward(images).equal(plain->forward(images)));
    CHECK(dropping->macs() == cost_of<Local>.macs);
    plain->train();
    FractalNet refused(variant_of<Local>, ModuleOptions{.seed = seed, .drop_path = DropPathMode::none});
    CHECK(refused->forward(images).equal(plain->forward(images)));
}

TEST_CASE("a column alone is the plain chain of its firings") {
    FractalNet net(variant_of<Net<3>>, ModuleOptions{.seed = seed});
    FractalNet chain(variant_of<Net<1>>, ModuleOptions{.seed = 7});
    const torch::NoGradGuard no_grad;
    const auto copy = [&](const auto& targets, const auto& sources) {
        for (const auto& entry : targets) {
            std::string name = entry.key();
            // The shallowest of three columns fires once in a unit, at step 4.
            if (const std::size_t place = name.find("step1.column0"); place != std::string::npos) {
                name.replace(place, std::string_view("step1.column0").size(), "step4.column2");
            }
            torch::Tensor target = entry.value();
            target.copy_(sources[name]);
        }
    };
    copy(chain->named_parameters(), net->named_parameters());
    copy(chain->named_buffers(), net->named_buffers());
    const torch::Tensor images = some_images();
    net->use_column(2);
    CHECK(net->forward(images).equal(chain->forward(images)));
    CHECK(net->macs() == cost_of<Net<1>>.macs);
    net->eval();
    chain->eval();
    CHECK(net->forward(images).equal(chain->forward(images)));
    net->use_column({});
    CHECK_FALSE(net->forward(images).equal(chain->forward(images)));
    CHECK_THROWS_WITH(net->use_column(3), doctest::Contains("there is no column 3; it has columns 0 to 2"));
}

TEST_CASE("checkpointing keeps every bit of a step with dropped paths") {
    CheckpointPlan all = CheckpointPlan::units(spec_of<Local>);
    for (int unit = 0; unit < 2; ++unit) {
        // Sub-fractals in marked units, some of which no path needs.
        all.mark(spec_of<Local>, Segment{Segment::Kind::columns, Site{.unit = unit}, 3});
        all.mark(spec_of<Local>,
                 Segment{Segment::Kind::columns, Site{.unit = unit, .step = 4, .firing = 7}, 3});
        all.mark(spec_of<Local>,
                 Segment{Segment::Kind::columns, Site{.unit = unit, .step = 4, .firing = 7}, 2});
        all.mark(spec_of<Local>,
                 Segment{Segment::Kind::firing, Site{.unit = unit, .step = 8, .column = 3, .firing = 14}});
    }
    FractalNet kept(variant_of<Local>, ModuleOptions{.seed = seed, .drop_path_probability = 0.4});
    FractalNet rerun(variant_of<Local>,
                     ModuleOptions{.seed = seed, .checkpoint = all, .drop_path_probability = 0.4});
    const torch::Tensor images = some_images();
    for (int step = 0; step < 8; ++step) {
        CAPTURE(step);
        const torch::Tensor expected = kept->forward(images);
        const torch::Tensor logits = rerun->forward(images);
        CHECK(logits.equal(expected));
        expected.square().sum().backward();
        logits.square().sum().backward();
        CHECK(rerun->macs() == kept->macs());
        const auto theirs = kept->parameters();
        const auto ours = rerun->parameters();
        for (std::size_t i = 0; i < ours.size(); ++i) {
            REQUIRE(ours[i].grad().defined() == theirs[i].grad().defined());
            if (ours[i].grad().defined()) CHECK(ours[i].grad().equal(theirs[i].grad()));
            ours[i].mutable_grad().reset();
            theirs[i].mutable_grad().reset();
        }
        const auto buffers = kept->buffers();
        for (std::size_t i = 0; i < buffers.size(); ++i) CHECK(rerun->buffers()[i].equal(buffers[i]));
    }
}
