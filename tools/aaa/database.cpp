// SPDX-License-Identifier: GPL-2.0-or-later
//
// SQLite, and how it is told to be careful. The pragmas and why:
//
//   journal_mode=WAL      a commit appends to one file; what a crash cuts off fails its checksum
//   there
//                         and is passed over. The rollback journal needs four waits where this
//                         needs one.
//   synchronous=FULL      waits for the disk at every commit (Safety::Host); NORMAL does so at
//                         checkpoints only, and a commit is still whole if the program dies.
//   mmap_size=0           a file that somebody cuts off must be an error and no SIGBUS.
//   trusted_schema=OFF, cell_size_check=ON, the defensive flag: for a file that a disk has damaged.
//   wal_autocheckpoint, journal_size_limit: the log is bounded.
#include <aaa/database.h>

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <utility>

namespace rtun::aaa {

using base::fail;
using base::Result;
using base::Status;

namespace {

// How long another one's lock is waited for: the daemon does nothing else meanwhile.
constexpr int patience_ms = 1000;

// The file is there afterwards, readable by its owner only. SQLite would make it as the umask says;
// an empty file is a new database to it. Never while this program has the file open: closing any
// descriptor of a file ends all of the program's locks on it, SQLite's too.
Status make_file(const std::string &path) {
    const base::Fd file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
    struct stat st {};
    if (!file.valid() || ::fstat(file.get(), &st) < 0)
        return fail(base::system_error(path, errno));
    if (!S_ISREG(st.st_mode))
        return fail(base::ErrorCode::System, path + ": is not a regular file");
    return {};
}

}  // namespace

Result<base::Fd> lock_beside(const std::string &path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (!folder.empty() && ::mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST)
        return fail(base::system_error(folder.string(), errno));
    const std::string name = path + ".lock";
    base::Fd file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid())
        return fail(base::system_error(name, errno));
    constexpr int step_ms = 20;
    for (int waited = 0; ::flock(file.get(), LOCK_EX | LOCK_NB) < 0; waited += step_ms) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail(base::system_error(name, errno));
        if (waited >= patience_ms)
            return fail(base::ErrorCode::Refused, path + ": is in use by another program",
                        EWOULDBLOCK);
        const timespec pause{0, step_ms * 1000000L};
        ::nanosleep(&pause, nullptr);
    }
    return file;
}

Rows::Rows(Rows &&other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Rows::~Rows() {
    if (statement_ != nullptr)
        ::sqlite3_reset(statement_);
}

Result<bool> Rows::next() {
    const int code = ::sqlite3_step(statement_);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return fail(database_->failure(code));
}

std::int64_t Rows::integer(int column) const { return ::sqlite3_column_int64(statement_, column); }

double Rows::real(int column) const { return ::sqlite3_column_double(statement_, column); }

std::string Rows::text(int column) const {
    const auto *octets = static_cast<const char *>(::sqlite3_column_blob(statement_, column));
    const int size = ::sqlite3_column_bytes(statement_, column);
    return octets != nullptr && size > 0 ? std::string(octets, static_cast<std::size_t>(size))
                                         : std::string();
}

bool Rows::null(int column) const {
    return ::sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<Database> Database::open(const std::string &path) {
    if (!path.empty())
        TRY(make_file(path));
    sqlite3 *handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                      (path.empty() ? SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY : 0);
    const int code =
        ::sqlite3_open_v2(path.empty() ? ":memory:" : path.c_str(), &handle, flags, nullptr);
    Database database(path, handle);  // closes what a failure may leave
    if (code != SQLITE_OK)
        return fail(database.failure(code));
    if (database.read_only())
        return fail(base::system_error(path, EROFS));
    TRY(database.set_up(false));
    return database;
}

Result<Database> Database::open_evidence(const std::string &path) {
    sqlite3 *handle = nullptr;
    const int code = ::sqlite3_open_v2(path.c_str(), &handle,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(path, handle);
    if (code != SQLITE_OK)
        return fail(database.failure(code));
    TRY(database.set_up(true));
    return database;
}

// A failure of what reads the file is none here: the caller finds it broken when it asks.
Status Database::set_up(bool evidence) {
    ::sqlite3_extended_result_codes(handle_, 1);
    ::sqlite3_busy_timeout(handle_, patience_ms);
    ::sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    TRY(run("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
            "PRAGMA temp_store=MEMORY;"));
    if (evidence) {
        ::sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        return run("PRAGMA query_only=ON;");
    }
    const Status set = run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=1000;"
                           "PRAGMA journal_size_limit=4194304; PRAGMA synchronous=FULL;");
    return set || (!broken_ && !unfit_) ? set : Status{};
}

Database::Database(Database &&other) noexcept
    : path_(std::move(other.path_)), handle_(std::exchange(other.handle_, nullptr)),
      statements_(std::exchange(other.statements_, {})), safety_(other.safety_),
      broken_(other.broken_), unfit_(other.unfit_), duplicate_(other.duplicate_) {}

Database &Database::operator=(Database &&other) noexcept {
    if (this != &other) {
        close();
        path_ = std::move(other.path_);
        handle_ = std::exchange(other.handle_, nullptr);
        statements_ = std::exchange(other.statements_, {});
        safety_ = other.safety_;
        broken_ = other.broken_;
        unfit_ = other.unfit_;
        duplicate_ = other.duplicate_;
    }
    return *this;
}

Database::~Database() { close(); }

bool Database::read_only() const { return ::sqlite3_db_readonly(handle_, "main") == 1; }

void Database::close() {
    for (const auto &[sql, statement] : statements_)
        ::sqlite3_finalize(statement);
    statements_.clear();
    ::sqlite3_close(std::exchange(handle_, nullptr));
}

base::Error Database::failure(int code) {
    const int kind = code & 0xff;
    broken_ = broken_ || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
    unfit_ = kind == SQLITE_ERROR || kind == SQLITE_SCHEMA || kind == SQLITE_MISMATCH;
    duplicate_ = code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE ||
                 code == SQLITE_CONSTRAINT_ROWID;
    std::string text =
        fmt::format("{}: {}", path_.empty() ? "the store in memory" : path_,
                    kind == SQLITE_ERROR && handle_ != nullptr ? ::sqlite3_errmsg(handle_)
                                                               : ::sqlite3_errstr(code));
    // errno is of the last call that failed, so it belongs to failures of files only.
    const bool of_file = kind == SQLITE_IOERR || kind == SQLITE_FULL || kind == SQLITE_CANTOPEN ||
                         kind == SQLITE_READONLY;
    const int errnum = of_file && handle_ != nullptr ? ::sqlite3_system_errno(handle_) : 0;
    if (errnum != 0)
        text = base::system_error(text, errnum).text;
    return {base::ErrorCode::System, std::move(text), errnum};
}

Result<sqlite3_stmt *> Database::prepare(std::string_view sql) {
    if (const auto known = statements_.find(sql); known != statements_.end()) {
        ::sqlite3_reset(known->second);
        return known->second;
    }
    sqlite3_stmt *statement = nullptr;
    const int code = ::sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK)
        return fail(failure(code));
    statements_.emplace(sql, statement);
    return statement;
}

Result<Rows> Database::query(std::string_view sql, Values values) {
    sqlite3_stmt *statement = TRY(prepare(sql));
    Rows rows(*this, statement);
    int index = 0;
    for (const Value &value : values) {
        index++;
        int code = SQLITE_OK;
        if (const auto *integer = std::get_if<std::int64_t>(&value))
            code = ::sqlite3_bind_int64(statement, index, *integer);
        else if (const auto *real = std::get_if<double>(&value))
            code = ::sqlite3_bind_double(statement, index, *real);
        else if (const auto *text = std::get_if<std::string_view>(&value))
            code = ::sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(),
                                         text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        else
            code = ::sqlite3_bind_null(statement, index);
        if (code != SQLITE_OK)
            return fail(failure(code));
    }
    return rows;
}

Result<std::int64_t> Database::change(std::string_view sql, Values values) {
    {
        Rows rows = TRY(query(sql, values));
        while (TRY(rows.next())) {
        }
    }
    return ::sqlite3_changes64(handle_);
}

Status Database::run(const std::string &sql) {
    const int code = ::sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return fail(failure(code));
    return {};
}

Status Database::set_safety(Safety safety) {
    if (safety == safety_)
        return {};
    TRY(run(safety == Safety::Host ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
    safety_ = safety;
    return {};
}

// What failed may have rolled back already.
void Database::roll_back() {
    if (::sqlite3_get_autocommit(handle_) == 0)
        static_cast<void>(change("ROLLBACK"));
}

Transaction::~Transaction() {
    if (open_)
        database_.roll_back();
}

Status Transaction::begin() {
    TRY(database_.change("BEGIN IMMEDIATE"));
    open_ = true;
    return {};
}

Status Transaction::commit() {
    TRY(database_.change("COMMIT"));
    open_ = false;
    return {};
}

}  // namespace rtun::aaa
