// The command-line program over a registry: the executable `fractal` is this with all variants compiled in.
#pragma once

#include <span>

#include <fractal/registry/registry.hpp>
#include <fractal/registry/selection.hpp>

namespace fractal {

/// Runs the program `fractal` over the variants of `registry`; `selections` are what `--select` knows. Prints
/// and never throws. Returns the exit status: 0, 1 where `watch` sees that a run has died, 64 usage, 65 bad
/// data, 70 a mistake of the program, 74 input or output, 75 in use by another process, 130 ended by Ctrl-C,
/// 143 by SIGTERM. LibTorch is loaded when something is computed and not before.
int driver_main(int argc, char** argv, const Registry& registry,
                std::span<const NamedSelection> selections = {});

} // namespace fractal
