// A run's ranking and the fate of its trials, as text and as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "reflect/json.hpp"
#include "store/reader.hpp"

namespace fractal::driver {

/// `36 trials: 30 finished, 4 failed, 2 pending`.
std::string counts_text(const std::map<store::Disposition, std::int64_t>& counts);

/// `{"finished": 30, "failed": 4, "pending": 2}`.
reflect::Json counts_json(const std::map<store::Disposition, std::int64_t>& counts);

/// The table of a ranking, what was ranked above it, and what was left out below it. `costs` have a column
/// each, besides those of all.
std::string ranking_text(const store::Ranking& ranking, bool colour,
                         std::span<const store::CostKind> costs = {});

/// `faults` (store::Reader) with their reasons: at most `most`, then how many more. Empty if there are none.
std::string failures_text(const std::vector<store::Trial>& faults, std::size_t most, bool colour);

reflect::Json ranking_json(const store::Ranking& ranking,
                           const std::map<store::Disposition, std::int64_t>& counts,
                           const std::vector<store::Trial>& trials);

} // namespace fractal::driver
