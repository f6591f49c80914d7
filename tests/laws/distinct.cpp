// How many networks there are, counted over all layer orders without asking the registry.
//
// As training functions family `paper` has 1,230 networks and `compact` 1,200. Dropout is the identity in
// evaluation, so as evaluation functions `paper` has 330 only; `compact` has no dropout and keeps its 1,200.
#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "variants.hpp"

namespace fractal::laws {
namespace {

/// All ordered selections without repetition that hold a convolution.
std::vector<LayerOrder> orders_from(const std::vector<const LayerSpec*>& layers) {
    std::vector<LayerOrder> all{{}};
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const LayerSpec* layer : layers) {
            const LayerOrder order = all[i];
            if (std::find(order.begin(), order.end(), layer) != order.end()) continue;
            all.push_back(order);
            all.back().append(*layer);
        }
    }
    std::erase_if(all, [](const LayerOrder& order) {
        return std::none_of(order.begin(), order.end(),
                            [](const LayerSpec* layer) { return layer->maps_channels; });
    });
    return all;
}

struct Counts {
    std::size_t orders = 0;
    std::size_t in_training = 0;
    std::size_t in_evaluation = 0;
};

Counts count(NetworkSpec net, const std::vector<const LayerSpec*>& layers, int deepest, int most_columns) {
    const std::vector<LayerOrder> orders = orders_from(layers);
    std::set<std::uint64_t> training;
    std::set<std::uint64_t> evaluation;
    for (net.depth = 1; net.depth <= deepest; ++net.depth) {
        for (net.columns = 1; net.columns <= most_columns; ++net.columns) {
            for (const LayerOrder& order : orders) {
                net.order = order;
                REQUIRE(network_fault(net) == "");
                training.insert(fingerprint(net));
                evaluation.insert(evaluation_fingerprint(net));
            }
        }
    }
    return {orders.size(), training.size(), evaluation.size()};
}

TEST_CASE("distinct: family paper, of all orders") {
    const NetworkSpec fixed{.input = {3, 32, 32}, .base_width = 64, .head = HeadKind::flatten, .classes = 10};
    const Counts counts = count(
        fixed, {&layer_spec<Conv<3>>, &layer_spec<BatchNorm>, &layer_spec<ReLU>, &layer_spec<Dropout<20>>}, 5,
        6);
    CHECK(counts.orders == 49);
    CHECK(counts.in_training == 1'230);
    CHECK(counts.in_evaluation == 330);
}

TEST_CASE("distinct: family compact, of all orders") {
    const NetworkSpec fixed{
        .input = {3, 32, 32}, .base_width = 16, .head = HeadKind::global_average_pool, .classes = 10};
    const Counts counts = count(
        fixed, {&layer_spec<Conv<3>>, &layer_spec<Conv<1>>, &layer_spec<BatchNorm>, &layer_spec<ReLU>}, 4, 5);
    CHECK(counts.orders == 60);
    CHECK(counts.in_training == 1'200);
    CHECK(counts.in_evaluation == 1'200);
}

TEST_CASE("distinct: the registered rows of a whole family are as many") {
    std::size_t paper = 0;
    std::set<std::uint64_t> paper_evaluation;
    std::size_t compact = 0;
    std::set<std::uint64_t> compact_evaluation;
    for (const Variant* variant : compiled_registry().all()) {
        if (variant->family == "paper") {
            ++paper;
            paper_evaluation.insert(evaluation_fingerprint(*variant->spec));
        }
        if (variant->family == "compact") {
            ++compact;
            compact_evaluation.insert(evaluation_fingerprint(*variant->spec));
        }
    }
    // A program built from a part of the variants has fewer.
    if (paper == 1'230) CHECK(paper_evaluation.size() == 330);
    if (compact == 1'200) CHECK(compact_evaluation.size() == 1'200);
    CHECK(paper <= 1'230);
    CHECK(compact <= 1'200);
}

} // namespace
} // namespace fractal::laws
