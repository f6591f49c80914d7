// SQLite's C interface behind values.
#include "store/sqlite.hpp"

#include <cstring>

#include <sqlite3.h>

#include <fmt/format.h>

#include "base/error.hpp"
#include "store/busy.hpp"

namespace fractal::store {
namespace {

constexpr int busy_milliseconds = 5000;
constexpr int longest_text = 16 << 20; // bytes

/// Throws the error that `result` stands for.
[[noreturn]] void fail(int result, const std::string& path, const std::string& message) {
    switch (result & 0xff) { // the primary code
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            throw DataError(
                fmt::format("{} is damaged ({}): expected the SQLite file that fractal wrote; restore it "
                            "from a copy, or move it away, with weights and state, to begin anew",
                            path, message));
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw BusyError(
                fmt::format("{} stayed locked by another program for {} s: try again when it is done", path,
                            busy_milliseconds / 1000));
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
        case SQLITE_FULL:
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH:
            throw IoError(
                fmt::format("{}: {}: expected a file that can be read and written, on a disk with room "
                            "left",
                            path, message));
        case SQLITE_PROTOCOL:
            throw IoError(fmt::format("{} cannot be locked ({}): expected a file system that locks files",
                                      path, message));
        default:
            throw Error(fmt::format("{}: SQLite reports {} ({})", path, message, result), 70);
    }
}

/// SQLite's words for the last failure, with the system's where it was the system that failed.
std::string reason_of(sqlite3* connection) {
    std::string reason = sqlite3_errmsg(connection);
    const int primary = sqlite3_errcode(connection) & 0xff;
    const int code = sqlite3_system_errno(connection);
    if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) && code != 0) {
        reason += fmt::format(" ({})", std::strerror(code));
    }
    return reason;
}

int open_flags(Database::Mode mode) {
    switch (mode) {
        case Database::Mode::create:
            return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case Database::Mode::write:
            return SQLITE_OPEN_READWRITE;
        default:
            return SQLITE_OPEN_READONLY;
    }
}

/// A file name as an SQLite URI; without escapes `?`, `#` and `%` would end or change it.
std::string uri(const std::string& path, Database::Mode mode) {
    std::string text = "file:";
    for (const char c : path) {
        text += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02X}", static_cast<unsigned char>(c))
                                                 : std::string(1, c);
    }
    return mode == Database::Mode::frozen ? text + "?immutable=1" : text;
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

void Statement::check(int result) const {
    if (result != SQLITE_OK) {
        fail(result, *path_, reason_of(sqlite3_db_handle(statement_.get())));
    }
}

void Statement::bind_null(int at) { check(sqlite3_bind_null(statement_.get(), at)); }
void Statement::bind(int at, std::int64_t value) { check(sqlite3_bind_int64(statement_.get(), at, value)); }
void Statement::bind(int at, double value) { check(sqlite3_bind_double(statement_.get(), at, value)); }
void Statement::bind(int at, std::string_view value) {
    // An empty view may have no address, which would bind NULL.
    check(sqlite3_bind_text64(statement_.get(), at, value.empty() ? "" : value.data(), value.size(),
                              SQLITE_TRANSIENT, SQLITE_UTF8));
}

bool Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) {
        return true;
    }
    if (result == SQLITE_DONE) {
        reset();
        return false;
    }
    const std::string message = reason_of(sqlite3_db_handle(statement_.get()));
    reset();
    fail(result, *path_, message);
}

void Statement::run() {
    while (step()) {
    }
}

void Statement::reset() noexcept { sqlite3_reset(statement_.get()); }

bool Statement::is_null(int at) const { return sqlite3_column_type(statement_.get(), at) == SQLITE_NULL; }
std::int64_t Statement::integer(int at) const { return sqlite3_column_int64(statement_.get(), at); }
double Statement::real(int at) const { return sqlite3_column_double(statement_.get(), at); }
std::string Statement::text(int at) const {
    const auto* text = sqlite3_column_text(statement_.get(), at);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), at));
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text), size);
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }
std::string Statement::name(int at) const { return sqlite3_column_name(statement_.get(), at); }
Statement::Kind Statement::kind(int at) const {
    switch (sqlite3_column_type(statement_.get(), at)) {
        case SQLITE_NULL:
            return Kind::null;
        case SQLITE_INTEGER:
            return Kind::integer;
        case SQLITE_FLOAT:
            return Kind::real;
        default:
            return Kind::text;
    }
}

void Database::Close::operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }

Database::Database(const std::filesystem::path& file, Mode mode)
    : path_(std::make_unique<std::string>(file.string())) {
    sqlite3* connection = nullptr;
    const int result =
        sqlite3_open_v2(uri(*path_, mode).c_str(), &connection, open_flags(mode) | SQLITE_OPEN_URI, nullptr);
    connection_.reset(connection); // to be closed even if it could not be opened
    if (result != SQLITE_OK) {
        fail(result, *path_, connection == nullptr ? "out of memory" : reason_of(connection));
    }
    sqlite3_busy_timeout(connection, busy_milliseconds);
    // The file may come from anybody: no text in it is taken whatever its length.
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, longest_text);
}

Statement Database::prepare(std::string_view sql) {
    Statement statement;
    sqlite3_stmt* compiled = nullptr;
    const int result = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &compiled, nullptr);
    if (result != SQLITE_OK) {
        fail(result, *path_, reason_of(connection_.get()));
    }
    statement.statement_.reset(compiled);
    statement.path_ = path_.get();
    return statement;
}

void Database::run(const std::string& sql) {
    const int result = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) {
        fail(result, *path_, reason_of(connection_.get()));
    }
}

std::int64_t Database::integer(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.text(0) : std::string();
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(connection_.get()); }

// IMMEDIATE: a transaction that will write takes the lock at its beginning, where waiting helps.
Transaction::Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
    if (open_) {
        sqlite3_exec(database_.connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit() {
    database_.run("COMMIT");
    open_ = false;
}

Snapshot::Snapshot(Database& database) : database_(database) { database_.run("BEGIN DEFERRED"); }

Snapshot::~Snapshot() { sqlite3_exec(database_.connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr); }

} // namespace fractal::store
