// SPDX-License-Identifier: GPL-2.0-or-later
//
// What commands ask of the servers: who is connected, which addresses are in use, what was. As it
// stands here it is that of a daemon that serves nobody.
#pragma once

#include <base/result.h>
#include <ctl/message.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace rtun::daemon {

class Sessions {
public:
    Sessions() = default;
    virtual ~Sessions() = default;
    Sessions(const Sessions &) = delete;
    Sessions &operator=(const Sessions &) = delete;

    // How the PPTP server is; its settings are Directory's.
    [[nodiscard]] virtual ctl::ServerStatus server() const { return {}; }
    [[nodiscard]] virtual std::vector<ctl::ActiveStatus> active() const { return {}; }
    // A user, an interface or the number of a session: how many sessions are ended now.
    [[nodiscard]] virtual unsigned kill(std::string_view /*who*/) { return 0; }
    // Of pools that have a lease.
    [[nodiscard]] virtual std::vector<ctl::PoolStatus> pools() const { return {}; }
    [[nodiscard]] virtual std::vector<ctl::LeaseStatus> leases() const { return {}; }
    // The latest first. Empty: of all users.
    [[nodiscard]] virtual base::Result<std::vector<ctl::RecordStatus>>
    records(std::string_view /*user*/, std::uint32_t /*limit*/) const {
        return std::vector<ctl::RecordStatus>{};
    }
};

}  // namespace rtun::daemon
