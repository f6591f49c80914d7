// Three queries in one read transaction, which holds up no writer in WAL mode.
#include "store/sweep_state.hpp"

#include <fmt/format.h>

#include "reflect/sql.hpp"

namespace fractal::store {
namespace {

Stage stage_of(Disposition disposition, bool begun, Failures failures) {
    switch (disposition) {
        case Disposition::running:
            return Stage::running;
        case Disposition::pending:
        case Disposition::paused:
            return Stage::waiting;
        case Disposition::interrupted:
            return begun ? Stage::over : Stage::waiting;
        case Disposition::finished:
        case Disposition::pruned:
            return Stage::over;
        case Disposition::failed:
        case Disposition::skipped:
        case Disposition::timed_out:
            return begun || failures == Failures::left_as_they_are ? Stage::over : Stage::waiting;
    }
    return Stage::waiting;
}

} // namespace

SweepState sweep_state(Database& database, Failures failures) {
    SweepState state;
    const Snapshot snapshot(database);
    Statement run = database.prepare(fmt::format(
        "SELECT strftime('%s', iif(ended = '', 'now', ended)) - strftime('%s', created), {} FROM run "
        "ORDER BY id DESC LIMIT 1",
        reflect::sql_columns<Run>()));
    if (!run.step()) {
        return state;
    }
    state.seconds = run.real(0);
    int at = 1;
    state.run = reflect::read_members<Run>(run, at);

    Statement plan = database.prepare(fmt::format(
        "SELECT trial.run = (SELECT max(id) FROM run), {} FROM plan JOIN trials ON trials.id = plan.trial "
        "JOIN trial ON trial.id = plan.trial ORDER BY plan.position",
        reflect::sql_columns<PlannedTrial>("trials.")));
    while (plan.step()) {
        at = 1;
        SweepState::Entry entry{.trial = reflect::read_members<PlannedTrial>(plan, at)};
        entry.stage = stage_of(entry.trial.disposition, plan.integer(0) != 0, failures);
        state.plan.push_back(std::move(entry));
    }

    Statement progress = database.prepare(
        fmt::format("SELECT strftime('%s', 'now') - strftime('%s', told), {} FROM progress JOIN trial "
                    "ON trial.id = progress.trial WHERE disposition = 'running'",
                    reflect::sql_columns<Progress>("progress.")));
    if (progress.step()) {
        state.progress_age = progress.real(0);
        at = 1;
        state.progress = reflect::read_members<Progress>(progress, at);
    }
    return state;
}

} // namespace fractal::store
