// SQLite's authorizer, limits and progress handler around one statement.
#include "store/condition.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include <sqlite3.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/near_misses.hpp"

namespace fractal::store {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds time_limit{5};

/// What a condition may call: functions of their arguments alone. Sorted.
constexpr std::array<std::string_view, 55> functions{
    "abs",      "acos",         "asin",   "atan",   "atan2",   "avg",    "ceil",   "ceiling",
    "coalesce", "concat",       "cos",    "count",  "degrees", "exp",    "floor",  "format",
    "glob",     "group_concat", "hex",    "ifnull", "iif",     "instr",  "length", "like",
    "likely",   "ln",           "log",    "log10",  "log2",    "lower",  "ltrim",  "max",
    "min",      "mod",          "nullif", "pi",     "pow",     "power",  "printf", "radians",
    "replace",  "round",        "rtrim",  "sign",   "sin",     "sqrt",   "substr", "substring",
    "sum",      "tan",          "total",  "trim",   "trunc",   "typeof", "upper",
};
static_assert(std::ranges::is_sorted(functions));

std::string lower(std::string_view text) {
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

/// The texts that stand in single quotes in `condition`.
std::vector<std::string> literals_of(std::string_view condition) {
    std::vector<std::string> literals;
    for (std::size_t at = condition.find('\''); at < condition.size(); at = condition.find('\'', at)) {
        std::string literal;
        for (++at; at < condition.size(); ++at) {
            if (condition[at] != '\'') {
                literal += condition[at];
            } else if (condition.substr(at + 1).starts_with('\'')) {
                literal += condition[++at]; // a doubled quote is one
            } else {
                break;
            }
        }
        literals.push_back(std::move(literal));
        at = std::min(at + 1, condition.size());
    }
    return literals;
}

/// Those of `columns` that `condition` names outside of quotes, in its order. The authorizer does not tell:
/// of a view it hears of every column.
std::vector<std::string> columns_in(std::string_view condition, const std::vector<std::string>& columns) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    std::vector<std::string> named;
    bool quoted = false;
    for (std::size_t at = 0; at < condition.size();) {
        quoted = quoted != (condition[at] == '\'');
        const std::size_t end = std::min(condition.find_first_not_of(letters, at), condition.size());
        const std::string word = lower(condition.substr(at, end - at));
        if (!quoted && std::ranges::find(columns, word) != columns.end() &&
            std::ranges::find(named, word) == named.end()) {
            named.push_back(word);
        }
        at = std::max(end, at + 1);
    }
    return named;
}

} // namespace

/// What SQLite calls back with.
struct ConditionedRows::Guard {
    std::string table;
    std::vector<std::string> columns;    ///< all of the table
    std::set<std::string> beneath;       ///< tables that the view is made of
    std::string denied;                  ///< what it tried that it may not
    std::optional<Clock::duration> left; ///< for SQLite; who reads the rows may take any time
    Clock::time_point began;             ///< the step that goes on
    Clock::time_point deadline = Clock::time_point::max();

    void begin_step() {
        began = Clock::now();
        if (left) deadline = began + *left;
    }
    void end_step() {
        if (left) *left -= Clock::now() - began;
        deadline = Clock::time_point::max();
    }

    int deny(std::string what) {
        denied = std::move(what);
        return SQLITE_DENY;
    }

    static int authorize(void* self, int action, const char* first, const char* second, const char*,
                         const char* view) {
        Guard& guard = *static_cast<Guard*>(self);
        const auto text = [](const char* given) { return std::string_view(given == nullptr ? "" : given); };
        switch (action) {
            case SQLITE_SELECT:
                return SQLITE_OK;
            case SQLITE_READ:
                if (text(view) == guard.table) {
                    guard.beneath.emplace(first);
                    return SQLITE_OK;
                }
                // A table of the view of which no column is wanted is read outside of it, as it were.
                return text(first) == guard.table || (text(second).empty() && guard.beneath.contains(first))
                           ? SQLITE_OK
                           : guard.deny(fmt::format("reading {}", text(first)));
            case SQLITE_FUNCTION: {
                const std::string name = lower(text(second));
                return std::ranges::binary_search(functions, name) ? SQLITE_OK : guard.deny(name + "()");
            }
            case SQLITE_RECURSIVE:
                return guard.deny("recursion");
            default:
                return guard.deny("anything but reading");
        }
    }

    static int progress(void* self) { return Clock::now() > static_cast<Guard*>(self)->deadline ? 1 : 0; }

    void watch(sqlite3* connection) {
        sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        // Without this a misspelt column in double quotes would be a text.
        sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
        constexpr std::array<std::pair<int, int>, 7> limits{{{SQLITE_LIMIT_LENGTH, 1'000'000},
                                                             {SQLITE_LIMIT_SQL_LENGTH, 100'000},
                                                             {SQLITE_LIMIT_EXPR_DEPTH, 200},
                                                             {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200},
                                                             {SQLITE_LIMIT_VARIABLE_NUMBER, 0},
                                                             {SQLITE_LIMIT_ATTACHED, 0},
                                                             {SQLITE_LIMIT_WORKER_THREADS, 0}}};
        for (const auto& [limit, value] : limits) {
            sqlite3_limit(connection, limit, value);
        }
        constexpr int operations = 10'000;
        sqlite3_progress_handler(connection, operations, progress, this);
        sqlite3_set_authorizer(connection, authorize, this);
    }
};

ConditionedRows::ConditionedRows(Database database, Query query)
    : query_(std::move(query)),
      guard_(std::make_unique<Guard>()),
      database_(std::move(database)) {
    guard_->table = query_.table;
    Statement columns = database_.prepare(fmt::format("PRAGMA table_info({})", query_.table));
    while (columns.step()) {
        guard_->columns.push_back(columns.text(1));
    }
    guard_->watch(database_.connection_.get());
    compile("*", "TRUE", ""); // tells what is beneath a view
    if (query_.condition.find_first_not_of(" \t\n") == std::string::npos) {
        rows_ = compile(query_.what, "TRUE", query_.order);
        return;
    }
    // In one pair of parentheses it is run. In two, it fails if it closed the first by itself.
    compile("1", "(" + query_.condition + "\n)", "");
    rows_ = compile(query_.what, query_.condition, query_.order);
    guard_->left = time_limit;
}

ConditionedRows::~ConditionedRows() = default;
ConditionedRows::ConditionedRows(ConditionedRows&&) noexcept = default;
ConditionedRows& ConditionedRows::operator=(ConditionedRows&&) noexcept = default;

Statement ConditionedRows::compile(std::string_view what, std::string_view condition,
                                   std::string_view order) {
    // The line break ends a comment that would hide what follows.
    const std::string sql = fmt::format("SELECT {} FROM {} WHERE ({}\n){}{}", what, query_.table, condition,
                                        order.empty() ? "" : " ORDER BY ", order);
    sqlite3_stmt* compiled = nullptr;
    const char* rest = nullptr;
    const int result = sqlite3_prepare_v2(database_.connection_.get(), sql.data(),
                                          static_cast<int>(sql.size()), &compiled, &rest);
    Statement statement;
    statement.statement_.reset(compiled);
    statement.path_ = database_.path_.get();
    if (result != SQLITE_OK) {
        refuse_compiling(sqlite3_errmsg(database_.connection_.get()));
    }
    if (rest != sql.data() + sql.size() || sql.find('\0') != std::string::npos) {
        refuse("expected one condition, and nothing behind a semicolon");
    }
    return statement;
}

bool ConditionedRows::step() {
    bool found = false;
    guard_->begin_step();
    try {
        found = rows_.step();
        guard_->end_step();
    } catch (const Error& error) {
        constexpr int complaint_of_sqlite = 70; // all else is the file's fault, not the condition's
        if (error.exit_code != complaint_of_sqlite) throw;
        if (Clock::now() > guard_->deadline) {
            refuse(
                fmt::format("it took more than {} s: expected a condition that looks at each row by itself",
                            time_limit.count()));
        }
        refuse(error.what());
    }
    any_ = any_ || found;
    if (!found && !any_ && !query_.condition.empty()) {
        refuse_empty();
    }
    return found;
}

const Statement& ConditionedRows::row() const { return rows_; }

void ConditionedRows::refuse(const std::string& message) const {
    throw UsageError(fmt::format("{} \"{}\": {}", query_.flag, query_.condition, message));
}

void ConditionedRows::refuse_compiling(const std::string& message) const {
    if (!guard_->denied.empty()) {
        refuse(fmt::format("{} is not allowed; a condition may read the columns of {} and compute with them",
                           guard_->denied, query_.table));
    }
    constexpr std::string_view unknown = "no such column: ";
    if (message.starts_with(unknown)) {
        std::string name = message.substr(unknown.size());
        name = name.substr(0, name.find(" - "));
        std::erase(name, '"');
        refuse(fmt::format("there is no column {}; there are {} (a text stands in single quotes){}", name,
                           fmt::join(guard_->columns, ", "), did_you_mean(name, guard_->columns)));
    }
    refuse(fmt::format("{}: expected a condition in SQL, such as {}", message,
                       std::ranges::find(guard_->columns, "depth") == guard_->columns.end()
                           ? guard_->columns.front() + " IS NOT NULL"
                           : "depth = 3 AND parameters < 1e6"));
}

void ConditionedRows::refuse_empty() {
    constexpr std::int64_t few = 8;
    const std::vector<std::string> literals = literals_of(query_.condition);
    std::string values;
    for (const std::string& column : columns_in(query_.condition, guard_->columns)) {
        Statement range = compile(
            fmt::format("count(DISTINCT {0}), min({0}), max({0}), typeof(min({0}))", column), "TRUE", "");
        range.step();
        const std::int64_t count = range.integer(0);
        if (count == 0) {
            values += fmt::format("; {} is empty", column);
        } else if (count > few && range.text(3) != "text") {
            values += fmt::format("; {} is {} to {}", column, range.text(1), range.text(2));
        } else {
            std::vector<std::string> all;
            Statement distinct = compile("DISTINCT " + column, column + " IS NOT NULL", column);
            while (distinct.step()) {
                all.push_back(distinct.text(0));
            }
            std::vector<std::string> shown = all;
            std::ranges::replace(shown, std::string(), std::string("''"));
            values += count > few ? "" : fmt::format("; {} is one of {}", column, fmt::join(shown, ", "));
            for (const std::string& literal : literals) {
                values += did_you_mean(literal, all);
            }
        }
    }
    Statement all = compile("count(*)", "TRUE", "");
    all.step();
    refuse(fmt::format("it holds for none of the {} rows of {}{}", all.integer(0), query_.table, values));
}

std::vector<std::int64_t> ids_where(Database database, std::string table, std::string id,
                                    std::string condition) {
    ConditionedRows rows(
        std::move(database),
        {.table = std::move(table), .what = id, .order = id, .condition = std::move(condition)});
    std::vector<std::int64_t> ids;
    while (rows.step()) {
        ids.push_back(rows.row().integer(0));
    }
    return ids;
}

} // namespace fractal::store
