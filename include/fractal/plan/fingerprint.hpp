// One number for each network: specifications that compute the same have the same (semantics: Same network).
#pragma once

#include <cstdint>
#include <string_view>

#include <fractal/spec/network.hpp>

namespace fractal {

namespace detail {

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
class Fnv1a {
public:
    constexpr Fnv1a& add(std::string_view text) {
        for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        return *this;
    }
    constexpr std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 14695981039346656037ULL;
};

/// Adds the canonical form of a run of layers. ReLUs and dropouts that stand side by side commute, several
/// ReLUs are one, and a 2x2 max pool passes through both: within such a block the pools are written first,
/// then at most one ReLU, then the dropouts in their order.
class CanonicalOrder {
public:
    constexpr explicit CanonicalOrder(Fnv1a& hash) : hash_(hash) {}

    constexpr void layer(const LayerSpec& layer) {
        if (layer.kind == LayerKind::relu) {
            relu_ = true;
        } else if (layer.kind == LayerKind::dropout) {
            dropout(layer.argument);
        } else {
            close_block();
            hash_.add(".").add(layer.name);
        }
    }
    constexpr void pool() { ++pools_; }
    constexpr void dropout(int percent) {
        if (percent > 0) dropouts_.append(".drop").append(percent);
    }
    constexpr void close_block() {
        for (; pools_ > 0; --pools_) hash_.add(".pool");
        if (relu_) hash_.add(".relu");
        hash_.add(dropouts_);
        relu_ = false;
        dropouts_ = {};
    }

private:
    Fnv1a& hash_;
    Line dropouts_;
    int pools_ = 0;
    bool relu_ = false;
};

/// A network of one column is a chain, in which layers meet across joins and pools.
constexpr void add_chain(Fnv1a& hash, const NetworkSpec& net) {
    for (int unit = 0; unit < net.depth; ++unit) hash.add(line("/u", net.width(unit)));
    CanonicalOrder chain(hash);
    for (int unit = 0; unit < net.depth; ++unit) {
        if (net.has_transition(unit)) chain.layer(layer_spec<Conv<1>>);
        for (const LayerSpec* layer : net.order) chain.layer(*layer);
        chain.pool();
        chain.dropout(net.dropout_after(unit));
    }
    chain.close_block();
}

/// With more columns the joins keep the layers of neighbouring firings apart.
constexpr void add_fractals(Fnv1a& hash, const NetworkSpec& net) {
    CanonicalOrder firing(hash);
    for (const LayerSpec* layer : net.order) firing.layer(*layer);
    firing.close_block();
    hash.add(net.pool == PoolPlacement::before_join ? "/pool.join" : "/join.pool");
    for (int unit = 0; unit < net.depth; ++unit) {
        hash.add(
            line("/u", net.width(unit), net.has_transition(unit) ? "t" : "", ".", net.dropout_after(unit)));
    }
}

} // namespace detail

/// Canonical fingerprint of a valid network: all that decides what it computes, the class count, drop-path
/// and recipe excepted.
constexpr std::uint64_t fingerprint(const NetworkSpec& net) {
    detail::Fnv1a hash;
    hash.add(line(net.input.text(), "/d", net.depth, "/c", net.columns));
    hash.add(net.head == HeadKind::flatten ? "/flat" : "/gap");
    if (net.columns == 1) {
        detail::add_chain(hash, net);
    } else {
        detail::add_fractals(hash, net);
    }
    return hash.value();
}

/// The same for networks that compute the same in evaluation, where dropout is the identity: the fingerprint
/// of the network without it.
constexpr std::uint64_t evaluation_fingerprint(NetworkSpec net) {
    LayerOrder kept;
    for (const LayerSpec* layer : net.order) {
        if (layer->kind != LayerKind::dropout) kept.append(*layer);
    }
    net.order = kept;
    net.unit_dropout = {};
    return fingerprint(net);
}

/// Fingerprint of a network type, as a constant.
template <class Net>
inline constexpr std::uint64_t fingerprint_of = fingerprint(spec_of<Net>);

} // namespace fractal
