// Which tensors are the weights of a network: the first difference is named, in slot order.
#include "check.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fractal/plan/slots.hpp>

#include "base/error.hpp"
#include "unit/blank_weights.hpp"
#include "unit/store_fixture.hpp"
#include "weights/weights_fit.hpp"

using namespace fractal;

namespace {

using Net = Network<Input<3, 8, 8>, Depth<1>, Columns<2>, Layers<Conv<3>, BatchNorm>, Width<4>,
                    Head<GlobalAveragePool, 10>>;

/// Tensors of a network, to be changed.
struct Offer {
    struct Tensor {
        std::string name;
        std::vector<std::int64_t> shape;
        bool floating = true;
    };
    std::vector<Tensor> tensors;

    Offer() {
        for_each_slot(spec_of<Net>, [&](const Slot& slot) {
            for (const WeightSpec& weight : slot.weights) {
                tensors.push_back({std::string(line(slot.path, ".", weight.name).view()),
                                   {weight.extents.begin(), weight.extents.begin() + weight.rank()}});
            }
        });
    }
    void check(std::string_view origin = {}) const {
        std::vector<OfferedTensor> offered;
        for (const Tensor& tensor : tensors) offered.push_back({tensor.name, tensor.shape, tensor.floating});
        check_fit(spec_of<Net>, offered, "w", origin);
    }
    void refused(const std::string& what, std::string_view origin = {}) const {
        const std::string message = "'w' does not fit " + std::string(name_of<Net>) + ": tensor " + what;
        CHECK_THROWS_WITH_AS(check(origin), message.c_str(), DataError);
    }
};

} // namespace

TEST_CASE("tensors fit in any order, and the first difference is named") {
    Offer offer;
    std::ranges::reverse(offer.tensors);
    CHECK_NOTHROW(offer.check("another/network")); // what fits is not asked where it comes from
    std::ranges::reverse(offer.tensors);

    Offer missing = offer;
    missing.tensors.erase(missing.tensors.begin());
    missing.refused("'" + offer.tensors[0].name + "' is missing");
    missing.refused("'" + offer.tensors[0].name + "' is missing; it holds weights of another/network",
                    "another/network");

    Offer turned = offer;
    turned.tensors[0].shape = {3, 4, 3, 3};
    turned.tensors[1].shape = {5};
    turned.refused("'" + offer.tensors[0].name + "' has shape [3, 4, 3, 3], expected [4, 3, 3, 3]");

    Offer whole = offer;
    whole.tensors[0].floating = false;
    whole.refused("'" + offer.tensors[0].name + "' is of whole numbers, expected floating-point numbers");

    Offer more = offer;
    more.tensors.insert(more.tensors.begin(), {"stray", {1}});
    more.refused("'stray' does not belong to it");
}

TEST_CASE("a file says for how many classes its weights are, by their head") {
    const store::testing::TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "w";
    NetworkSpec net = spec_of<Net>;
    net.classes = 7;
    testing::write_blank_weights(file, net);
    const StoredTensors stored = open_tensors(file);
    CHECK(classes_of_weights(stored) == 7);
    CHECK_NOTHROW(check_fit(net, stored));
    CHECK_THROWS_WITH_AS(check_fit(spec_of<Net>, stored),
                         doctest::Contains("'head.weight' has shape [7, 4], expected [10, 4]"), DataError);
    StoredTensors headless = stored;
    std::erase_if(headless.header.tensors,
                  [](const TensorEntry& entry) { return entry.name == "head.weight"; });
    CHECK_THROWS_WITH_AS(classes_of_weights(headless), doctest::Contains("has no head.weight"), DataError);
}
