// SPDX-License-Identifier: GPL-2.0-or-later
//
// The server as commands see it: who is connected, which addresses are in use, what was.
#pragma once

#include <aaa/pools.h>
#include <aaa/store.h>
#include <daemon/pptp_server.h>
#include <daemon/sessions.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace rtun::daemon {

class ServerView final : public Sessions {
public:
    // All of them outlive it.
    ServerView(PptpServer &server, netlink::Kernel &kernel, const World &world,
               const aaa::Pools &pools, const aaa::Store &store)
        : server_(server), kernel_(kernel), world_(world), pools_(pools), store_(store) {}

    [[nodiscard]] ctl::ServerStatus server() const override;
    [[nodiscard]] std::vector<ctl::ActiveStatus> active() const override;
    [[nodiscard]] unsigned kill(std::string_view who) override;
    [[nodiscard]] std::vector<ctl::PoolStatus> pools() const override;
    [[nodiscard]] std::vector<ctl::LeaseStatus> leases() const override;
    [[nodiscard]] base::Result<std::vector<ctl::RecordStatus>>
    records(std::string_view user, std::uint32_t limit) const override;

private:
    PptpServer &server_;
    netlink::Kernel &kernel_;
    const World &world_;
    const aaa::Pools &pools_;
    const aaa::Store &store_;
};

}  // namespace rtun::daemon
