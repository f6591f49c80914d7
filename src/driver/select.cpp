// Names are looked up in the sorted table; globs and selections look at every row.
#include "driver/select.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/glob.hpp"
#include "base/near_misses.hpp"
#include "driver/command_line.hpp"
#include "driver/program.hpp"
#include "driver/where.hpp"

namespace fractal::driver {
namespace {

/// A pattern for full names begins as they do; any other is for short names. A variant of a program's own has
/// its full name for both.
bool describes(std::string_view pattern, const Variant& variant) {
    if (is_glob(pattern)) {
        return glob_matches(pattern, variant.name) || glob_matches(pattern, variant.full_name);
    }
    return pattern == variant.name || pattern == variant.full_name;
}

bool describes_any(const std::vector<std::string>& patterns, const Variant& variant) {
    return std::ranges::any_of(patterns,
                               [&](const std::string& pattern) { return describes(pattern, variant); });
}

std::vector<std::string_view> all_names(const Registry& registry) {
    const auto known = registry.known_names();
    std::vector<std::string_view> names(known.begin(), known.end());
    for (const Variant* variant : registry.all()) {
        names.push_back(variant->name);
    }
    return names;
}

std::size_t count_not_compiled(const Registry& registry, std::string_view pattern) {
    return static_cast<std::size_t>(std::ranges::count_if(registry.known_names(), [&](std::string_view name) {
        return (is_glob(pattern) ? glob_matches(pattern, name) : pattern == name) &&
               registry.find(name) == nullptr;
    }));
}

/// Near misses of a pattern: if its family is not there, the same pattern in families that are called alike.
std::string near_patterns(std::string_view pattern, const std::vector<std::string_view>& names) {
    const std::string_view family = pattern.substr(0, pattern.find('/') + 1);
    const auto in_family = [family](std::string_view name) { return name.starts_with(family); };
    if (!is_glob(pattern) || is_glob(family) || std::ranges::any_of(names, in_family)) {
        return did_you_mean(pattern, names);
    }
    std::vector<std::string_view> families;
    for (const std::string_view name : names) {
        families.push_back(name.substr(0, name.find('/') + 1));
    }
    std::vector<std::string> near = near_misses(family, families);
    for (std::string& name : near) {
        name = shell_word(name.append(pattern.substr(family.size())));
    }
    return near.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(near, " or "));
}

[[noreturn]] void refuse(const Registry& registry, std::span<const NamedSelection> selections,
                         std::string_view pattern) {
    if (const std::size_t missing = count_not_compiled(registry, pattern); missing > 0) {
        const std::string what = is_glob(pattern)
                                     ? fmt::format("{} describes {} variant{} that exist{} but", pattern,
                                                   missing, missing == 1 ? "" : "s", missing == 1 ? "s" : "")
                                     : fmt::format("{} exists but", pattern);
        throw UsageError(
            fmt::format("{} {} not compiled in: configure with cmake -DFRACTAL_VARIANTS={} and build again",
                        what, missing == 1 ? "is" : "are", shell_word(pattern)));
    }
    if (std::ranges::find(selections, pattern, &NamedSelection::name) != selections.end()) {
        throw UsageError(fmt::format("{} is no variant but a selection: --select {}", pattern, pattern));
    }
    const std::vector<std::string_view> names = all_names(registry);
    throw UsageError(fmt::format("{} {} (fractal list shows what there is){}", pattern,
                                 is_glob(pattern) ? "matches no variant" : "is no variant",
                                 near_patterns(pattern, names)));
}

/// Throws unless each pattern describes a variant.
void check_patterns(const Registry& registry, std::span<const NamedSelection> selections,
                    const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
        const bool found =
            is_glob(pattern)
                ? std::ranges::any_of(registry.all(),
                                      [&](const Variant* variant) { return describes(pattern, *variant); })
                : registry.find(pattern) != nullptr;
        if (!found) {
            refuse(registry, selections, pattern);
        }
    }
}

} // namespace

const Variant& find_variant(const Registry& registry, std::string_view name) {
    const Variant* variant = registry.find(name);
    if (variant == nullptr) {
        refuse(registry, {}, name);
    }
    return *variant;
}

const NamedSelection& find_selection(std::span<const NamedSelection> selections, std::string_view name) {
    const auto found = std::ranges::find(selections, name, &NamedSelection::name);
    if (found != selections.end()) {
        return *found;
    }
    std::vector<std::string_view> names;
    for (const NamedSelection& selection : selections) {
        names.push_back(selection.name);
    }
    throw UsageError(
        fmt::format("--select {}: there is no such selection (fractal list --selections lists them){}", name,
                    did_you_mean(name, names)));
}

Chosen choose(const Registry& registry, std::span<const NamedSelection> selections, const Wanted& wanted) {
    check_patterns(registry, selections, wanted.patterns);
    check_patterns(registry, selections, wanted.exclusions);
    std::vector<const NamedSelection*> named;
    for (const std::string& name : wanted.selections) {
        named.push_back(&find_selection(selections, name));
    }

    const std::vector<bool> holds = where(registry, wanted.conditions);

    Chosen chosen;
    for (std::size_t at = 0; at < registry.all().size(); ++at) {
        const Variant* variant = registry.all()[at];
        const bool selected =
            named.empty() || std::ranges::any_of(named, [&](const NamedSelection* selection) {
                return selection->holds(*variant);
            });
        if (selected && holds[at] && (wanted.patterns.empty() || describes_any(wanted.patterns, *variant)) &&
            !describes_any(wanted.exclusions, *variant)) {
            chosen.variants.push_back(variant);
        }
    }
    for (const std::string_view name : registry.known_names()) {
        const auto matches = [name](const std::string& pattern) { return glob_matches(pattern, name); };
        // What a name that is not compiled in costs is not known, so no condition is asked of it.
        if (wanted.conditions.empty() && (wanted.open() || std::ranges::any_of(wanted.patterns, matches)) &&
            std::ranges::none_of(wanted.exclusions, matches) && registry.find(name) == nullptr) {
            ++chosen.not_compiled;
        }
    }
    if (chosen.variants.empty()) {
        throw UsageError(fmt::format(
            "no variant is left of the {} here: patterns {}, selections {}, conditions {}, exclusions "
            "{} have none in common; drop one of them",
            registry.all().size(), fmt::join(wanted.patterns, " "), fmt::join(wanted.selections, " "),
            fmt::join(wanted.conditions, " AND "), fmt::join(wanted.exclusions, " ")));
    }
    return chosen;
}

const Variant& choose_one(const Registry& registry, std::span<const NamedSelection> selections,
                          const Wanted& wanted) {
    if (wanted.open()) {
        throw UsageError("nothing says which variant: give its name (fractal list shows what there is)");
    }
    const std::vector<const Variant*> variants = choose(registry, selections, wanted).variants;
    if (variants.size() > 1) {
        throw UsageError(
            fmt::format("{} variants are meant, among them {} and {}: expected one; give its name, or "
                        "narrow it by --where",
                        variants.size(), variants[0]->name, variants[1]->name));
    }
    return *variants.front();
}

void add_selection_options(CommandLine& line, Wanted& wanted) {
    CommandLine::Group variants = line.group("Variants");
    variants.argument("PATTERN", wanted.patterns,
                      "names of variants, or globs: * any text, ? one character, [123] one of a set");
    variants
        .option("--select", "NAME", wanted.selections,
                "a named selection; fractal list --selections shows all")
        .one_at_a_time();
    variants
        .option(
            "--where", "SQL", wanted.conditions,
            "only those for which this condition in SQL holds, over what list --json says of them, such as "
            "\"depth = 3 AND parameters < 1e6\"")
        .one_at_a_time();
    variants
        .option("--exclude", "PATTERN", wanted.exclusions,
                "leave out what this pattern describes; may be given again")
        .one_at_a_time();
}

} // namespace fractal::driver
