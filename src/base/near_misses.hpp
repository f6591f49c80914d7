// Names that resemble one that was not found, for error messages.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fractal {

/// Up to `most` of `candidates` that resemble `wanted`, the nearest first; empty if none does.
/// Nearness is the edit distance of insertion, deletion, substitution and the swap of neighbours, without
/// regard to case. A candidate of which only the beginning is near counts one edit more, so that an
/// unfinished name, or a pattern without its trailing `*`, finds its continuations. O(sum of lengths * length
/// of wanted).
std::vector<std::string> near_misses(std::string_view wanted, std::span<const std::string_view> candidates,
                                     std::size_t most = 3);

/// The same as the end of a message: `; did you mean a, b or c?`, or nothing if no candidate resembles it.
std::string did_you_mean(std::string_view wanted, std::span<const std::string_view> candidates,
                         std::size_t most = 3);
/// The same of candidates that own their texts.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates,
                         std::size_t most = 3);

} // namespace fractal
