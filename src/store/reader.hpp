// Reads a run's results, also while another process is writing them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "store/rank.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace fractal::store {

/// Opens `folder`/results.sqlite for reading only; changes nothing, and works on a read-only disk.
/// One thread at a time.
class Reader {
public:
    /// Throws IoError if there are no results or they cannot be read, and DataError for a file that is
    /// damaged, not ours, or of another version.
    explicit Reader(const std::filesystem::path& folder);

    /// Every use of the run folder, the first one first.
    std::vector<Run> runs();
    /// Every trial, in the order in which they were asked for.
    std::vector<Trial> trials();
    /// The trials of one variant, by its name.
    std::vector<Trial> trials_of(std::string_view variant);
    /// The recorded epochs of a trial, in order.
    std::vector<Epoch> epochs(std::int64_t trial);
    /// How many trials stand where; a disposition that none has is not in it.
    std::map<Disposition, std::int64_t> counts();
    /// The best variants among the finished trials.
    Ranking rank(const RankQuery& query);

private:
    Database database_;
};

} // namespace fractal::store
