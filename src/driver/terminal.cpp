// ioctl(TIOCGWINSZ), and the escape sequences of ECMA-48.
#include "driver/terminal.hpp"

#include <algorithm>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace fractal::driver {
namespace {

std::string_view escape(Ink ink) {
    switch (ink) {
        case Ink::plain:
            return "";
        case Ink::bold:
            return "\x1b[1m";
        case Ink::dim:
            return "\x1b[2m";
        case Ink::red:
            return "\x1b[31m";
        case Ink::green:
            return "\x1b[32m";
        case Ink::yellow:
            return "\x1b[33m";
        case Ink::cyan:
            return "\x1b[36m";
    }
    return "";
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

} // namespace

Terminal terminal_of(std::FILE* stream) {
    Terminal terminal;
    const int file = ::fileno(stream);
    const char* kind = std::getenv("TERM");
    terminal.interactive = ::isatty(file) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
    const char* no_colour = std::getenv("NO_COLOR");
    terminal.colour = terminal.interactive && (no_colour == nullptr || *no_colour == '\0');
    winsize size{};
    if (terminal.interactive && ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        terminal.width = size.ws_col;
    }
    return terminal;
}

std::string paint(bool colour, Ink ink, std::string_view text) {
    if (!colour || ink == Ink::plain || text.empty()) {
        return std::string(text);
    }
    return std::string(escape(ink)).append(text).append("\x1b[0m");
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            i = std::min(text.find('m', i), text.size() - 1);
        } else if (!is_continuation(text[i])) {
            ++width;
        }
    }
    return width;
}

std::string cut_to(std::string_view text, std::size_t width) {
    if (display_width(text) <= width || width == 0) {
        return std::string(text);
    }
    std::size_t end = 0;
    for (std::size_t characters = 0; end < text.size(); ++end) {
        if (!is_continuation(text[end]) && ++characters == width) {
            break;
        }
    }
    return std::string(text.substr(0, end)) + "…";
}

} // namespace fractal::driver
