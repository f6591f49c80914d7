// Gradient checkpointing: a segment that keeps its input alone and is run again for its gradient.
#pragma once

#include <memory>
#include <span>

#include "backend/reference_executor.hpp"

namespace fractal {

/// Runs a segment without a graph, and puts one node in the graph that runs it again, with one, when its
/// gradient is needed (Chen et al. 2016, arXiv 1604.06174). Weights get their gradients by that second run.
/// Autocast is restored for it; dropout masks come from counters, so they are the same.
void checkpointed(const std::shared_ptr<ReferenceExecutor>& executor, const NetworkSpec& net,
                  const Segment& segment, Replay replay, const Value& in, std::span<Value> out);

} // namespace fractal
