// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tunnel that carries the default route must not carry itself. Before such a route is set, the
// way to the server as it is now is pinned by a host route; when the last call to that server that
// needed it has ended, it is removed. Both carry our routing protocol number, so that what a killed
// rtun left behind can be told from everybody else's routes.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <netlink/kernel.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace rtun::daemon {

class HostRoutes {
public:
    // owner: the name that our tunnels have in the kernel.
    HostRoutes(netlink::Kernel &kernel, std::string owner)
        : kernel_(kernel), owner_(std::move(owner)) {}

    // Counts: as many unpin() as pin() that succeeded. Refused if the way there is the tunnel to
    // it.
    [[nodiscard]] base::Status pin(base::Ipv4 server, std::uint32_t fwmark,
                                   netlink::LinkIndex tunnel);
    void unpin(base::Ipv4 server);

    // A tunnel to this server was deleted. If it was the last one of all, nobody needs a host route
    // to it any more, whoever has pinned it.
    void tunnel_gone(base::Ipv4 server);

    // Removes host routes of ours to servers that no tunnel goes to; how many.
    [[nodiscard]] base::Result<unsigned> sweep();

private:
    struct Pin {
        netlink::Route route;
        unsigned users = 0;
    };

    void remove(const netlink::Route &route);

    netlink::Kernel &kernel_;
    std::string owner_;
    std::map<base::Ipv4, Pin> pins_;
};

}  // namespace rtun::daemon
