// How long threads of OpenMP's that have nothing to do hold on to their cores.
#pragma once

namespace fractal {

/// Has threads of GNU's OpenMP library that wait for the next part of a step look for it for a moment only,
/// where its default is milliseconds: the thread that makes the next batch needs a core that none of them
/// holds. To be called before that library is loaded, which reads its environment then. Returns whether it
/// set anything: what the user says by OMP_WAIT_POLICY or GOMP_SPINCOUNT holds.
bool wait_briefly();

} // namespace fractal
