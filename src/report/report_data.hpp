// What a report shows of a run, gathered from its results.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <fractal/registry/registry.hpp>

#include "reflect/json.hpp"
#include "store/reader.hpp"

namespace fractal::report {

/// Draws one unit of a network as an SVG whose title is `title`; the layer order stands in an element of
/// class `order`, so that one drawing serves all orders.
using Draw = std::function<std::string(const NetworkSpec& net, std::string_view title)>;

/// One document, tables as of JsonTable:
///     run       the folder
///     uses      each use of the run folder; first those of others that trained what was merged
///     variants  those that were asked for; `drawing` is an index, null where this program lacks the network
///     drawings  SVGs
///     recipes   each once, whatever its seeds
///     trials    `variant` and `recipe` are indices
///     curves    of each trial, in their order, a list of values for each of `members`, one for each epoch;
///     of
///               more than `most_points` epochs as many that lie evenly, the last among them
///     pools     what can be compared with each other, as `fractal rank` has it: `ranking` (with
///               `front_macs` and the like, whether none beats it at less of that cost), `heat_map`,
///               `order_effects`, `place_effects`
/// Throws what the reader throws.
reflect::Json report_data(store::Reader& reader, const Registry& registry, const Draw& draw,
                          std::string_view run);

inline constexpr std::size_t most_points = 100;

} // namespace fractal::report
