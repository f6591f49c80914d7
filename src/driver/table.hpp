// A table of text with aligned columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fractal::driver {

enum class Align : std::uint8_t { left, right };

/// Rows of cells under headings; each column is as wide as its widest cell.
class Table {
public:
    struct Column {
        std::string heading;
        Align align = Align::left;
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// One cell for each column.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    /// All lines, two spaces between columns, `indent` before them; the headings in bold where `colour` is
    /// true.
    std::string text(bool colour = false, std::size_t indent = 0) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace fractal::driver
