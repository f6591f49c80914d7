// A network drawn for documents: as a scalable picture, and as a graph for Graphviz.
#pragma once

#include <string>
#include <string_view>

#include <fractal/spec/network_spec.hpp>

namespace fractal::driver {

/// A stand-alone SVG of one unit of `net`, as the FractalNet paper draws it: columns side by side, column 0,
/// the deepest, on the right; time downwards; joins as bars over the columns that meet. Light and dark by the
/// reader's preference. `title` is its heading and what a screen reader says; the layer order stands in an
/// element of class `order`.
std::string svg_of(const NetworkSpec& net, std::string_view title);

/// The whole network in Graphviz's language: a node for each firing, join, pool, transition, dropout and the
/// head, a cluster for each unit.
std::string dot_of(const NetworkSpec& net, std::string_view title);

} // namespace fractal::driver
