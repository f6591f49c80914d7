// Patterns of names: `paper/d3-c2-*`, in the driver's arguments and in FRACTAL_VARIANTS.
#pragma once

#include <string_view>

namespace fractal {

/// Whether `text` holds a character that makes it a pattern: `*`, `?` or `[`.
bool is_glob(std::string_view text);

/// Whether `pattern` describes all of `text`. `*` is any text, a `/` included, `?` any character, `[abc]` and
/// `[1-3]` one of a set, `[!abc]` one not in it; a `[` without its `]` is itself. Linear in time but for the
/// number of `*`.
bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace fractal
