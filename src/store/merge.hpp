// Which of two records of one trial is the further one.
#pragma once

#include <string>

#include "store/reader.hpp"
#include "store/rows.hpp"

namespace fractal::store {

/// Whether the same trial came further by `theirs` than by `ours`: finished is furthest; then by epochs done;
/// of as many an end is further than what is to be gone on with (interrupted, paused), that than what was
/// skipped, and that than what has not ended; then the one that ended later, if it is not finished. No record
/// is further than itself, so that taking over what is further twice is taking it over once.
bool is_further(const Outcome& theirs, const Outcome& ours);

/// Throws DataError unless every use of the run that `results` are of was by a program of the registry that
/// `manifest` identifies. `name` is what to call the run.
void check_manifest(Reader& results, const std::string& manifest, const std::string& name);

} // namespace fractal::store
