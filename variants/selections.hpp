// Named selections of variants: what `--select` takes, in kebab case (`TinyDeep` is `--select tiny-deep`).
// CMake finds each `using Name = …;` below, with the comment above it, so there is no second list.
#pragma once

#include <fractal/registry/selection.hpp>

namespace fractal::selections {

/// a handful of compact networks that train in seconds, for a first look
using FirstLook =
    Select<Family<"compact">, DepthIs<2>, OrderIs<Conv<3>, BatchNorm, ReLU>, ColumnsBetween<1, 3>>;

/// four units in under half a million parameters
using TinyDeep = Select<All, DepthIs<4>, ParametersBelow<500'000>>;

/// the compact networks of two units
using CompactDepth2 = Select<Family<"compact">, DepthIs<2>>;

/// bare convolutions, which is what the published pipeline trained
using PaperConvOnly = Select<Family<"paper">, OrderIs<Conv<3>>>;

/// convolution, normalisation, activation, as most networks have it
using PostActivation = Select<All, OrderIs<Conv<3>, BatchNorm, ReLU>>;

/// normalisation and activation before the convolution, as residual networks have it since 2016
using PreActivation = Select<All, OrderIs<BatchNorm, ReLU, Conv<3>>>;

/// what has to learn without normalisation
using Unnormalised = Select<All, Not<HasLayer<BatchNorm>>>;

/// the orders of family paper with live dropout, for a look at where it belongs
using PaperDropout = Select<Family<"paper">, HasLayer<Dropout<20>>>;

/// under ten million multiply-accumulates for an image
using LowCost = Select<All, MacsBelow<10'000'000>>;

/// a batch of 128 keeps less than 256 MB for its backward pass
using LowMemory = Select<All, ActivationBytesBelow<2'000'000>>;

/// FractalNet-20 and its authors' depth study
using Larsson = Select<All, AnyOf<Family<"larsson">, Family<"larsson-study">>>;

} // namespace fractal::selections
