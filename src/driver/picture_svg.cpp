// Lays a unit's steps out on a grid of columns and rows.
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fractal/spec/fractal.hpp>
#include <fractal/spec/name.hpp>

#include "driver/drawing.hpp"
#include "driver/picture.hpp"

namespace fractal::driver {
namespace {

constexpr std::string_view style = R"(<style>
    text { font: 13px system-ui, sans-serif; fill: #334155; }
    .small { font-size: 11.5px; fill: #64748b; }
    .wire { stroke: #94a3b8; stroke-width: 1.6; fill: none; }
    .firing { fill: #dbeafe; stroke: #2563eb; stroke-width: 1.4; }
    .join { stroke: #15803d; stroke-width: 6; stroke-linecap: round; }
    .mean { fill: #15803d; }
    .other { fill: #fef3c7; stroke: #b45309; stroke-width: 1.4; }
    @media (prefers-color-scheme: dark) {
      text { fill: #cbd5e1; }
      .small { fill: #94a3b8; }
      .firing { fill: #1e3a5f; stroke: #60a5fa; }
      .join { stroke: #4ade80; }
      .mean { fill: #4ade80; }
      .other { fill: #45330f; stroke: #fbbf24; }
    }
  </style>)";

/// What a name or a title may hold that markup may not.
std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

/// Places on the page, in pixels.
class Page {
public:
    explicit Page(int columns) : columns_(columns) {}

    /// The middle of a column, 0 on the right.
    int x(int column) const { return left + (columns_ - 1 - column) * pitch; }
    int middle() const { return (x(0) + x(columns_ - 1)) / 2; }
    int width() const { return x(0) + 150; }

    void text(int at_x, int at_y, std::string_view words, std::string_view anchor,
              std::string_view kind = "") {
        add(R"(<text x="{}" y="{}" text-anchor="{}"{}>{}</text>)", at_x, at_y, anchor,
            kind.empty() ? "" : fmt::format(R"( class="{}")", kind), escaped(words));
    }
    /// A text that ends in a part of class `kind`, for who wants to find that part.
    void text_with(int at_x, int at_y, std::string_view words, std::string_view part, std::string_view kind) {
        add(R"(<text x="{}" y="{}">{} <tspan class="{}">{}</tspan></text>)", at_x, at_y, escaped(words), kind,
            escaped(part));
    }
    void line(int x1, int y1, int x2, int y2, std::string_view kind = "wire") {
        add(R"(<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>)", kind, x1, y1, x2, y2);
    }
    void box(int at_x, int at_y, std::string_view words, std::string_view kind) {
        add(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="5"/>)", kind, at_x - box_width / 2,
            at_y - box_height / 2, box_width, box_height);
        text(at_x, at_y + 4, words, "middle");
    }
    /// The page as a file of `height` pixels.
    std::string file(int height, std::string_view title, std::string_view description) const {
        return fmt::format(
            R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">
  <title>{2}</title>
  <desc>{3}</desc>
  {4}
{5}</svg>
)",
            width(), height, escaped(title), escaped(description), style, body_);
    }

private:
    static constexpr int left = 120;
    static constexpr int pitch = 92;
    static constexpr int box_width = 68;
    static constexpr int box_height = 24;

    template <class... Values>
    void add(fmt::format_string<Values...> form, Values&&... values) {
        body_ += "  " + fmt::format(form, std::forward<Values>(values)...) + "\n";
    }

    int columns_;
    std::string body_;
};

/// From the unit's input to where the columns part; returns the height of that line.
int draw_entry(Page& page, const NetworkSpec& net) {
    page.text(page.middle(), 22, "z, the unit's input", "middle");
    int y = 30;
    if (net.transition) {
        page.line(page.middle(), y, page.middle(), y + 14);
        page.box(page.middle(), y + 26, "1×1 conv", "other");
        page.text(page.middle() + 42, y + 30, "where the channels change", "start", "small");
        y += 38;
    }
    page.line(page.middle(), y, page.middle(), y + 22);
    y += 22;
    page.line(page.x(net.columns - 1), y, page.x(0), y);
    for (int column = 0; column < net.columns; ++column) {
        page.text(page.x(column) + 8, y + 20, fmt::format("column {}", column), "start", "small");
    }
    return y;
}

/// The firings of a line, and the join below them.
void draw_line(Page& page, const DrawnLine& line, int y) {
    const bool repeated = line.first != line.last;
    const std::string steps =
        repeated ? fmt::format("{} to {}", line.first, line.last) : fmt::format("step {}", line.first);
    page.text(28, y + 4, steps, "start", "small");
    for (int column = 0; column < line.columns_fired; ++column) {
        page.box(page.x(column), y, repeated ? "…" : "firing", "firing");
    }
    if (repeated) {
        page.text(page.x(0) + 40, y + 4, fmt::format("as steps 1 to {}", line.last - line.first + 1), "start",
                  "small");
    }
}

void draw_join(Page& page, int joined, int y) {
    if (joined < 2) return;
    page.line(page.x(joined - 1), y, page.x(0), y, "join");
    page.text(page.x(0) + 40, y + 4, fmt::format("mean of {}", joined), "start", "mean");
}

} // namespace

std::string svg_of(const NetworkSpec& net, std::string_view title) {
    constexpr int row = 58;
    constexpr int below = 28; // from a firing to its join
    Page page(net.columns);
    const std::vector<DrawnLine> lines = lines_of_unit(net, false);
    const bool pool_first = net.pool == PoolPlacement::before_join && net.columns > 1;
    const int top = draw_entry(page, net);
    const int last_row = top + 8 + row * static_cast<int>(lines.size());
    int end = last_row + below + (pool_first ? 34 : 0);
    for (int column = 0; column < net.columns; ++column) page.line(page.x(column), top, page.x(column), end);

    int y = top + 8;
    for (const DrawnLine& line : lines) {
        y += row;
        draw_line(page, line, y);
        if (line.first == line.last && y != last_row) draw_join(page, line.step.joined, y + below);
    }
    if (pool_first) {
        for (int column = 0; column < net.columns; ++column)
            page.box(page.x(column), y + 34, "2×2 pool", "other");
    }
    draw_join(page, lines.back().step.joined, end);
    const auto after = [&](std::string_view words) {
        page.line(page.middle(), end, page.middle(), end + 26);
        page.box(page.middle(), end + 38, words, "other");
        end += 50;
    };
    if (!pool_first) after("2×2 pool");
    if (net.unit_dropout != decltype(net.unit_dropout){}) after("dropout");
    page.line(page.middle(), end, page.middle(), end + 20);
    page.text(page.middle(), end + 36, "to the next unit, or to the head", "middle");
    page.text_with(28, end + 62, "A firing, with weights of its own:", order_name(net.order).view(), "order");

    const std::string description = fmt::format(
        "One of {} units. Column j fires at each step that 2 to the j divides: column 0 at all {}, column {} "
        "at "
        "the last. A bar is a join: the mean of all columns that fired at that step.",
        net.depth, steps_of(net.columns), net.columns - 1);
    return page.file(end + 76, title, description);
}

} // namespace fractal::driver
