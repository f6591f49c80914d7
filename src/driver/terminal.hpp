// What a stream leads to, and text with colours for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace fractal::driver {

/// A stream as a person sees it.
struct Terminal {
    bool interactive = false; ///< a terminal that can move its cursor
    bool colour = false;      ///< interactive, and NO_COLOR (no-color.org) is not set
    std::size_t width = 100;  ///< characters in a line; 100 where it is no terminal
};

Terminal terminal_of(std::FILE* stream);

enum class Ink : std::uint8_t { plain, bold, dim, red, green, yellow, cyan };

/// `text` in that ink where `colour` is true, else as it is.
std::string paint(bool colour, Ink ink, std::string_view text);

/// Characters that `text`, in UTF-8, takes on a terminal; colours take none.
std::size_t display_width(std::string_view text);

/// The first `width` characters of `text`, with `…` as the last of them where something was cut off.
std::string cut_to(std::string_view text, std::size_t width);

} // namespace fractal::driver
