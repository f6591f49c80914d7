// A reading of the fractal rule that writes down who fired and met when; then lines of characters.
#include "driver/drawing.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fractal/spec/fractal.hpp>
#include <fractal/spec/name.hpp>

#include "driver/terminal.hpp"

namespace fractal::driver {
namespace {

/// Follows the walk and keeps unit 0, of which the others are copies.
class StepReading {
public:
    struct Value {};

    template <int Columns, class Body>
    auto segment(const Segment&, const Value& in, Body body) {
        return body(in);
    }
    Value fire(const Site& site, const Value&) {
        if (site.unit == 0) {
            ++at(site.step).firings;
        }
        return {};
    }
    Value join(int unit, int step, std::span<const Value> values) {
        if (unit == 0) {
            at(step).joined = static_cast<int>(values.size());
        }
        return {};
    }
    Value transition(int, const Value&) { return {}; }
    Value pool(int, const Value&) { return {}; }
    Value unit_dropout(int, const Value&) { return {}; }
    Value head(const Value&) { return {}; }

    std::vector<DrawnStep> steps;

private:
    DrawnStep& at(int step) {
        const auto index = static_cast<std::size_t>(step);
        steps.resize(std::max(steps.size(), index));
        return steps[index - 1];
    }
};

/// What lines are drawn with.
struct Glyphs {
    std::string_view wire, firing, pool, transition, more;
    std::string_view fork_left, fork, fork_right, fork_bar;
    std::string_view join_left, join, join_right, join_bar;
    std::string_view last_left, last;
    std::string_view times, arrow;
};
constexpr Glyphs unicode{"│", "[■]", "▽", "[1]", "⋮", "┌", "┬", "┤", "─",
                         "╞", "╪",   "╡", "═",   "╘", "╧", "×", "→"};
constexpr Glyphs ascii{"|", "[#]", "v", "[1]", ":", "+", "+", "+", "-",
                       "+", "+",   "+", "=",   "+", "+", "x", "->"};

/// Draws line by line. The middle of column j stands at x(j).
class Canvas {
public:
    Canvas(const NetworkSpec& net, const DrawingStyle& style)
        : columns_(net.columns),
          pitch_(net.columns <= 5 ? 8 : 6),
          colour_(style.colour),
          glyphs_(style.ascii ? ascii : unicode) {}

    /// A line with a label on the left, a cell in each column from the shallowest on, and a note on the
    /// right.
    template <class Cell>
    void line(std::string_view label, Cell cell, std::string_view note) {
        std::string text = fmt::format("{:>{}}", label, label_width);
        std::size_t column_end = label_width;
        for (int column = columns_ - 1; column >= 0; --column) {
            const auto [glyph, ink] = cell(column);
            const std::size_t width = display_width(glyph);
            text += std::string(x(column) - width / 2 - column_end, ' ') + paint(colour_, ink, glyph);
            column_end = x(column) - width / 2 + width;
        }
        finish(text, column_end, note);
    }

    /// A bar over columns 0 to reach - 1; the others' wires go on.
    void bar(int reach, std::string_view left, std::string_view middle, std::string_view right,
             std::string_view bar, Ink ink, std::string_view note) {
        std::string text(x(columns_ - 1), ' ');
        for (int column = columns_ - 1; column >= 0; --column) {
            const bool inside = column < reach;
            const std::string_view glyph = !inside               ? glyphs_.wire
                                           : column == 0         ? right
                                           : column + 1 == reach ? left
                                                                 : middle;
            text += paint(colour_, inside ? ink : Ink::plain, glyph);
            if (column > 0) {
                std::string between;
                for (std::size_t i = 1; i < pitch_; ++i) {
                    between += inside ? bar : std::string_view(" ");
                }
                text += paint(colour_, inside ? ink : Ink::plain, between);
            }
        }
        finish(text, x(0) + 1, note);
    }

    const Glyphs& glyphs() const { return glyphs_; }
    std::string take() { return std::move(text_); }

private:
    static constexpr std::size_t label_width = 8;
    std::size_t x(int column) const {
        return label_width + 4 + pitch_ * static_cast<std::size_t>(columns_ - 1 - column);
    }
    void finish(std::string& line, std::size_t width, std::string_view note) {
        if (!note.empty()) {
            line += std::string(x(0) + 5 - width, ' ') + paint(colour_, Ink::dim, note);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text_ += line + "\n";
    }

    int columns_;
    std::size_t pitch_;
    bool colour_;
    const Glyphs& glyphs_;
    std::string text_;
};

struct Cell {
    std::string_view glyph;
    Ink ink = Ink::plain;
};

/// A line in which only column 0 shows something: what comes before the columns part and after they met.
void draw_trunk(Canvas& canvas, std::string_view glyph, Ink ink, std::string_view note) {
    canvas.line(
        "",
        [&](int column) {
            return Cell{column == 0 ? glyph : " ", column == 0 ? ink : Ink::plain};
        },
        note);
}

void draw_entry(Canvas& canvas, const NetworkSpec& net) {
    const Glyphs& glyphs = canvas.glyphs();
    std::vector<std::string> names;
    for (int column = 0; column < net.columns; ++column) {
        names.push_back(std::to_string(column));
    }
    canvas.line(
        "column",
        [&](int column) {
            return Cell{names[static_cast<std::size_t>(column)], Ink::bold};
        },
        "");
    draw_trunk(canvas, glyphs.wire, Ink::plain, "the unit's input");
    if (net.transition) {
        draw_trunk(canvas, glyphs.transition, Ink::cyan,
                   fmt::format("transition, where the channels change: 1{}1 convolution", glyphs.times));
    }
    if (net.columns > 1) {
        canvas.bar(net.columns, glyphs.fork_left, glyphs.fork, glyphs.fork_right, glyphs.fork_bar, Ink::plain,
                   "");
    }
}

void draw_step(Canvas& canvas, const DrawnLine& line) {
    const Glyphs& glyphs = canvas.glyphs();
    const bool repeated = line.first != line.last;
    const std::string label =
        repeated ? fmt::format("{}..{}", line.first, line.last) : std::to_string(line.first);
    const std::string note = repeated ? fmt::format("as steps 1 to {}", line.last - line.first + 1) : "";
    canvas.line(
        label,
        [&](int column) {
            if (column >= line.columns_fired) {
                return Cell{glyphs.wire};
            }
            return repeated ? Cell{glyphs.more} : Cell{glyphs.firing, Ink::yellow};
        },
        note);
}

void draw_join(Canvas& canvas, const DrawnStep& step, bool last, int columns) {
    if (step.joined < 2) {
        return;
    }
    const Glyphs& glyphs = canvas.glyphs();
    const std::string note = fmt::format("mean of {}", step.joined);
    if (last && step.joined == columns) {
        canvas.bar(columns, glyphs.last_left, glyphs.last, glyphs.join_right, glyphs.join_bar, Ink::green,
                   note);
    } else {
        canvas.bar(step.joined, glyphs.join_left, glyphs.join, glyphs.join_right, glyphs.join_bar, Ink::green,
                   note);
    }
}

} // namespace

std::vector<DrawnStep> steps_of_unit(const NetworkSpec& net) {
    StepReading reading;
    walk(reading, net, StepReading::Value{});
    return std::move(reading.steps);
}

std::vector<DrawnLine> lines_of_unit(const NetworkSpec& net, bool whole) {
    constexpr int most_steps = 16;
    constexpr int first_steps = 8;
    const std::vector<DrawnStep> steps = steps_of_unit(net);
    const auto count = static_cast<int>(steps.size());
    std::vector<DrawnLine> lines;
    const auto add = [&](int first, int last) {
        DrawnLine line{.first = first, .last = last, .step = steps[static_cast<std::size_t>(last) - 1]};
        for (int i = first; i <= last; ++i) {
            const int firings = steps[static_cast<std::size_t>(i) - 1].firings;
            line.firings += firings;
            line.columns_fired = std::max(line.columns_fired, firings);
        }
        lines.push_back(line);
    };
    const int in_full = whole || count <= most_steps ? count : first_steps;
    for (int step = 1; step <= in_full; ++step) {
        add(step, step);
    }
    // Steps i/2 + 1 to i - 1 fire and join as steps 1 to i/2 - 1 do: a divisor 2^j < i/2 of i/2 + s divides
    // s.
    for (int step = 2 * in_full; step <= count; step *= 2) {
        add(step / 2 + 1, step - 1);
        add(step, step);
    }
    return lines;
}

std::string drawing(const NetworkSpec& net, const DrawingStyle& style) {
    Canvas canvas(net, style);
    const Glyphs& glyphs = canvas.glyphs();
    draw_entry(canvas, net);
    const std::vector<DrawnLine> lines = lines_of_unit(net, style.whole);
    const bool pool_first = net.pool == PoolPlacement::before_join;
    const std::string pool_note = fmt::format("2{}2 max pool", glyphs.times);
    for (const DrawnLine& line : lines) {
        const bool last = &line == &lines.back();
        draw_step(canvas, line);
        if (last && pool_first) {
            canvas.line(
                "",
                [&](int) {
                    return Cell{glyphs.pool, Ink::cyan};
                },
                pool_note + " of each column");
        }
        if (line.first == line.last) {
            draw_join(canvas, line.step, last, net.columns);
        }
    }
    if (!pool_first) {
        draw_trunk(canvas, glyphs.pool, Ink::cyan, pool_note);
    }
    const bool unit_dropout = std::ranges::any_of(net.unit_dropout, [](int percent) { return percent > 0; });
    draw_trunk(canvas, glyphs.wire, Ink::plain,
               unit_dropout ? "the unit's output, through its channel dropout" : "the unit's output");

    std::string order;
    for (const LayerSpec* layer : net.order) {
        order += (order.empty() ? "" : fmt::format(" {} ", glyphs.arrow)) + std::string(layer->name);
    }
    return canvas.take() + fmt::format("\n{}{} is one firing, with weights of its own: {}\n",
                                       std::string(4, ' '), paint(style.colour, Ink::yellow, glyphs.firing),
                                       order);
}

} // namespace fractal::driver
