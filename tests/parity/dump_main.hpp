// The program around a record of tensors that a Python program judges.
#pragma once

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "weights/safetensors.hpp"

namespace fractal::testing {

/// Writes what `record` returns to the file that the only argument names; the exit status. `program` is its
/// name in messages.
inline int dump_main(std::string_view program, int argc, char** argv, TensorFile (*record)()) {
    if (argc != 2) {
        std::cerr << program << ": expected one argument, the file to write\n";
        return 64;
    }
    try {
        write_tensors(argv[1], record());
    } catch (const std::exception& error) {
        std::cerr << program << ": " << error.what() << "\n";
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

} // namespace fractal::testing
