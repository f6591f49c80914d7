// What a person is told on the way, on the error stream.
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace fractal::driver {

/// Writes to the error stream, at once. What cannot be written is dropped: a terminal that has gone away is
/// no reason to lose a run, and there is nobody left to hear of it.
template <class... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
    const std::string text = fmt::format(format, std::forward<Values>(values)...);
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

} // namespace fractal::driver
