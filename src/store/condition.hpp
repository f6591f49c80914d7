// A condition that a person typed, over one table or view, which it can read and do nothing else with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite.hpp"

namespace fractal::store {

/// The rows of a table or view for which a condition in SQL holds, such as `depth = 3 AND parameters < 1e6`.
///
/// The text is compiled under SQLite's authorizer: it may read this table and call functions that only
/// compute. Other tables, writing, ATTACH, PRAGMA, extensions, recursion and further statements are refused,
/// what it takes in memory is bounded, and after five seconds it is ended. Texts stand in single quotes.
class ConditionedRows {
public:
    struct Query {
        std::string table = {};       ///< or view
        std::string what = "*";       ///< the columns to return; not of what a person typed
        std::string order = {};       ///< the column to order by; empty for the table's own order
        std::string condition = {};   ///< as it was typed; empty holds for all
        std::string flag = "--where"; ///< what to call it in errors
    };

    /// Takes `database` over; nothing else can be done with it. Throws UsageError for a text that is no such
    /// condition, for a column that does not exist, with all columns and near misses, and for what is
    /// refused.
    ConditionedRows(Database database, Query query);
    ~ConditionedRows();
    ConditionedRows(ConditionedRows&&) noexcept;
    ConditionedRows& operator=(ConditionedRows&&) noexcept;

    /// Goes to the next row; false behind the last. Throws UsageError if the condition took too long, cannot
    /// be worked out, or has held for no row at all: then with the values that its columns have.
    bool step();
    const Statement& row() const;

private:
    struct Guard;
    [[noreturn]] void refuse(const std::string& message) const;
    [[noreturn]] void refuse_compiling(const std::string& message) const;
    [[noreturn]] void refuse_empty();
    Statement compile(std::string_view what, std::string_view condition, std::string_view order);

    Query query_;
    std::unique_ptr<Guard> guard_; ///< on the heap: SQLite keeps its address
    Database database_;
    Statement rows_;
    bool any_ = false;
};

/// The numbers in column `id` of the rows of `table` for which `condition` holds, never none. Throws as
/// `ConditionedRows` does.
std::vector<std::int64_t> ids_where(Database database, std::string table, std::string id,
                                    std::string condition);

} // namespace fractal::store
