// Two passes: widths, then lines.
#include "driver/table.hpp"

#include <algorithm>

#include "driver/terminal.hpp"

namespace fractal::driver {
namespace {

/// `cells` padded to `widths`, without blanks at the end.
std::string line_of(const std::vector<std::string>& cells, const std::vector<Table::Column>& columns,
                    const std::vector<std::size_t>& widths, std::size_t indent) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(widths[i] - display_width(cells[i]), ' ');
        line += i == 0 ? "" : "  ";
        line += columns[i].align == Align::right ? padding + cells[i] : cells[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace

std::string Table::text(bool colour, std::size_t indent) const {
    std::vector<std::string> headings;
    std::vector<std::size_t> widths;
    for (const Column& column : columns_) {
        headings.push_back(column.heading);
        widths.push_back(display_width(column.heading));
    }
    for (const std::vector<std::string>& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(row[i]));
        }
    }
    std::string text = paint(colour, Ink::bold, line_of(headings, columns_, widths, indent)) + "\n";
    for (const std::vector<std::string>& row : rows_) {
        text += line_of(row, columns_, widths, indent) + "\n";
    }
    return text;
}

} // namespace fractal::driver
