// A sweep that is watched: as lines for a person, as one line, as JSON.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "driver/estimate.hpp"
#include "reflect/json.hpp"
#include "store/rank.hpp"
#include "store/sweep_state.hpp"

namespace fractal::driver {

/// Whether the sweep goes on. `died`: nobody holds the run, and nobody wrote that it ended.
enum class Life : std::uint8_t { running, ended, died };

constexpr auto enum_names(Life) {
    using enum Life;
    return std::to_array<reflect::EnumName<Life>>({{running, "running"}, {ended, "ended"}, {died, "died"}});
}

/// What there is to say of a run at one moment.
struct Watched {
    std::string program; ///< what to type to call it
    std::string folder;
    Life life = Life::running;
    std::string process; ///< of who trains; empty if nobody does
    bool search = false; ///< which trains in full only what is worth it: the time left is the most it may be
    store::SweepState state;
    store::Ranking best; ///< the best so far, of all that the run has
};

/// The figures that all three forms give.
struct SweepFigures {
    std::size_t total = 0;
    std::size_t done = 0;
    std::size_t failed = 0; ///< of those done: neither finished nor left behind by a search
    const store::PlannedTrial* running = nullptr;
    std::vector<const store::PlannedTrial*> failures = {}; ///< those of `failed`, in the plan's order
    TimeLeft left = {};                                    ///< by the speed of the epochs that are recorded
};

SweepFigures figures_of(const store::SweepState& state);

/// The whole: heading, bar, what runs, the best so far, the last failures; each line at most `width` wide.
std::string watch_report(const Watched& watched, std::size_t width, bool colour);

/// The same in one line, without the folder.
std::string watch_line(const Watched& watched);

reflect::Json watch_json(const Watched& watched);

} // namespace fractal::driver
