// Drop-path: which firings a training step runs (semantics: Drop-path; FractalNet, arXiv 1605.07648, section
// 3).
//
// Choices are made at the joins, before anything runs. From them follows what runs: a firing whose value
// reaches no surviving path is left out, in the forward and in the backward pass.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <fractal/exec/philox.hpp>
#include <fractal/spec/fractal.hpp>

namespace fractal {

/// The firings that a pass runs: of each unit, for each step, the columns as bits.
class Paths {
public:
    /// All firings: evaluation, and training without drop-path.
    constexpr Paths() { columns_.fill(every_column); }

    /// Column `column` alone, a plain chain: the anytime network.
    static constexpr Paths one_column(int column) {
        Paths paths;
        for (int step = 1; step <= steps; ++step) {
            for (int unit = 0; unit < max_depth; ++unit) {
                const bool fires = step % (1 << column) == 0;
                paths.at(unit, step) = static_cast<std::uint8_t>(fires ? 1 << column : 0);
            }
        }
        return paths;
    }

    /// The firings that survivors need: `survivors(unit, step)` gives the columns, as bits, whose values a
    /// join of several keeps; it is asked for every such join, in slot order.
    template <class Survivors>
    static constexpr Paths from_survivors(int depth, int columns, Survivors survivors) {
        Paths paths;
        for (int unit = 0; unit < depth; ++unit) {
            for (int step = 1; step <= steps_of(columns); ++step) {
                paths.at(unit, step) = fired(step) == 1 ? 1 : survivors(unit, step);
            }
            paths.keep_needed(unit, columns);
        }
        return paths;
    }

    /// Whether a firing runs.
    constexpr bool runs(const Site& site) const {
        return ((columns_[index(site.unit, site.step)] >> site.column) & 1) != 0;
    }

    /// Number of columns that fire at a step: 1 + how often 2 divides it.
    static constexpr int fired(int step) { return std::countr_zero(static_cast<unsigned>(step)) + 1; }

private:
    static constexpr int steps = 1 << (max_columns - 1);
    static constexpr std::uint8_t every_column = 0xFF;

    static constexpr std::size_t index(int unit, int step) {
        return static_cast<std::size_t>(unit * steps + step - 1);
    }
    constexpr std::uint8_t& at(int unit, int step) { return columns_[index(unit, step)]; }

    /// From the last join back: the value of column j at step i comes from the join at step i - 2^j.
    constexpr void keep_needed(int unit, int columns) {
        std::array<bool, steps + 1> needed{};
        const int last = steps_of(columns);
        needed[static_cast<std::size_t>(last)] = true;
        for (int step = last; step > 0; --step) {
            if (!needed[static_cast<std::size_t>(step)]) at(unit, step) = 0;
            for (int column = 0; column < columns; ++column) {
                const int before = step - (1 << column);
                if (before >= 0 && runs(Site{unit, step, column}))
                    needed[static_cast<std::size_t>(before)] = true;
            }
        }
    }

    std::array<std::uint8_t, static_cast<std::size_t>(max_depth) * steps> columns_{};
};

/// Draws paths: a function of seed and step, so nothing has to be saved for a resumed run.
struct DropPathSampler {
    DropPathMode mode = DropPathMode::none; ///< how paths fall
    double probability = 0.15;              ///< that a value falls at a join, in local mode
    std::uint64_t seed = 0;                 ///< of the run

    /// The column that runs alone in a step, where one does.
    constexpr std::optional<int> only_column(std::int64_t step, int columns) const {
        const bool global =
            mode == DropPathMode::global || (mode == DropPathMode::mixed && uniform(step, coin, 0) < 0.5);
        if (!global || columns == 1) return std::nullopt;
        return static_cast<int>(uniform(step, column_choice, 0) * columns);
    }
    /// The paths of training step `step` of a network of so many units and columns.
    constexpr Paths draw(std::int64_t step, int depth, int columns) const {
        if (mode == DropPathMode::none || columns == 1) return {};
        if (const std::optional<int> column = only_column(step, columns)) return Paths::one_column(*column);
        return Paths::from_survivors(depth, columns,
                                     [&](int unit, int at) { return survivors(step, unit, at); });
    }

private:
    // What a draw is for; the last word keeps these counters apart from those of dropout masks and of data.
    static constexpr std::uint32_t coin = 0xE0000000;
    static constexpr std::uint32_t column_choice = 0xE0000001;
    static constexpr std::uint32_t join = 0xE0000002;

    /// Uniform in [0, 1).
    constexpr double uniform(std::int64_t step, std::uint32_t purpose, std::uint32_t item) const {
        const auto count = static_cast<std::uint64_t>(step);
        const std::uint32_t word = philox4x32(
            {item, static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(count >> 32), purpose},
            philox_key(seed))[0];
        return static_cast<double>(word) / 4294967296.0;
    }

    constexpr std::uint8_t survivors(std::int64_t step, int unit, int at) const {
        const int fired = Paths::fired(at);
        const auto item = static_cast<std::uint32_t>((unit << 16) | (at << 4));
        std::uint8_t kept = 0;
        for (int column = 0; column < fired; ++column) {
            if (uniform(step, join, item + static_cast<std::uint32_t>(column)) >= probability) {
                kept = static_cast<std::uint8_t>(kept | (1 << column));
            }
        }
        if (kept != 0) return kept;
        // All fell: one stays. Item 15 of the join is no column's.
        return static_cast<std::uint8_t>(1 << static_cast<int>(uniform(step, join, item + 15) * fired));
    }
};

} // namespace fractal
