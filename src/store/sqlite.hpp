// SQLite's connection and prepared statement as values that close themselves and report failures as errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace fractal::store {

/// A prepared statement. Parameters are counted from 1, columns from 0. Texts are copied when bound.
/// Every member throws as `Database` does.
class Statement {
public:
    void bind_null(int at);
    void bind(int at, std::int64_t value);
    void bind(int at, double value);
    void bind(int at, std::string_view value);

    /// Goes to the next row; false behind the last one, and then the statement is ready to be bound again.
    bool step();
    /// Runs a statement that returns no row to its end.
    void run();
    /// Makes the statement ready for another run, which lets go of what it has locked.
    void reset() noexcept;

    bool is_null(int at) const;
    std::int64_t integer(int at) const;
    double real(int at) const;
    std::string text(int at) const;

    /// The columns of a row, their names, and what the current row has there.
    enum class Kind : std::uint8_t { null, integer, real, text };
    int columns() const;
    std::string name(int at) const;
    Kind kind(int at) const;

private:
    friend class Database;
    friend class ConditionedRows;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    void check(int result) const;

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    const std::string* path_ = nullptr; ///< of the database, for messages
};

/// A connection to one database file. Failures are DataError (the file is damaged or no database), IoError
/// (the file cannot be opened, read or written), BusyError (another program kept it locked for five seconds)
/// and for anything else, which is a mistake in this program, Error with exit code 70.
class Database {
public:
    enum class Mode {
        create, ///< read and write, made if it does not exist
        write,  ///< read and write a file that exists
        read,   ///< read a file that others may be writing
        frozen, ///< read a file as it lies there: takes no lock, makes no file beside it, ignores the log
    };
    Database(const std::filesystem::path& file, Mode mode);

    /// Compiles one statement. `sql` is never made of what a user typed: values are bound. (Conditions that
    /// are typed have store/condition.hpp.)
    Statement prepare(std::string_view sql);
    /// Runs statements that return nothing of interest.
    void run(const std::string& sql);
    /// The first column of the first row of a query.
    std::int64_t integer(std::string_view sql);
    std::string text(std::string_view sql);
    std::int64_t last_insert_id() const;

private:
    friend class Transaction;
    friend class Snapshot;
    friend class ConditionedRows;
    struct Close {
        void operator()(sqlite3* connection) const noexcept;
    };
    std::unique_ptr<std::string> path_; ///< on the heap: statements point to it when the connection moves
    std::unique_ptr<sqlite3, Close> connection_;
};

/// All or nothing: what is not committed when this goes is undone. Not nested.
class Transaction {
public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    /// Returns when the changes are on the disk.
    void commit();

private:
    Database& database_;
    bool open_ = true;
};

/// While it lives, all that is read is of one moment. Not nested; writes nothing.
class Snapshot {
public:
    explicit Snapshot(Database& database);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

private:
    Database& database_;
};

} // namespace fractal::store
