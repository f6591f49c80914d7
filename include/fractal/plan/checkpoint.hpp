// A checkpoint plan: which parts of a network keep their input alone and are run again for their gradient.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <fractal/spec/fractal.hpp>

namespace fractal {

/// Marks on the nodes of a network: its units, the sub-fractals `columns<c>` of two columns or more, and its
/// firings. Marks may nest: the second run of a marked node heeds the marks inside it. A sub-fractal of one
/// column is its firing, and is marked as that. A plain value, the same on both sides of the wall.
class CheckpointPlan {
public:
    constexpr CheckpointPlan() = default;

    /// Every unit of a network and nothing else: what `--checkpoint full` means.
    static constexpr CheckpointPlan units(const NetworkSpec& net) {
        CheckpointPlan plan;
        for (int unit = 0; unit < net.depth; ++unit) plan.mark(net, Segment{.at = {.unit = unit}});
        return plan;
    }

    /// The rule of T. Chen et al. 2016 (arXiv 1604.06174), by which a chain of n steps is run again in pieces
    /// of about sqrt(n): the greatest nodes whose longest path, in firings, is no longer than that.
    static constexpr CheckpointPlan square_root(const NetworkSpec& net) {
        CheckpointPlan plan;
        for (int unit = 0; unit < net.depth; ++unit)
            plan.mark_short(net, net.columns, Site{.unit = unit}, true);
        return plan;
    }

    /// Whether a segment is marked.
    constexpr bool marks(const NetworkSpec& net, const Segment& segment) const {
        if (is_one_column(segment)) return false;
        const std::size_t bit = place(net, segment);
        return (words_[bit / 64] >> (bit % 64) & 1) != 0;
    }
    /// Marks a segment.
    constexpr void mark(const NetworkSpec& net, const Segment& segment) {
        if (is_one_column(segment)) return;
        const std::size_t bit = place(net, segment);
        words_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    /// Number of marks.
    constexpr int count() const {
        int marks = 0;
        for (const std::uint64_t word : words_) marks += std::popcount(word);
        return marks;
    }
    /// Whether nothing is marked.
    constexpr bool empty() const { return count() == 0; }
    constexpr bool operator==(const CheckpointPlan&) const = default;

private:
    constexpr void mark_short(const NetworkSpec& net, int columns, Site at, bool whole_unit) {
        const std::int64_t path = steps_of(columns);
        if (path == 1 || path * path <= std::int64_t{net.depth} * steps_of(net.columns)) {
            const auto kind = whole_unit    ? Segment::Kind::unit
                              : columns > 1 ? Segment::Kind::columns
                                            : Segment::Kind::firing;
            return mark(net, Segment{kind, at, whole_unit ? 1 : columns});
        }
        mark_short(net, columns - 1, at, false);
        at.firing += firings_of(columns - 1);
        mark_short(net, columns - 1, at, false);
        at.firing += firings_of(columns - 1);
        mark_short(net, 1, at, false);
    }
    static constexpr bool is_one_column(const Segment& segment) {
        return segment.kind == Segment::Kind::columns && segment.columns == 1;
    }
    /// A unit has a bit of its own, one for each firing, and one for each sub-fractal, which stands where its
    /// last firing does: every firing but those of column 0 is the last of exactly one sub-fractal.
    static constexpr std::size_t place(const NetworkSpec& net, const Segment& segment) {
        const int firings = firings_of(net.columns);
        int within = 0;
        if (segment.kind == Segment::Kind::firing) within = 1 + segment.at.firing;
        if (segment.kind == Segment::Kind::columns) {
            within = 1 + firings + segment.at.firing + firings_of(segment.columns) - 1;
        }
        return static_cast<std::size_t>(segment.at.unit * (1 + 2 * firings) + within);
    }

    static constexpr std::size_t most_bits = max_depth * (1 + 2 * firings_of(max_columns));
    std::array<std::uint64_t, (most_bits + 63) / 64> words_{};
};

} // namespace fractal
