// What the compile-fail tests share: a network with one mistake, or its mended twin under -DFRACTAL_TWIN.
#pragma once

#include <fractal/registry/variant.hpp>

/// The mistake, or what should have been written.
#ifdef FRACTAL_TWIN
template <class Mistake, class Mended>
using Either = Mended;
#else
template <class Mistake, class Mended>
using Either = Mistake;
#endif

/// A network on 32x32 images, less the words that a specimen gives.
template <class... Words>
using OnImages = fractal::Network<fractal::Input<3, 32, 32>, fractal::Width<64>, Words...>;

using TenClasses = fractal::Head<fractal::Flatten, 10>;

/// Asks for all that a program can ask of a network, so that errors which follow from the first would show.
template <class Net>
constexpr const fractal::Variant* examine() {
    static_assert(sizeof(Net) > 0);
    return &fractal::variant_of<Net>;
}
