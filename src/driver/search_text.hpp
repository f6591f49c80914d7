// What a search begins with and what it came to, in words and as JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "driver/program.hpp"
#include "driver/search_sweep.hpp"
#include "reflect/json.hpp"
#include "store/reader.hpp"

namespace fractal::driver {

/// What a session of a search came to.
struct SearchEnd {
    struct Furthest {
        std::string variant;
        std::int64_t epochs = 0;
        double accuracy = 0;
    };

    SearchSettings settings{};
    Spent spent{};
    std::int64_t epochs_of_all = 0;      ///< of training all candidates in full
    std::vector<std::int32_t> rungs{};   ///< epochs at each
    std::vector<std::size_t> arrivals{}; ///< how many came to each
    std::map<store::Disposition, std::int64_t> counts{};
    std::vector<store::Trial> faults{};
    store::Ranking ranking{};           ///< of the candidates that were trained in full
    std::optional<Furthest> furthest{}; ///< where none was
    bool has_more = false;              ///< the budget was not enough, or something stopped it
    std::optional<Stop> stopped{};      ///< what did
};

/// `reader` sees the candidates' trials only.
SearchEnd search_end(const SearchSweep& search, store::Reader& reader, std::optional<Stop> stopped);

/// How many candidates there are and how they are searched, with a warning where none of their images are
/// held out; lines.
std::string beginning_text(const SearchSweep& search, const std::string& run);

/// What was found, what it cost, and what to type next.
std::string search_text(const SearchEnd& end, const Program& program, const std::filesystem::path& run,
                        bool colour);

/// The same, with `event` search_end.
reflect::Json search_json(const SearchEnd& end, const Program& program, const std::filesystem::path& run);

} // namespace fractal::driver
