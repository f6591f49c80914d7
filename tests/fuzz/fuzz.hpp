// What the fuzz targets share: how an input is taken, and which errors are the right answer to a bad one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/error.hpp"

/// libFuzzer's entry: reads one input. The replay program calls it with the bytes of each file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fractal::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Ends the program where a property does not hold, for libFuzzer to keep the input.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Runs `read`. An input may be refused as bad usage or bad data with a message; any other exception ends the
/// program.
template <typename Read>
bool accepts(Read&& read) {
    constexpr int bad_usage = 64;
    constexpr int bad_data = 65;
    try {
        read();
        return true;
    } catch (const Error& error) {
        require(error.exit_code == bad_usage || error.exit_code == bad_data, error.what());
        require(error.what()[0] != '\0', "a refusal says why");
        return false;
    }
}

} // namespace fractal::fuzz
