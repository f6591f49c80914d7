// The usual matcher that goes back to the last star only.
#include "base/glob.hpp"

#include <cstddef>

namespace fractal {
namespace {

/// Length of the set at the beginning of `pattern`, its brackets included; 0 if there is none.
std::size_t set_length(std::string_view pattern) {
    if (!pattern.starts_with('[')) {
        return 0;
    }
    // A `]` that stands first is a member.
    const std::size_t first = pattern.substr(1).starts_with('!') ? 2 : 1;
    const std::size_t close = pattern.find(']', first + 1);
    return close == std::string_view::npos ? 0 : close + 1;
}

bool set_holds(std::string_view set, char c) {
    const bool negated = set.starts_with('!');
    set.remove_prefix(negated ? 1 : 0);
    bool holds = false;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const bool range = i + 2 < set.size() && set[i + 1] == '-';
        holds = holds || (range ? set[i] <= c && c <= set[i + 2] : set[i] == c);
        i += range ? 2 : 0;
    }
    return holds != negated;
}

} // namespace

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (t < text.size()) {
        const std::string_view rest = pattern.substr(p);
        const std::size_t set = set_length(rest);
        if (rest.starts_with('*')) {
            star = p++;
            retry = t;
        } else if (set > 0 ? set_holds(rest.substr(1, set - 2), text[t])
                           : !rest.empty() && (rest[0] == '?' || rest[0] == text[t])) {
            p += set > 0 ? set : 1;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

} // namespace fractal
