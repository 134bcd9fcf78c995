// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tunnel that carries the default route must not carry itself. Before such a route is set, the
// way to the server as it is now is pinned by a host route; when the last call to that server that
// needed it has ended, it is removed. Both carry our routing protocol number, so that what a killed
// rtun left behind can be told from everybody else's routes.
//
// While it is pinned the way to the server may change: another default gateway, a device that went
// down or came back. follow() moves the pin to where the main table would lead without us. Where a
// rule of the administrator decides instead (fwmark, tables of their own) it is left alone.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <netlink/kernel.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtun::daemon {

// Gateways of interfaces that dial on demand: 10.112.112.0/24, as RouterOS and pppd have it.
inline constexpr base::Ipv4 StandbyGateways{0x0A707000};
[[nodiscard]] inline bool is_standby_gateway(base::Ipv4 address) {
    return address.value >> 8 == StandbyGateways.value >> 8;
}

class HostRoutes {
public:
    // owner: the name that our tunnels have in the kernel.
    HostRoutes(netlink::Kernel &kernel, std::string owner)
        : kernel_(kernel), owner_(std::move(owner)) {}

    // What to do if the way there is the tunnel to it. A bundle has its default route while links
    // are still dialed.
    enum class IntoTunnel : std::uint8_t { Refuse, GoAround };
    // Counts: as many unpin() as pin() that succeeded.
    [[nodiscard]] base::Status pin(base::Ipv4 server, std::uint32_t fwmark,
                                   netlink::LinkIndex tunnel, IntoTunnel into = IntoTunnel::Refuse);
    void unpin(base::Ipv4 server);

    // The device that the server must not be reached through any more: its own tunnel's.
    void through(base::Ipv4 server, netlink::LinkIndex tunnel);

    struct Moved {
        base::Ipv4 server;
        netlink::Route to;
    };
    // Routes have changed (the kernel's notice "routes"): where which pin goes now.
    [[nodiscard]] base::Result<std::vector<Moved>> follow();
    [[nodiscard]] bool pinned() const { return !pins_.empty(); }

    // Interfaces that wait for something to send (standby.h) need pins without a tunnel. Those of
    // this program are counted like all others; of another's nothing is known but that there is
    // one.
    void standby_is_ours() { standby_is_ours_ = true; }

    // A tunnel to this server was deleted. If it was the last one of all, nobody needs a host route
    // to it any more, whoever has pinned it.
    void tunnel_gone(base::Ipv4 server);

    // Removes host routes of ours to servers that no tunnel goes to; how many.
    [[nodiscard]] base::Result<unsigned> sweep();

private:
    struct Pin {
        netlink::Route route;
        unsigned users = 0;
        std::uint32_t fwmark = 0;
        std::vector<netlink::LinkIndex> tunnels;  // that the way must not lead through
    };

    [[nodiscard]] base::Result<std::optional<Moved>> follow(base::Ipv4 server, Pin &pin,
                                                            const std::vector<netlink::Route> &own);

    void remove(const netlink::Route &route);
    [[nodiscard]] bool standby_of_others() const;

    netlink::Kernel &kernel_;
    std::string owner_;
    std::map<base::Ipv4, Pin> pins_;
    bool watching_ = false;
    bool standby_is_ours_ = false;
};

}  // namespace rtun::daemon
