// A search's own file in its run folder: what it is, and whom it searches. How far it is follows from the
// results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reflect/enum_text.hpp"
#include "reflect/fields.hpp"
#include "search/ladder.hpp"

namespace fractal::driver {

/// How candidates are searched: `search/ladder.hpp` describes the first two. `random` trains each in full, in
/// the order in which they were drawn; `all` does too, the cheapest first.
enum class Method : std::uint8_t { asha, halving, random, all };

constexpr auto enum_names(Method) {
    using enum Method;
    return std::to_array<reflect::EnumName<Method>>(
        {{asha, "asha"}, {halving, "halving"}, {random, "random"}, {all, "all"}});
}

struct SearchSettings {
    Method method = Method::asha;
    std::int32_t eta = 3;
    std::int32_t first_rung = 1;
    std::int32_t seeds = 1;
    std::string budget = {};
};

/// Kept in `RUN/search.json`.
struct Search {
    SearchSettings settings = {};
    std::vector<std::int64_t> trials = {};  ///< the candidates, in the order in which they are begun
    std::vector<std::size_t> brackets = {}; ///< sizes of those that were begun (search/agenda.hpp)
};

/// Whether the run in `folder` is a search.
bool has_search(const std::filesystem::path& folder);

/// The search of a run. Throws IoError if there is none or it cannot be read, DataError for a damaged file.
Search read_search(const std::filesystem::path& folder);

/// Writes it so that a crash leaves the old file or the new one. Throws IoError.
void write_search(const std::filesystem::path& folder, const Search& search);

/// The rungs of trials of so many epochs.
search::Ladder ladder_of(const SearchSettings& settings, std::int32_t epochs);

/// What a search may spend, in all of its sessions together. Neither: as much as it takes.
struct Budget {
    std::optional<std::int64_t> epochs = {};
    std::optional<double> seconds = {};
};

/// `40epochs`, `1epoch`, or a time such as `2h`; empty is no budget. Throws UsageError.
Budget parse_budget(std::string_view text);

} // namespace fractal::driver

template <>
struct fractal::reflect::Fields<fractal::driver::SearchSettings> {
    using S = driver::SearchSettings;
    static constexpr auto list = hana::make_tuple(
        field<"method", &S::method>("how candidates are searched"),
        field<"eta", &S::eta>("one of so many goes on from a rung", {}, between(2, 1000)),
        field<"first_rung", &S::first_rung>("epochs at the first rung", {}, between(1, 1'000'000)),
        field<"seeds", &S::seeds>("seeds of those whose accuracies are within noise of the best", {},
                                  between(1, 10'000)),
        field<"budget", &S::budget>("what the search may spend, as it was typed; empty: no limit"));
};
