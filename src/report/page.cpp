// Puts the parts of the page together.
#include "report/page.hpp"

#include <array>
#include <utility>

#include "report/page_files.hpp"

namespace fractal::report {
namespace {

/// JSON that may stand in a script element: without `<` nothing in it can end the element or begin a comment.
std::string embedded_json(const reflect::Json& data) {
    const std::string text = reflect::json_text(data);
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        if (c == '<') {
            safe += "\\u003c"; // within a string, where alone JSON has it
        } else {
            safe += c;
        }
    }
    return safe;
}

} // namespace

std::string page(const reflect::Json& data, std::string_view plotly) {
    const std::string json = embedded_json(data);
    const std::array<std::pair<std::string_view, std::string_view>, 4> parts{
        {{"@STYLE@", page_style}, {"@PLOTLY@", plotly}, {"@DATA@", json}, {"@SCRIPT@", page_script}}};
    // From left to right, so that what was put in is not looked at again.
    std::string text;
    std::string_view rest = page_frame;
    for (const auto& [mark, part] : parts) {
        const std::size_t at = rest.find(mark);
        text += rest.substr(0, at);
        text += part;
        rest.remove_prefix(at + mark.size());
    }
    return text.append(rest);
}

} // namespace fractal::report
