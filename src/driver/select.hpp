// From names, patterns, selections and exclusions to variants.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fractal/registry/registry.hpp>
#include <fractal/registry/selection.hpp>

namespace fractal::driver {

class CommandLine;

/// What was asked for. A variant is meant if a pattern and a selection describe it, where there are any, all
/// conditions hold, and no exclusion describes it.
struct Wanted {
    std::vector<std::string> patterns = {};   ///< names, full names or globs
    std::vector<std::string> selections = {}; ///< names of selections
    std::vector<std::string> exclusions = {}; ///< as patterns
    std::vector<std::string> conditions = {}; ///< in SQL over the columns of VariantRow; all must hold

    /// No patterns, selections or conditions: every variant, or nothing, as the command sees it.
    bool open() const { return patterns.empty() && selections.empty() && conditions.empty(); }
};

struct Chosen {
    std::vector<const Variant*> variants; ///< by name
    std::size_t not_compiled = 0; ///< names of the manifest that a pattern describes and this program lacks
};

/// The variants that are meant, never none. Throws UsageError for a pattern, selection, exclusion or
/// condition that describes nothing, with near misses, and if nothing is left. A name that the manifest has
/// and the program has not is said to be not compiled in, with what to do about it.
Chosen choose(const Registry& registry, std::span<const NamedSelection> selections, const Wanted& wanted);

/// The variant of a short or full name. Throws UsageError as `choose` does.
const Variant& find_variant(const Registry& registry, std::string_view name);

/// The one variant that is meant. Throws UsageError as `choose` does, and where none is named or several are
/// meant.
const Variant& choose_one(const Registry& registry, std::span<const NamedSelection> selections,
                          const Wanted& wanted);

/// The selection called `name`; throws UsageError with near misses.
const NamedSelection& find_selection(std::span<const NamedSelection> selections, std::string_view name);

/// Adds PATTERN..., `--select`, `--where` and `--exclude`.
void add_selection_options(CommandLine& line, Wanted& wanted);

} // namespace fractal::driver
