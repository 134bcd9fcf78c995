// SPDX-License-Identifier: GPL-2.0-or-later
//
// Several programs may pin the same server (the daemon and a `connect`): who finds the route there
// shares it, and who goes leaves it as long as the kernel still has a tunnel of somebody else to
// that server. The last tunnel to it takes the route along.
#include <daemon/host_routes.h>

#include <base/log.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace rtun::daemon {

namespace {

// A host route goes by itself with its device, and another rtun may have been quicker.
base::Status delete_route(netlink::Kernel &kernel, const netlink::Route &route) {
    auto removed = kernel.route_del(route);
    if (!removed && (removed.error().errnum == ESRCH || removed.error().errnum == ENODEV))
        return {};
    return removed;
}

bool goes_to(const std::vector<netlink::Tunnel> &tunnels, base::Ipv4 server) {
    return std::any_of(tunnels.begin(), tunnels.end(),
                       [&](const auto &tunnel) { return tunnel.spec.remote == server; });
}

}  // namespace

base::Status HostRoutes::pin(base::Ipv4 server, std::uint32_t fwmark, netlink::LinkIndex tunnel) {
    if (const auto known = pins_.find(server); known != pins_.end()) {
        known->second.users++;
        return {};
    }
    netlink::Route route = TRY(kernel_.route_to(server, fwmark));
    if (route.oif == tunnel)
        return base::fail(
            base::ErrorCode::Refused,
            fmt::format("the way to {} leads through the tunnel to it", server.text()));
    route.destination = server;
    route.prefix_length = 32;
    route.metric = 0;
    if (const auto added = kernel_.route_add(route); !added && added.error().errnum != EEXIST)
        return base::fail(added.error());
    pins_[server] = Pin{route, 1};
    return {};
}

void HostRoutes::unpin(base::Ipv4 server) {
    const auto known = pins_.find(server);
    if (known == pins_.end() || --known->second.users > 0)
        return;
    const netlink::Route route = known->second.route;
    pins_.erase(known);
    // Our own that need it would be counted here; others' that are there may have found our route.
    const auto tunnels = kernel_.tunnels();
    const bool shared =
        tunnels && std::any_of(tunnels->begin(), tunnels->end(), [&](const auto &tunnel) {
            return tunnel.spec.remote == server && tunnel.owner != owner_;
        });
    if (shared)
        return;
    remove(route);
}

void HostRoutes::remove(const netlink::Route &route) {
    if (const auto removed = delete_route(kernel_, route); !removed)
        base::log::warning("route.left", {{"RTUN_ROUTE", route.destination.text()}},
                           "the host route to {} could not be removed: {}",
                           route.destination.text(), removed.error().text);
}

void HostRoutes::tunnel_gone(base::Ipv4 server) {
    const auto tunnels = kernel_.tunnels();
    if (!tunnels || goes_to(*tunnels, server) || pins_.contains(server))
        return;
    if (const auto routes = kernel_.own_routes())
        for (const netlink::Route &route : *routes)
            if (route.prefix_length == 32 && route.destination == server)
                remove(route);
}

base::Result<unsigned> HostRoutes::sweep() {
    const std::vector<netlink::Tunnel> tunnels = TRY(kernel_.tunnels());
    const std::vector<netlink::Session> sessions = TRY(kernel_.sessions());
    // A user's route to a host behind him, which goes with its device.
    const auto into_session = [&](const netlink::Route &route) {
        return std::any_of(sessions.begin(), sessions.end(),
                           [&](const auto &session) { return session.device == route.oif; });
    };
    unsigned removed = 0;
    for (const netlink::Route &route : TRY(kernel_.own_routes())) {
        if (route.prefix_length != 32 || goes_to(tunnels, route.destination) ||
            pins_.contains(route.destination) || into_session(route))
            continue;
        TRY(delete_route(kernel_, route));
        removed++;
    }
    return removed;
}

}  // namespace rtun::daemon
