// SPDX-License-Identifier: GPL-2.0-or-later
//
// The interface of a client that dials on demand, as long as the client is enabled: it exists
// whether or not there is a call, so that firewall rules and routes can name it, and the kernel
// tells when there is something to send through it. A route to a gateway in 10.112.112.0/24, which
// nobody has, makes packets go there; with add-default-route a default route by that gateway, too.
// Under the call's own default route, which has the same metric, it is not seen.
//
// Such a default route must not take the dialing itself: the servers are pinned before.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <daemon/host_routes.h>
#include <netlink/kernel.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rtun::daemon {

class Standby {
public:
    static constexpr std::uint32_t LastGateway = 254;

    Standby(netlink::Kernel &kernel, HostRoutes &routes) : kernel_(kernel), routes_(routes) {}
    Standby(const Standby &) = delete;
    Standby &operator=(const Standby &) = delete;
    ~Standby() { remove(); }

    // Makes the interface with its route, or takes the one that an earlier daemon left.
    [[nodiscard]] base::Status make(const std::string &name, std::uint32_t mtu);
    [[nodiscard]] bool made() const { return link_.has_value(); }
    // Whether somebody has deleted it.
    [[nodiscard]] bool vanished();
    void remove();

    struct Way {
        std::uint32_t metric = 1;
        bool pin_servers = true;
        std::uint32_t fwmark = 0;
        std::vector<base::Ipv4> servers;
    };
    // Everything for which there is no better route goes to the interface from now on.
    [[nodiscard]] base::Status close_way(const Way &way);
    // And not any more: for what has to be asked before one can dial.
    void open_way();
    [[nodiscard]] bool closed() const { return way_.has_value(); }

    [[nodiscard]] const std::optional<netlink::Link> &link() const { return link_; }
    [[nodiscard]] base::Ipv4 gateway() const { return gateway_; }

private:
    [[nodiscard]] base::Result<netlink::Link> find_or_make(const std::string &name);
    [[nodiscard]] base::Status add_gateway();

    netlink::Kernel &kernel_;
    HostRoutes &routes_;
    std::optional<netlink::Link> link_;
    base::Ipv4 gateway_;
    std::optional<netlink::Route> way_;
    std::vector<base::Ipv4> pinned_;
};

// Deletes interfaces on demand without a call whose names are none of these: what a daemon that was
// killed has left of clients that there are no more. How many.
// The routes of the others are taken off: they are made anew.
[[nodiscard]] base::Result<unsigned> sweep_standby(netlink::Kernel &kernel,
                                                   const std::vector<std::string> &wanted);

}  // namespace rtun::daemon
