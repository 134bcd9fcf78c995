// SPDX-License-Identifier: GPL-2.0-or-later
//
// Address pools and who has which address of them. No address is ever given twice, also not after a
// restart: what is given is written to the store before it is told, and read back at the start.
// A user gets the address that it had last, if that is free, and else the one that has been free
// for the longest time; of those that nobody has had, the lowest.
//
// After a restart, sessions that go on take() their addresses again, and owners that are no more
// are released: the store knows the leases of both.
#pragma once

#include <aaa/intervals.h>
#include <aaa/store.h>
#include <base/net.h>
#include <base/result.h>
#include <config/model.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtun::aaa {

class Pools {
public:
    static constexpr std::uint64_t MaxAddresses = 1U << 24;  // of one pool
    // Users whose last address is remembered; beyond that, the oldest are forgotten.
    static constexpr std::size_t MaxRemembered = 1U << 16;

    // store outlives this.
    explicit Pools(Store &store) : store_(store) {}

    [[nodiscard]] static base::Status check(const config::Config &config);
    // Leases of a pool that shrank or went stay until they are released. Addresses that stand in
    // the configuration themselves, of users and profiles, are not given from a pool.
    void load(const config::Config &config);

    // owner: the session, by its accounting id (Store). An address that stands in the
    // configuration itself is taken as well, so that nobody gets it from a pool meanwhile; it may
    // be shared (a server's own address is). Refused: "pool \"ppp\" has no free address (98 of 98
    // in use)", or what the store says if it cannot be written.
    [[nodiscard]] base::Result<base::Ipv4> lease(std::string_view pool, std::string_view user,
                                                 std::string_view owner);
    void take(base::Ipv4 address, std::string_view owner);
    void release(std::string_view owner);

    struct Lease {
        base::Ipv4 address;
        std::string pool;  // empty: taken
        std::string user;
        std::string owner;
    };
    [[nodiscard]] std::vector<Lease> leases() const;
    struct Usage {
        std::string pool;
        std::uint64_t total = 0;
        std::uint64_t used = 0;
    };
    [[nodiscard]] std::vector<Usage> usage() const;

private:
    // When it became free and which one: the order in which free addresses are given.
    using Turn = std::pair<std::uint64_t, base::Ipv4>;
    struct Pool {
        std::string name;
        std::string next;
        std::uint64_t total = 0;
        Intervals fresh;       // free, and nobody is known to have had it
        std::set<Turn> queue;  // free, the others
        [[nodiscard]] std::uint64_t used() const { return total - fresh.size() - queue.size(); }
    };
    struct Last {
        std::string user;
        std::uint64_t order = 0;
    };

    [[nodiscard]] base::Status catch_up();
    [[nodiscard]] base::Status read_store();
    void rebuild(const config::Config &config);
    [[nodiscard]] Pool *pool_of(base::Ipv4 address);
    [[nodiscard]] std::vector<Pool *> chain(std::string_view name);
    [[nodiscard]] const base::Ipv4 *last_of(std::string_view user,
                                            const std::vector<Pool *> &among) const;
    [[nodiscard]] bool in_use(base::Ipv4 address) const;
    void occupy(base::Ipv4 address);  // out of its pool's free ones
    void vacate(base::Ipv4 address);  // back to them, unless there is a reason why not
    void give_back(base::Ipv4 address);
    void remember(base::Ipv4 address, Last last);
    void forget(base::Ipv4 address);

    Store &store_;
    bool read_ = false;        // what the store knew is here
    unsigned renewed_ = 0;     // as the store counted it when it had all of our leases
    std::uint64_t order_ = 0;  // of the last change
    std::map<std::string, Pool, std::less<>> pools_;
    std::map<base::Ipv4, std::pair<base::Ipv4, Pool *>> ranges_;  // first; last and whose
    std::set<base::Ipv4> reserved_;                               // those of the configuration
    std::map<base::Ipv4, Lease> leased_;
    std::map<base::Ipv4, std::set<std::string, std::less<>>> taken_;
    std::map<std::string, std::vector<base::Ipv4>, std::less<>> by_owner_;
    std::map<base::Ipv4, Last> remembered_;                       // who had what is free now
    std::map<std::string, std::set<Turn>, std::less<>> by_user_;  // the same
    std::set<Turn> by_age_;                                       // the same
    std::set<base::Ipv4> unsaved_;  // released, which the store does not know
};

}  // namespace rtun::aaa
