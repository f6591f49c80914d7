// Memory and work of parts of a network, and of parts put together.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fractal {

/// Memory and work of a part of a network, in bytes and multiply-accumulates. Peaks are counted from what
/// lives when the pass enters the part; the part's input is not counted.
struct SegmentMemory {
    std::int64_t kept = 0;     ///< for the backward pass, kept outputs included
    std::int64_t loose = 0;    ///< outputs that are not kept, and live until their reader has run
    std::int64_t forward = 0;  ///< most at once while it runs
    std::int64_t backward = 0; ///< most at once while its gradient runs, the gradient of its output included
    std::int64_t macs = 0;     ///< multiply-accumulates that marks add
    bool keeps_input = false;  ///< whether its input is kept for its backward pass

    constexpr bool operator==(const SegmentMemory&) const = default;
};

/// Two parts, the second of which reads what the first makes, a value of `value` bytes; `left` are the
/// gradients that the second leaves behind.
constexpr SegmentMemory in_sequence(const SegmentMemory& first, const SegmentMemory& second,
                                    std::int64_t value, std::int64_t left) {
    const std::int64_t kept = first.kept + (second.keeps_input ? value : 0);
    return {.kept = kept + second.kept,
            .loose = second.loose,
            .forward = std::max(first.forward, first.kept + value + second.forward),
            .backward = std::max(first.backward + left, kept + second.backward),
            .macs = first.macs + second.macs,
            .keeps_input = first.keeps_input};
}

/// A part that keeps its input alone and is run again as `inside`. Its first run has its own peak, `bare`,
/// and leaves values of `out` bytes; the second, of `macs`, holds a gradient of `gradient` bytes all the
/// time.
constexpr SegmentMemory run_again(const SegmentMemory& inside, std::int64_t bare, std::int64_t out,
                                  std::int64_t gradient, std::int64_t macs) {
    return {.kept = 0,
            .loose = out,
            .forward = bare,
            .backward = std::max(inside.backward, gradient + inside.forward),
            .macs = inside.macs + macs,
            .keeps_input = true};
}

} // namespace fractal
