// The error for what another process is using now and will let go.
#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"

namespace fractal::store {

/// A run folder or a results file is in use by another process: try again later (EX_TEMPFAIL, 75).
struct BusyError : Error {
    explicit BusyError(std::string message) : Error(std::move(message), 75) {}
};

} // namespace fractal::store
