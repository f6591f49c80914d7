// Variants by a condition in SQL.
#pragma once

#include <string>
#include <vector>

#include <fractal/registry/registry.hpp>

namespace fractal::driver {

/// For each variant of `registry.all()`, whether all `conditions` hold, over the members of VariantRow as
/// columns. Throws UsageError for one that holds for no variant, with the values that there are, and for one
/// that is no condition, as store::ConditionedRows does.
std::vector<bool> where(const Registry& registry, const std::vector<std::string>& conditions);

} // namespace fractal::driver
