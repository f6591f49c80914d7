// A search as the sweep sees it: the trial that is to be trained next, given what the results hold.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fractal/registry/registry.hpp>

#include "driver/search_file.hpp"
#include "driver/sweep.hpp"
#include "search/agenda.hpp"
#include "store/reader.hpp"
#include "store/writer.hpp"

namespace fractal::driver {

/// Epochs that trials have had, and their time as recorded; in this process also what trials took besides,
/// such as for an epoch that they did not come to the end of.
struct Spent {
    std::int64_t epochs = 0;
    double seconds = 0;
};

/// Reads what became of the candidates, asks the agenda, and marks in the results those that pause and those
/// that go no further; of these it removes the states. All that it knows is in the results and in the
/// search's file, so one that is made anew after a kill decides as the killed one would have.
class SearchSweep {
public:
    /// `writer` writes the results of `run`. Throws as `variant_of_trial` and the store do, and DataError for
    /// a search whose trials are not in the results.
    SearchSweep(const Registry& registry, const std::filesystem::path& run, store::Writer& writer,
                Search search);

    const SearchSettings& settings() const { return search_.settings; }
    /// The candidates' trials, in the order in which they are begun.
    std::span<const std::int64_t> trials() const { return search_.trials; }
    /// These, and those with further seeds.
    std::vector<std::int64_t> all_trials() const;
    /// Trials of the finalists by which these can be compared: of the seeds that all of them have, and of
    /// none with a seed that failed, unless all have one. Empty as long as none has a further seed.
    std::vector<std::int64_t> comparable_finals() const;

    /// Takes up what became of the trial that was named last, and marks whom that leaves behind. `next` does
    /// so first.
    void update();

    /// What is to be trained next, and where it pauses; when the search is over, those who are within noise
    /// of the best (search/finals.hpp) with further seeds, the first of these for all and then the next.
    /// Nothing when that is done, or the epochs are used up. Valid until the next call.
    const Planned* next();

    /// Why to stop in the midst of a trial: the time of the budget is used up.
    std::optional<Stop> stop() const;

    /// Whether there is more to do than the budget was enough for.
    bool has_more() const;

    Spent spent() const;
    /// Epochs of training all candidates in full.
    std::int64_t epochs_of_all() const;
    const search::Agenda& agenda() const { return agenda_; }
    std::span<const search::Record> records() const { return records_; }
    /// The candidate that has come furthest, the best of several; nothing if none has an epoch.
    std::optional<std::size_t> furthest() const;
    const Planned& candidate(std::size_t at) const { return candidates_[at]; }

private:
    double seconds_since_begun() const;
    /// Counts what the trial that was named last took besides its recorded time.
    void count_besides();
    void read(std::size_t candidate);
    void read_finals();
    /// All candidates have gone as far as they will.
    bool is_decided() const;
    /// Who are within noise of the best (search/finals.hpp).
    std::vector<std::size_t> finalists() const;
    /// What is asked for beyond the candidates, once these are decided.
    std::vector<store::Request> further_seeds() const;
    const Planned* next_final();
    void mark_paused();
    void mark_pruned();
    search::Left left() const;
    std::string spent_text() const;
    std::string label(const search::Job& job) const;
    std::string pause_text(std::size_t rung) const;

    const Registry& registry_;
    std::filesystem::path run_;
    store::Writer& writer_;
    store::Reader reader_;
    Search search_;
    Budget budget_;
    std::vector<Planned> candidates_;
    std::vector<search::Record> records_;
    std::vector<store::Trial> finals_; ///< the finalists' trials with further seeds, so far
    std::size_t watched_finals_ = 0;   ///< how many of them the plan has
    search::Agenda agenda_;
    std::optional<std::size_t> current_; ///< the candidate that was named last
    Planned planned_;
    std::optional<std::chrono::steady_clock::time_point> begun_; ///< when `planned_` was, in this process
    double besides_ = 0; ///< seconds that trials took in this process and that are not recorded
};

} // namespace fractal::driver
