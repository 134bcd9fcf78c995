// SPDX-License-Identifier: GPL-2.0-or-later
//
// What has to outlive the program and the host: leases, and the accounting records of sessions. One
// SQLite file; every change is on the disk when the call returns, unless the call says otherwise.
// A file that cannot be read is set aside under another name and a new one begun, said in the log:
// a broken disk costs history, not service. Without a path it is kept in memory only (tests,
// `rtun connect`).
//
// A call that fails (no space, a disk that has become read-only) has changed nothing; the next one
// tries anew. No secret is ever given to a store.
#pragma once

#include <base/net.h>
#include <base/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::aaa {

// One session's record. Octets and packets as the session's device counts them: in is what the user
// sent.
struct Record {
    std::string id;  // Acct-Session-Id: unique for ever; empty: Store::begin() makes it
    std::string user;
    std::string service;  // "pptp"
    std::string caller;   // "192.0.2.7"
    std::string interface;
    std::string address;  // of the user, inside
    double started = 0;   // seconds since the epoch
    std::optional<double> stopped{};
    double updated = 0;  // when the counters were read last
    std::uint64_t octets_in = 0;
    std::uint64_t octets_out = 0;
    std::uint64_t packets_in = 0;
    std::uint64_t packets_out = 0;
    std::string cause{};  // of the end: the name in the list of reasons, "lost" if nobody saw it
    std::string text{};   // and for a human
};

class Store {
public:
    static constexpr std::size_t LongestText = 1024;  // octets; what is longer is cut

    [[nodiscard]] static base::Result<Store> open(const std::string &path);
    [[nodiscard]] static Store in_memory();
    Store(Store &&) noexcept;
    Store &operator=(Store &&) noexcept;
    ~Store();

    // -- sessions
    // An id for a session whose record is begun later: leases need an owner before the session is
    // up. now: seconds since the epoch.
    [[nodiscard]] std::string new_id(double now);
    [[nodiscard]] base::Result<std::string> begin(const Record &record);  // its id
    struct Counters {
        std::string id;
        std::uint64_t octets_in = 0;
        std::uint64_t octets_out = 0;
        std::uint64_t packets_in = 0;
        std::uint64_t packets_out = 0;
    };
    // Interim: all of them in one transaction. Those that are not open are passed over.
    [[nodiscard]] base::Status update(const std::vector<Counters> &counters, double now);
    // What counts less than the last interim does not count: the kernel's session was gone first.
    [[nodiscard]] base::Status end(const Counters &last, double now, std::string_view cause,
                                   std::string_view text);
    // Sessions that are begun and not ended, as after a crash.
    [[nodiscard]] base::Result<std::vector<Record>> open_sessions() const;
    // The latest first, those that are open among them. user empty: all.
    [[nodiscard]] base::Result<std::vector<Record>> history(std::string_view user,
                                                            std::size_t limit) const;
    [[nodiscard]] base::Status trim(std::size_t keep);  // finished sessions

    // -- leases. They outlive the program when the call returns, and the host with the next change
    // of a session: a host that lost its power has no session left that could use an address.
    struct Lease {
        base::Ipv4 address;
        std::string pool;
        std::string user;
        std::string owner;
        std::uint64_t order = 0;  // grows from change to change, whatever the clock does
        bool released = false;    // who had it last is remembered
    };
    [[nodiscard]] base::Result<std::vector<Lease>> leases() const;
    [[nodiscard]] base::Status lease(const Lease &lease);
    [[nodiscard]] base::Status release(base::Ipv4 address, std::uint64_t order);
    [[nodiscard]] base::Status forget(base::Ipv4 address);  // who had it

    // A number that is this store's for as long as there is its file: this one, if it has none yet.
    [[nodiscard]] base::Result<std::uint64_t> identity(std::uint64_t proposal);

    // -- many changes at once: a session costs a wait for the disk when it begins and one when it
    // ends, some milliseconds in which the caller does nothing else. While it is held, a change
    // outlives the program when its call returns, but the host only when sync() has: a thousand
    // sessions that come up together wait for the disk once. What is told to others waits for
    // sync(), then.
    void hold(bool held);
    [[nodiscard]] base::Status sync();

    // How often a new file had to be begun in place of a broken one while this is open. What could
    // be read of the old one is in it; who knows better writes it again.
    [[nodiscard]] unsigned renewed() const;

private:
    struct Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace rtun::aaa
