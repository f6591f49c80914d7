// No two registered variants of a family are the same function while training: under equal weights and masks
// in equal places their logits and gradients differ. Held by numbers, against the fingerprints' claim.
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <fractal/exec/philox.hpp>
#include <fractal/plan/fingerprint.hpp>
#include <fractal/registry/registry.hpp>

#include "backend/reference_executor.hpp"
#include "torch_check.hpp"

using namespace fractal;

namespace {

constexpr int narrow_width =
    4; // instead of 64 and 16: narrow enough to be quick, wide enough that ReLU leaves some

/// A number for a place that does not depend on where in the order a layer stands.
std::int32_t firing_number(const NetworkSpec& net, int slot) {
    const SlotMap slots{net};
    for (int unit = 0; unit < net.depth; ++unit) {
        if (slot < slots.unit(unit + 1)) {
            const int first = slots.firing(unit, 0);
            return unit * firings_of(net.columns) + (slot < first ? -1 : (slot - first) / net.order.count);
        }
    }
    return -1;
}

/// The reference executor with masks drawn by firing instead of by slot.
class ByFiring final : public ReferenceExecutor {
public:
    ByFiring(std::shared_ptr<const std::vector<SlotWeights>> slots, const NetworkSpec& net)
        : ReferenceExecutor(std::move(slots), PassOptions{.training = true, .seed = 11}),
          net_(net) {}

    Value channel_dropout(int slot, int percent, const Value& in) override {
        return ReferenceExecutor::channel_dropout(firing_number(net_, slot), percent, in);
    }

private:
    const NetworkSpec& net_;
};

/// Weights by unit, step, column, kind and kernel of the layer, so that a permutation keeps them.
std::shared_ptr<std::vector<SlotWeights>> weights_by_place(const NetworkSpec& net) {
    const auto slots =
        std::make_shared<std::vector<SlotWeights>>(static_cast<std::size_t>(SlotMap{net}.count()));
    for_each_slot(net, [&](const Slot& slot) {
        const std::string_view path = slot.path;
        fractal::detail::Fnv1a place;
        place.add(path.substr(0, path.find(".layer"))).add(slot.layer != nullptr ? slot.layer->name : "head");
        at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(place.value());
        for (const WeightSpec& weight : slot.weights) {
            const at::IntArrayRef extents(weight.extents.data(), static_cast<std::size_t>(weight.rank()));
            const double fan =
                weight.rank() > 1 ? static_cast<double>(weight.elements() / weight.extents[0]) : 4.0;
            torch::Tensor tensor =
                torch::empty(extents, torch::kFloat64).uniform_(-1, 1, generator) * std::sqrt(3 / fan);
            if (weight.fill == Fill::ones) tensor = tensor.abs() + 0.5;
            (*slots)[static_cast<std::size_t>(slot.index)].push_back(
                tensor.set_requires_grad(weight.trainable));
        }
    });
    return slots;
}

/// Logits and the images' gradient in training mode, scaled to length 1.
torch::Tensor signature(const Variant& variant, const NetworkSpec& spec) {
    NetworkSpec net = spec;
    net.base_width = narrow_width;
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(17);
    const auto options = torch::TensorOptions(torch::kFloat64);
    const torch::Tensor images =
        torch::empty({3, net.input.channels, net.input.height, net.input.width}, options)
            .normal_(0, 1, generator);
    const torch::Tensor slope = torch::empty({3, net.classes}, options).normal_(0, 1, generator);
    images.set_requires_grad(true);
    const auto executor = std::make_shared<ByFiring>(weights_by_place(net), net);
    const torch::Tensor logits = tensor_of(variant.forward(*executor, net, make_value(images)));
    (logits * slope).sum().backward();
    const torch::Tensor gradient = images.grad().flatten();
    return torch::cat({logits.detach().flatten() / logits.detach().norm(), gradient / gradient.norm()});
}

double distance(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).norm().item<double>(); }

/// Far above rounding in float64, far below what another order of layers changes.
constexpr double same = 1e-9;

} // namespace

TEST_CASE("variants of a family differ as functions in training") {
    std::map<std::tuple<std::string_view, int, int>, std::vector<const Variant*>> cells;
    for (const Variant* variant : compiled_registry().all()) {
        cells[{variant->family, variant->spec->depth, variant->spec->columns}].push_back(variant);
    }
    REQUIRE_FALSE(cells.empty());
    for (const auto& [cell, variants] : cells) {
        if (std::get<0>(cell).starts_with("larsson")) continue; // one variant in each cell
        std::vector<torch::Tensor> signatures;
        for (const Variant* variant : variants) {
            signatures.push_back(signature(*variant, *variant->spec));
            const bool finite = signatures.back().isfinite().all().item<bool>();
            REQUIRE_MESSAGE(finite, variant->name);
        }
        for (std::size_t i = 0; i < variants.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const double apart = distance(signatures[i], signatures[j]);
                CHECK_MESSAGE(apart > same, variants[i]->name, " and ", variants[j]->name, " are ", apart,
                              " apart");
            }
        }
    }
}

TEST_CASE("the comparison sees that commuting layers are one network") {
    using Order = Layers<Conv<3>, BatchNorm, ReLU, Dropout<20>>;
    using Commuted = Layers<Conv<3>, BatchNorm, Dropout<20>, ReLU>;
    using Other = Layers<Conv<3>, ReLU, BatchNorm, Dropout<20>>;
    const auto signature_of = []<class O>(O) {
        using Net = Network<Input<3, 32, 32>, Depth<2>, Columns<3>, O, Width<64>, Head<Flatten, 10>>;
        return signature(variant_of<Net>, spec_of<Net>);
    };
    CHECK(distance(signature_of(Order{}), signature_of(Commuted{})) < same);
    CHECK(distance(signature_of(Order{}), signature_of(Other{})) > same);
}
