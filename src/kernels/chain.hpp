// The chains that have a kernel of their own: pointwise layers with at most one batch normalisation.
//
// ReLU and Dropout commute, and so do any number of them (docs/semantics.md, Same network): before and after
// a normalisation only their presence matters. So twenty kernels do for every chain that can be written.
#pragma once

#include <cstddef>
#include <span>

#include <fractal/spec/layer.hpp>

namespace fractal::kernels {

/// A chain of pointwise layers in canonical form, as a template argument.
struct Chain {
    bool first_relu = false;    ///< before the normalisation, if there is one
    bool first_dropout = false; ///< the same
    bool norm = false;
    bool relu = false;
    bool dropout = false;

    constexpr bool operator==(const Chain&) const = default;
    constexpr bool empty() const { return *this == Chain{}; }
    /// A number below `chain_count`.
    constexpr std::size_t index() const {
        const std::size_t last = (relu ? 1U : 0U) + (dropout ? 2U : 0U);
        return norm ? 4U + last + (first_relu ? 4U : 0U) + (first_dropout ? 8U : 0U) : last;
    }
};

inline constexpr std::size_t chain_count = 20;

/// The chain of a number.
constexpr Chain chain_at(std::size_t index) {
    Chain chain{.norm = index >= 4, .relu = (index & 1U) != 0, .dropout = (index & 2U) != 0};
    if (chain.norm) {
        chain.first_relu = ((index - 4U) & 4U) != 0;
        chain.first_dropout = ((index - 4U) & 8U) != 0;
    }
    return chain;
}

/// A chain and how many layers it stands for.
struct LeadingChain {
    Chain chain{};
    std::size_t layers = 0;
};

/// The longest chain that a row of pointwise layers begins with: up to its second normalisation.
constexpr LeadingChain leading_chain(std::span<const LayerSpec> layers) {
    LeadingChain leading;
    Chain& chain = leading.chain;
    for (const LayerSpec& layer : layers) {
        if (layer.kind == LayerKind::batch_norm) {
            if (chain.norm) break;
            chain = {.first_relu = chain.relu, .first_dropout = chain.dropout, .norm = true};
        } else if (layer.kind == LayerKind::relu) {
            chain.relu = true;
        } else {
            chain.dropout = true;
        }
        ++leading.layers;
    }
    return leading;
}

} // namespace fractal::kernels
