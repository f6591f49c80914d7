// The errors that end a program or a trial with a message for a person and an exit status for a script.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace fractal {

/// An error whose message names the thing, its value, what was expected and the remedy.
struct Error : std::runtime_error {
    Error(std::string message, int code) : std::runtime_error(std::move(message)), exit_code(code) {}
    int exit_code;
};

/// What was asked for cannot be: an unknown name, flag or value (EX_USAGE).
struct UsageError : Error {
    explicit UsageError(std::string message) : Error(std::move(message), 64) {}
};

/// What was read is not what it should be: a damaged or foreign file (EX_DATAERR).
struct DataError : Error {
    explicit DataError(std::string message) : Error(std::move(message), 65) {}
};

/// A file, folder or device that is missing or fails (EX_IOERR).
struct IoError : Error {
    explicit IoError(std::string message) : Error(std::move(message), 74) {}
};

} // namespace fractal
