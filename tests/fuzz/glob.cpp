// Globs: the matcher against the definition, which tries every length for a star. The first line of an input
// is the pattern, the rest the text.
#include "base/glob.hpp"

#include <string>

#include "fuzz.hpp"

using namespace fractal;

namespace {

/// For patterns of letters, `?` and `*`.
bool matches(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*')
        return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
    return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
           matches(pattern.substr(1), text.substr(1));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::text_of(data, size);
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view pattern = input.substr(0, end);
    const std::string_view text = input.substr(std::min(end + 1, input.size()));
    const bool found = glob_matches(pattern, text);
    if (pattern.size() <= 8 && text.size() <= 12 && pattern.find('[') == std::string_view::npos)
        fuzz::require(found == matches(pattern, text), "a glob matches what its definition does");
    fuzz::require(glob_matches("*", text), "* is everything");
    return 0;
}
