// SPDX-License-Identifier: GPL-2.0-or-later
//
// Address pools and who has which address of them. No address is ever given twice, also not after a
// restart: what is given is written to the store before it is told, and read back at the start.
// A user gets the address that it had last, if that is free, and else the one that has been free
// for the longest time.
#pragma once

#include <aaa/store.h>
#include <base/net.h>
#include <base/result.h>
#include <config/model.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::aaa {

class Pools {
public:
    // store outlives this.
    explicit Pools(Store &store) : store_(store) {}

    [[nodiscard]] static base::Status check(const config::Config &config);
    // Leases of a pool that shrank or went stay until they are released.
    void load(const config::Config &config);

    // owner: the session, by its accounting id (Store). An address that stands in the
    // configuration itself is taken as well, so that nobody gets it from a pool meanwhile; it may
    // be shared (a server's own address is). Refused: "pool \"ppp\" has no free address (98 of 98 in
    // use)".
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
    Store &store_;
    // ... as the implementation needs
};

}  // namespace rtun::aaa
