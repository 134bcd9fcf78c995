// SPDX-License-Identifier: GPL-2.0-or-later
//
// The networks behind a user: routes that are there as long as his session. They lead into the
// session's device, unless a gateway is named that is not the user himself; then they lead where
// the gateway is. They carry our routing protocol number and go with the device, but for those of
// the second kind, which a next program finds by that number.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <config/model.h>
#include <netlink/kernel.h>

#include <map>
#include <string>
#include <vector>

namespace rtun::daemon {

class UserRoutes {
public:
    explicit UserRoutes(netlink::Kernel &kernel) : kernel_(kernel) {}

    // Makes the session's routes these; what could not be done. An empty list: none.
    [[nodiscard]] std::vector<std::string> set(netlink::LinkIndex session, base::Ipv4 user,
                                               const std::vector<config::UserRoute> &routes);
    void remove(netlink::LinkIndex session);

    // An earlier program has added them.
    void resume(netlink::LinkIndex session, base::Ipv4 user,
                const std::vector<config::UserRoute> &routes);
    // Removes routes of ours that belong to no session, and adds those that are missing. How many
    // were left. (Routes to single hosts are HostRoutes' to sweep.)
    unsigned sweep();

private:
    [[nodiscard]] base::Result<netlink::Route> route(netlink::LinkIndex session, base::Ipv4 user,
                                                     const config::UserRoute &wanted);
    void take_out(const netlink::Route &route);

    netlink::Kernel &kernel_;
    std::map<netlink::LinkIndex, std::vector<netlink::Route>> held_;
};

}  // namespace rtun::daemon
