// How the sweep of a run folder stands, for somebody who watches it from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reflect/fields.hpp"
#include "store/rows.hpp"
#include "store/sqlite.hpp"

namespace fractal::store {

/// A trial of the plan, as far as a watcher needs it.
struct PlannedTrial {
    std::int64_t id = 0;
    std::string variant = {};
    std::uint64_t seed = 0;
    std::int64_t macs = 0;
    std::int64_t train_images = 0;
    std::int32_t epochs = 0;
    std::int32_t epochs_done = 0;
    double seconds = 0;
    Disposition disposition = Disposition::pending;
    std::string reason = {};
};

/// What became of a planned trial so far, as the last use of the folder sees it.
enum class Stage : std::uint8_t { waiting, running, over };

struct SweepState {
    /// A trial of the plan and how far the sweep is with it. One that is to be tried again is waiting, as is
    /// one that a search has paused.
    struct Entry {
        PlannedTrial trial;
        Stage stage = Stage::waiting;
    };

    Run run = {};                       ///< the last use of the folder
    double seconds = 0;                 ///< since it began, until it ended
    std::vector<Entry> plan = {};       ///< in the order of training; empty while it is being made
    std::optional<Progress> progress{}; ///< of the running trial, once it has told
    double progress_age = 0;            ///< seconds since it told
};

/// What the plan does with a trial that failed, was skipped or ran out of time in an earlier use of the
/// folder.
enum class Failures : std::uint8_t { tried_again, left_as_they_are };

/// The state in one glance: no change falls between its parts. Reads only.
SweepState sweep_state(Database& database, Failures failures);

} // namespace fractal::store

template <>
struct fractal::reflect::Fields<fractal::store::PlannedTrial> {
    using P = store::PlannedTrial;
    static constexpr auto list = hana::make_tuple(
        field<"id", &P::id>("number of the trial"), field<"variant", &P::variant>("name of the variant"),
        field<"seed", &P::seed>("seed of the trial"),
        field<"macs", &P::macs>("multiply-accumulates of one image, forward"),
        field<"train_images", &P::train_images>("training images of an epoch"),
        field<"epochs", &P::epochs>("epochs that its recipe asks for"),
        field<"epochs_done", &P::epochs_done>("last epoch that is recorded"),
        field<"seconds", &P::seconds>("time of all recorded epochs", "seconds"),
        field<"disposition", &P::disposition>("where the trial stands"),
        field<"reason", &P::reason>("why it is not finished"));
};
