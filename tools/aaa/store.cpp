// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tables, what is read and written of them, and what happens to a file that is broken. The
// schema is a list of steps, one a version (user_version says which have been done): a file of an
// earlier program is brought up step by step, each in one transaction.
//
// A file that is no database, is damaged, or was written by a newer program is set aside as
// PATH.broken.1 and so on, and what can be read of it goes into the new one: leases above all,
// because an address must not be given twice.
#include <aaa/store.h>

#include <aaa/database.h>
#include <base/bytes.h>
#include <base/fd.h>
#include <base/log.h>
#include <base/random.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

namespace rtun::aaa {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;

namespace {

constexpr std::int64_t application = 0x7274756e;  // "rtun"

// Sessions are in the order of their numbers. An index that holds the open ones only stays small;
// trim() follows the one that holds the others.
constexpr std::array<const char *, 1> schema_steps{
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
    "INSERT INTO meta VALUES ('syncs', 0);"
    "CREATE TABLE session ("
    " number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL,"
    " service TEXT NOT NULL, caller TEXT NOT NULL, interface TEXT NOT NULL, address TEXT NOT NULL,"
    " started REAL NOT NULL, stopped REAL, updated REAL NOT NULL,"
    " octets_in INTEGER NOT NULL, octets_out INTEGER NOT NULL,"
    " packets_in INTEGER NOT NULL, packets_out INTEGER NOT NULL,"
    " cause TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
    "CREATE INDEX session_user ON session (user, number);"
    "CREATE INDEX session_open ON session (number) WHERE stopped IS NULL;"
    "CREATE INDEX session_ended ON session (stopped, number) WHERE stopped IS NOT NULL;"
    "CREATE TABLE lease ("
    " address INTEGER PRIMARY KEY, pool TEXT NOT NULL, user TEXT NOT NULL, owner TEXT NOT NULL,"
    " changed INTEGER NOT NULL, released INTEGER NOT NULL) STRICT;"};
constexpr auto schema_version = static_cast<std::int64_t>(schema_steps.size());

// All columns, in the order in which the steps above make them; record_of() and put() know it.
constexpr std::string_view insert_session =
    "INSERT INTO session VALUES"
    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
constexpr std::string_view salvage_session =
    "INSERT OR IGNORE INTO session VALUES"
    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
constexpr std::string_view select_open =
    "SELECT * FROM session WHERE stopped IS NULL ORDER BY number";
constexpr std::string_view select_all = "SELECT * FROM session ORDER BY number DESC LIMIT ?1";
constexpr std::string_view select_user =
    "SELECT * FROM session WHERE user = ?2 ORDER BY number DESC LIMIT ?1";
constexpr std::string_view select_leases = "SELECT * FROM lease ORDER BY changed, address";
constexpr std::string_view insert_lease =
    "INSERT OR REPLACE INTO lease VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
constexpr std::string_view salvage_lease =
    "INSERT OR IGNORE INTO lease VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

// SQLite's integers have a sign.
std::int64_t stored(std::uint64_t number) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(number, most));
}
std::uint64_t counted(std::int64_t number) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
}
std::string_view cut(std::string_view text) { return text.substr(0, Store::LongestText); }

Record record_of(const Rows &rows) {
    Record record;
    record.id = rows.text(1);
    record.user = rows.text(2);
    record.service = rows.text(3);
    record.caller = rows.text(4);
    record.interface = rows.text(5);
    record.address = rows.text(6);
    record.started = rows.real(7);
    if (!rows.null(8))
        record.stopped = rows.real(8);
    record.updated = rows.real(9);
    record.octets_in = counted(rows.integer(10));
    record.octets_out = counted(rows.integer(11));
    record.packets_in = counted(rows.integer(12));
    record.packets_out = counted(rows.integer(13));
    record.cause = rows.text(14);
    record.text = rows.text(15);
    return record;
}

// number: nothing, the next one.
Result<std::int64_t> put(Database &db, std::string_view sql, Value number, const Record &r) {
    return db.change(sql,
                     {number, r.id, cut(r.user), cut(r.service), cut(r.caller), cut(r.interface),
                      cut(r.address), r.started, r.stopped ? Value(*r.stopped) : Value(), r.updated,
                      stored(r.octets_in), stored(r.octets_out), stored(r.packets_in),
                      stored(r.packets_out), cut(r.cause), cut(r.text)});
}

Result<std::int64_t> put(Database &db, std::string_view sql, const Store::Lease &lease) {
    return db.change(sql, {std::int64_t{lease.address.value}, cut(lease.pool), cut(lease.user),
                           cut(lease.owner), stored(lease.order), std::int64_t{lease.released}});
}

// Nothing: the row is none that put() has made.
std::optional<Store::Lease> lease_of(const Rows &rows) {
    const std::int64_t address = rows.integer(0);
    if (address <= 0 || address > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return Store::Lease{.address = {static_cast<std::uint32_t>(address)},
                        .pool = rows.text(1),
                        .user = rows.text(2),
                        .owner = rows.text(3),
                        .order = counted(rows.integer(4)),
                        .released = rows.integer(5) != 0};
}

Result<std::int64_t> number_of(Database &db, std::string_view sql) {
    Rows rows = TRY(db.query(sql));
    return TRY(rows.next()) ? rows.integer(0) : 0;
}

// Brings the schema up to the present one. A text: the file is to be set aside, and why.
// quick_check reads the whole file, which is bounded by trim().
Result<std::optional<std::string>> prepare(Database &db) {
    using Why = std::optional<std::string>;
    std::int64_t version = TRY(number_of(db, "PRAGMA user_version"));
    const std::int64_t owner = TRY(number_of(db, "PRAGMA application_id"));
    const std::int64_t tables = TRY(number_of(db, "SELECT count(*) FROM sqlite_schema"));
    if (owner != application && (version != 0 || owner != 0 || tables != 0))
        return Why("is not a store of rtun");
    if (db.read_only())
        return Why("says of itself that it cannot be written");
    if (version < 0 || version > schema_version || (version == 0) != (tables == 0))
        return Why(fmt::format("has version {} of the tables, this program knows {}", version,
                               schema_version));
    {
        Rows rows = TRY(db.query("PRAGMA quick_check(1)"));
        if (!TRY(rows.next()) || rows.text(0) != "ok")
            return Why("is damaged: " + rows.text(0));
    }
    for (; version < schema_version; version++) {
        Transaction transaction(db);
        TRY(transaction.begin());
        TRY(db.run(schema_steps.at(static_cast<std::size_t>(version))));
        TRY(db.run(fmt::format("PRAGMA application_id={}; PRAGMA user_version={};", application,
                               version + 1)));
        TRY(transaction.commit());
    }
    // Tables that have lost a column, or are others of the same name.
    for (const std::string_view sql : {insert_session, select_all, select_leases, insert_lease}) {
        if (const auto known = db.query(sql); !known)
            return Why("has other tables: " + known.error().text);
    }
    return Why();
}

// What a broken file still gives, both ways towards where it is broken.
struct Salvaged {
    std::int64_t sessions = 0;
    std::int64_t leases = 0;
};

Status salvage_sessions(Database &from, Database &to, std::string_view order) {
    Rows rows = TRY(from.query(fmt::format("SELECT * FROM session ORDER BY number {}", order)));
    while (TRY(rows.next())) {
        const Record record = record_of(rows);
        if (!record.id.empty() && std::isfinite(record.started))
            TRY(put(to, salvage_session, rows.integer(0), record));
    }
    return {};
}

Status salvage_leases(Database &from, Database &to, std::string_view order) {
    Rows rows = TRY(from.query(fmt::format("SELECT * FROM lease ORDER BY address {}", order)));
    while (TRY(rows.next())) {
        if (const auto lease = lease_of(rows))
            TRY(put(to, salvage_lease, *lease));
    }
    return {};
}

Result<Salvaged> salvage(const std::string &path, Database &to) {
    auto from = Database::open_evidence(path);
    if (!from)
        return Salvaged{};
    Transaction transaction(to);
    TRY(transaction.begin());
    for (const std::string_view order : {"", "DESC"}) {
        // Where reading ends is where the damage is.
        static_cast<void>(salvage_leases(*from, to, order));
        static_cast<void>(salvage_sessions(*from, to, order));
    }
    const Salvaged saved{TRY(number_of(to, "SELECT count(*) FROM session")),
                         TRY(number_of(to, "SELECT count(*) FROM lease"))};
    TRY(transaction.commit());
    return saved;
}

void remove(const std::string &path) { static_cast<void>(::unlink(path.c_str())); }

Status move(const std::string &from, const std::string &to) {
    if (::rename(from.c_str(), to.c_str()) < 0)
        return fail(base::system_error(from, errno));
    return {};
}

bool exists(const std::string &path) { return ::access(path.c_str(), F_OK) == 0; }

// What was renamed stays so.
Status sync_folder_of(const std::string &path) {
    const std::string folder = std::filesystem::absolute(path).parent_path().string();
    const base::Fd open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!open.valid() || ::fsync(open.get()) < 0)
        return fail(base::system_error(folder, errno));
    return {};
}

// Nine are kept, which is bounded and has the first ones of a row of failures.
std::string name_aside(const std::string &path) {
    for (int number = 1; number < 9; number++) {
        std::string name = fmt::format("{}.broken.{}", path, number);
        if (!exists(name))
            return name;
    }
    return path + ".broken.9";
}

// Between set aside and begun anew a program may end: then PATH.new is whole and PATH is not there.
// A log that is left is the old file's, and would be taken for the new one's.
Status put_in_place(const std::string &path) {
    remove(path + "-wal");
    remove(path + "-shm");
    TRY(move(path + ".new", path));
    return sync_folder_of(path);
}

// The new file is made under another name and put in the old one's place when it is whole.
Status begin_anew(const std::string &path, const std::string &why) {
    const std::string fresh = path + ".new";
    for (const char *end : {"", "-wal", "-shm"})
        remove(fresh + end);
    Salvaged saved;
    {
        Database db = TRY(Database::open(fresh));
        if (const auto still = TRY(prepare(db)))
            return fail(ErrorCode::System, fmt::format("{}: the new one {}", fresh, *still));
        saved = TRY(salvage(path, db));
    }
    const std::string aside = name_aside(path);
    remove(aside + "-wal");
    TRY(move(path, aside));
    if (exists(path + "-wal"))
        TRY(move(path + "-wal", aside + "-wal"));
    TRY(put_in_place(path));
    base::log::warning("store.broken", {{"RTUN_FILE", path}, {"RTUN_ASIDE", aside}},
                       "{} {}: set aside as {}, a new one is begun with {} sessions and {} "
                       "leases of it",
                       path, why, aside, saved.sessions, saved.leases);
    return {};
}

}  // namespace

struct Store::Impl {
    std::string path;  // empty: in memory
    base::Fd lock;
    std::optional<Database> db;  // nothing: could not be opened again
    base::SystemRandom random;
    bool held = false;
    bool unsynced = false;  // changes that a host without power would lose
    unsigned renewed = 0;

    Status open() {
        if (!path.empty() && !lock.valid())
            lock = TRY(lock_beside(path));
        if (!path.empty() && !exists(path) && exists(path + ".new"))
            TRY(put_in_place(path));
        db = TRY(Database::open(path));
        const auto why = prepare(*db);
        if (why && !*why)
            return {};
        const bool broken = why || db->broken() || db->unfit();
        db.reset();
        if (!broken)
            return fail(why.error());
        return renew(why ? **why : "cannot be read: " + why.error().text);
    }

    Status renew(const std::string &why) {
        TRY(begin_anew(path, why));
        renewed++;
        db = TRY(Database::open(path));
        return {};
    }

    // Does it, and once more if the file turns out to be broken and was replaced.
    template <typename What>
    auto with(What what) -> decltype(what(std::declval<Database &>())) {
        if (!db)
            TRY(open());
        auto result = what(*db);
        if (result || !db->broken() || path.empty())
            return result;
        db.reset();
        TRY(renew("cannot be read: " + result.error().text));
        return what(*db);
    }

    // A change of a session, to be on the disk unless it is held. what gives the number of rows
    // that it changed: if there is none, nothing is written and the disk is not waited for.
    template <typename What>
    Status change_session(What what) {
        return with([&](Database &database) -> Status {
            TRY(database.set_safety(held ? Database::Safety::Program : Database::Safety::Host));
            if (TRY(what(database)) > 0)
                unsynced = held;
            return {};
        });
    }

    Status change_lease(std::string_view sql, Values values) {
        return with([&](Database &database) -> Status {
            TRY(database.set_safety(Database::Safety::Program));
            TRY(database.change(sql, values));
            unsynced = true;
            return {};
        });
    }

    Result<std::vector<Record>> records(std::string_view sql, Values values) {
        return with([&](Database &database) -> Result<std::vector<Record>> {
            std::vector<Record> all;
            Rows rows = TRY(database.query(sql, values));
            while (TRY(rows.next()))
                all.push_back(record_of(rows));
            return all;
        });
    }
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store &&) noexcept = default;
Store &Store::operator=(Store &&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::string &path) {
    if (path.empty())
        return fail(ErrorCode::Invalid, "a store needs the name of a file");
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    TRY(impl->open());
    return Store(std::move(impl));
}

Store Store::in_memory() {
    auto impl = std::make_unique<Impl>();
    RTUN_ASSERT(impl->open().has_value());  // fails without memory only
    return Store(std::move(impl));
}

// The second in which it was made, so that ids are in the order of time as far as the clock is, and
// 48 random bits: no counter that a lost file would begin anew.
std::string Store::new_id(double now) {
    std::array<std::uint8_t, 6> octets{};
    impl_->random.fill(octets);
    const double most = std::numeric_limits<std::uint32_t>::max();
    const auto second =
        static_cast<std::uint32_t>(std::isfinite(now) ? std::clamp(now, 0.0, most) : 0.0);
    return fmt::format("{:08x}{}", second, base::to_hex(octets));
}

Result<std::string> Store::begin(const Record &record) {
    Record begun = record;
    begun.stopped.reset();
    begun.updated = std::max(begun.updated, begun.started);
    const bool make_id = begun.id.empty();
    for (int tries = 0;; tries++) {
        if (make_id)
            begun.id = new_id(begun.started);
        const Status done = impl_->change_session(
            [&](Database &db) { return put(db, insert_session, Value(), begun); });
        if (done)
            return begun.id;
        const bool known = impl_->db && impl_->db->duplicate();
        if (known && !make_id)
            return fail(ErrorCode::Exists, fmt::format("session {} has begun already", begun.id));
        if (!known || tries == 3)
            return fail(done.error());
    }
}

Status Store::update(const std::vector<Counters> &counters, double now) {
    return impl_->change_session([&](Database &db) -> Result<std::int64_t> {
        std::int64_t changed = 0;
        Transaction transaction(db);
        TRY(transaction.begin());
        for (const Counters &of : counters)
            changed += TRY(
                db.change("UPDATE session SET updated = ?2, octets_in = ?3, octets_out = ?4,"
                          " packets_in = ?5, packets_out = ?6 WHERE id = ?1 AND stopped IS NULL",
                          {of.id, now, stored(of.octets_in), stored(of.octets_out),
                           stored(of.packets_in), stored(of.packets_out)}));
        TRY(transaction.commit());
        return changed;
    });
}

Status Store::end(const Counters &last, double now, std::string_view cause, std::string_view text) {
    return impl_->change_session([&](Database &db) -> Result<std::int64_t> {
        const std::int64_t changed = TRY(
            db.change("UPDATE session SET stopped = ?2, updated = ?2,"
                      " octets_in = MAX(octets_in, ?3), octets_out = MAX(octets_out, ?4),"
                      " packets_in = MAX(packets_in, ?5), packets_out = MAX(packets_out, ?6),"
                      " cause = ?7, text = ?8 WHERE id = ?1 AND stopped IS NULL",
                      {last.id, now, stored(last.octets_in), stored(last.octets_out),
                       stored(last.packets_in), stored(last.packets_out), cut(cause), cut(text)}));
        if (changed == 0)
            return fail(ErrorCode::NotFound, fmt::format("no session {} is open", last.id));
        return changed;
    });
}

Result<std::vector<Record>> Store::open_sessions() const { return impl_->records(select_open, {}); }

Result<std::vector<Record>> Store::history(std::string_view user, std::size_t limit) const {
    const Value most = stored(limit);
    return user.empty() ? impl_->records(select_all, {most})
                        : impl_->records(select_user, {most, user});
}

Status Store::trim(std::size_t keep) {
    return impl_->change_session([&](Database &db) {
        return db.change("DELETE FROM session WHERE number IN (SELECT number FROM session"
                         " WHERE stopped IS NOT NULL ORDER BY stopped DESC, number DESC"
                         " LIMIT -1 OFFSET ?1)",
                         {stored(keep)});
    });
}

Result<std::vector<Store::Lease>> Store::leases() const {
    return impl_->with([](Database &db) -> Result<std::vector<Lease>> {
        std::vector<Lease> all;
        Rows rows = TRY(db.query(select_leases));
        while (TRY(rows.next())) {
            if (auto lease = lease_of(rows))
                all.push_back(std::move(*lease));
        }
        return all;
    });
}

Status Store::lease(const Lease &lease) {
    return impl_->change_lease(insert_lease, {std::int64_t{lease.address.value}, cut(lease.pool),
                                              cut(lease.user), cut(lease.owner),
                                              stored(lease.order), std::int64_t{lease.released}});
}

Status Store::release(base::Ipv4 address, std::uint64_t order) {
    return impl_->change_lease("UPDATE lease SET released = 1, changed = ?2 WHERE address = ?1",
                               {std::int64_t{address.value}, stored(order)});
}

Status Store::forget(base::Ipv4 address) {
    return impl_->change_lease("DELETE FROM lease WHERE address = ?1",
                               {std::int64_t{address.value}});
}

Result<std::uint64_t> Store::identity(std::uint64_t proposal) {
    return impl_->with([&](Database &db) -> Result<std::uint64_t> {
        TRY(db.set_safety(Database::Safety::Host));
        TRY(db.change("INSERT OR IGNORE INTO meta VALUES ('identity', ?1)",
                      {static_cast<std::int64_t>(proposal)}));
        const std::int64_t kept =
            TRY(number_of(db, "SELECT value FROM meta WHERE name = 'identity'"));
        return static_cast<std::uint64_t>(kept);
    });
}

void Store::hold(bool held) { impl_->held = held; }

// Waiting for the disk at one commit waits for what was appended to the log before, too.
Status Store::sync() {
    if (!impl_->unsynced)
        return {};
    return impl_->with([this](Database &db) -> Status {
        TRY(db.set_safety(Database::Safety::Host));
        TRY(db.change("UPDATE meta SET value = value + 1 WHERE name = 'syncs'"));
        impl_->unsynced = false;
        return {};
    });
}

unsigned Store::renewed() const { return impl_->renewed; }

}  // namespace rtun::aaa
