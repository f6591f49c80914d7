// Words for a shell.
#include "driver/program.hpp"

namespace fractal::driver {

std::string shell_word(std::string_view text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) {
        return std::string(text);
    }
    std::string word = "'";
    for (const char c : text) {
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return word + "'";
}

std::string Program::command_text() const {
    std::string text;
    for (const std::string& word : command_line) {
        text += (text.empty() ? "" : " ") + shell_word(word);
    }
    return text;
}

std::string Program::name() const {
    return command_line.empty() ? "fractal" : shell_word(command_line.front());
}

} // namespace fractal::driver
