// SPDX-License-Identifier: GPL-2.0-or-later
//
// The skin over SQLite that Store is written on: SQL with values in, rows out, errors as values. A
// write-ahead log holds what was changed last, so that a change is one write of a file and, if it
// has to outlive the host too, one wait for the disk. Nothing here knows what is stored.
//
// One program at a time: lock_beside() keeps a second one out, while SQLite's own locks let an
// administrator read the file with sqlite3(1).
#pragma once

#include <base/fd.h>
#include <base/result.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>

struct sqlite3;
struct sqlite3_stmt;

namespace rtun::aaa {

class Database;

using Value = std::variant<std::monostate, std::int64_t, double, std::string_view>;
using Values = std::initializer_list<Value>;

// The rows that a query gives. One a query at a time; the query is over when this goes.
class Rows {
public:
    Rows(Database &database, sqlite3_stmt *statement)
        : database_(&database), statement_(statement) {}
    Rows(Rows &&other) noexcept;
    Rows &operator=(Rows &&) = delete;
    ~Rows();

    // Whether there is one more.
    [[nodiscard]] base::Result<bool> next();
    // Of this row. What is of another type is zero, or empty.
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] bool null(int column) const;

private:
    Database *database_;
    sqlite3_stmt *statement_;
};

class Database {
public:
    // What a change outlives when the call returns.
    enum class Safety : std::uint8_t {
        Program,  // the end of this program, whatever ends it
        Host,     // and a host that loses its power
    };

    // An empty path: in memory. A new file is open to its owner only. What is no database opens as
    // well: the first query tells.
    [[nodiscard]] static base::Result<Database> open(const std::string &path);
    // One that is looked at and left as it is, its log too.
    [[nodiscard]] static base::Result<Database> open_evidence(const std::string &path);
    Database(Database &&other) noexcept;
    Database &operator=(Database &&other) noexcept;
    ~Database();

    [[nodiscard]] base::Result<Rows> query(std::string_view sql, Values values = {});
    // How many rows it changed. sql is prepared once and kept.
    [[nodiscard]] base::Result<std::int64_t> change(std::string_view sql, Values values = {});
    // Several statements without values, or one that is not worth keeping.
    [[nodiscard]] base::Status run(const std::string &sql);
    [[nodiscard]] base::Status set_safety(Safety safety);
    void roll_back();  // if a transaction is open

    // By the system's word at first, and by the file's own once it was read.
    [[nodiscard]] bool read_only() const;
    // The file is damaged or none of ours, as far as a query has told.
    [[nodiscard]] bool broken() const { return broken_; }
    // The last failure was about the statement: tables, or a format, that it does not fit.
    [[nodiscard]] bool unfit() const { return unfit_; }
    // The last failure was that a row of this key is there already.
    [[nodiscard]] bool duplicate() const { return duplicate_; }

private:
    friend class Rows;
    Database(std::string path, sqlite3 *handle) : path_(std::move(path)), handle_(handle) {}
    [[nodiscard]] base::Status set_up(bool evidence);
    [[nodiscard]] base::Result<sqlite3_stmt *> prepare(std::string_view sql);
    [[nodiscard]] base::Error failure(int code);
    void close();

    std::string path_;
    sqlite3 *handle_ = nullptr;
    std::map<std::string, sqlite3_stmt *, std::less<>> statements_;
    Safety safety_ = Safety::Host;
    bool broken_ = false;
    bool unfit_ = false;
    bool duplicate_ = false;
};

// The lock file of this database, PATH.lock, locked for as long as the descriptor is open. Makes
// the folder that they are in, if there is none. Another program that is about to end gets its
// time.
[[nodiscard]] base::Result<base::Fd> lock_beside(const std::string &path);

// Several changes as one: all of them or, without commit(), none.
class Transaction {
public:
    explicit Transaction(Database &database) : database_(database) {}
    Transaction(const Transaction &) = delete;
    Transaction &operator=(const Transaction &) = delete;
    ~Transaction();
    [[nodiscard]] base::Status begin();
    [[nodiscard]] base::Status commit();

private:
    Database &database_;
    bool open_ = false;
};

}  // namespace rtun::aaa
