// Comparisons of rows.
#include "store/merge.hpp"

#include <tuple>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal::store {
namespace {

/// Of as many epochs: what was not begun, what is to be gone on with and may have a state, what has come to
/// an end.
int rank_of(Disposition disposition) {
    switch (disposition) {
        case Disposition::pending:
        case Disposition::running:
            return 0;
        case Disposition::skipped:
            return 1;
        case Disposition::paused:
        case Disposition::interrupted:
            return 2;
        case Disposition::pruned:
        case Disposition::failed:
        case Disposition::timed_out:
        case Disposition::finished:
            return 3;
    }
    return 0;
}

/// ISO 8601 in UTC sorts as time does. Finished is finished: of two the later is no further.
auto key_of(const Outcome& outcome) {
    const bool finished = outcome.disposition == Disposition::finished;
    return std::tuple(finished, outcome.epochs_done, rank_of(outcome.disposition),
                      finished ? std::string_view{} : std::string_view(outcome.ended));
}

} // namespace

bool is_further(const Outcome& theirs, const Outcome& ours) { return key_of(ours) < key_of(theirs); }

void check_manifest(Reader& results, const std::string& manifest, const std::string& name) {
    for (const Run& run : results.runs()) {
        if (run.manifest == manifest) continue;
        throw DataError(
            fmt::format("{} holds results of another registry (manifest {}, fractal {}; this "
                        "program's is {}): merge it by the program that trained it",
                        name, run.manifest, run.version, manifest));
    }
}

} // namespace fractal::store
