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
#include <utility>
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

netlink::Route host_route(base::Ipv4 server, netlink::Route way) {
    way.destination = server;
    way.prefix_length = 32;
    way.metric = 0;
    return way;
}

bool same_way(const netlink::Route &a, const netlink::Route &b) {
    return a.oif == b.oif && a.gateway == b.gateway;
}

bool goes_to(const std::vector<netlink::Tunnel> &tunnels, base::Ipv4 server) {
    return std::any_of(tunnels.begin(), tunnels.end(),
                       [&](const auto &tunnel) { return tunnel.spec.remote == server; });
}

}  // namespace

base::Status HostRoutes::pin(base::Ipv4 server, std::uint32_t fwmark, netlink::LinkIndex tunnel,
                             IntoTunnel into) {
    if (const auto known = pins_.find(server); known != pins_.end()) {
        known->second.users++;
        through(server, tunnel);
        return {};
    }
    // Before the question, so that no change falls between the two.
    if (!std::exchange(watching_, true))
        TRY(kernel_.watch_routes());
    netlink::Route route = TRY(kernel_.route_to(server, fwmark));
    if (route.oif == tunnel && into == IntoTunnel::GoAround)
        route = TRY(kernel_.way_around(server, {tunnel}));
    if (route.oif == tunnel)
        return base::fail(
            base::ErrorCode::Refused,
            fmt::format("the way to {} leads through the tunnel to it", server.text()));
    route = host_route(server, route);
    if (const auto added = kernel_.route_add(route); !added && added.error().errnum != EEXIST)
        return base::fail(added.error());
    pins_[server] = Pin{.route = route, .users = 1, .fwmark = fwmark, .tunnels = {tunnel}};
    return {};
}

void HostRoutes::through(base::Ipv4 server, netlink::LinkIndex tunnel) {
    const auto known = pins_.find(server);
    if (known == pins_.end())
        return;
    std::vector<netlink::LinkIndex> &tunnels = known->second.tunnels;
    if (std::find(tunnels.begin(), tunnels.end(), tunnel) == tunnels.end())
        tunnels.push_back(tunnel);
}

base::Result<std::vector<HostRoutes::Moved>> HostRoutes::follow() {
    std::vector<Moved> moved;
    if (pins_.empty())
        return moved;
    const std::vector<netlink::Route> own = TRY(kernel_.own_routes());
    for (auto &[server, pin] : pins_)
        if (const auto one = TRY(follow(server, pin, own)))
            moved.push_back(*one);
    return moved;
}

base::Result<std::optional<HostRoutes::Moved>>
HostRoutes::follow(base::Ipv4 server, Pin &pin, const std::vector<netlink::Route> &own) {
    const auto around = kernel_.way_around(server, pin.tunnels);
    if (!around && around.error().code != base::ErrorCode::Unreachable)
        return base::fail(around.error());
    // No way: if there is one again, that is a change, too. Until then the pin does no harm.
    if (!around)
        return std::nullopt;
    const bool there = std::any_of(own.begin(), own.end(), [&](const netlink::Route &route) {
        return route.destination == server && same_way(route, pin.route);
    });
    if (there && same_way(*around, pin.route))
        return std::nullopt;
    if (there) {
        const auto now = kernel_.route_to(server, pin.fwmark);
        if (now && !same_way(*now, pin.route))
            return std::nullopt;  // a rule leads elsewhere, whatever the main table says
    }
    const netlink::Route route = host_route(server, *around);
    if (there) {
        TRY(kernel_.route_replace(route));
    } else if (const auto added = kernel_.route_add(route); !added) {
        if (added.error().errnum == EEXIST)
            return std::nullopt;  // somebody else's, which does as well
        return base::fail(added.error());
    }
    pin.route = route;
    return Moved{server, route};
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
    if (shared || standby_of_others())
        return;
    remove(route);
}

bool HostRoutes::standby_of_others() const {
    if (standby_is_ours_)
        return false;
    const auto own = kernel_.own_routes();
    return own && std::any_of(own->begin(), own->end(), [](const netlink::Route &route) {
               return route.prefix_length == 0 && is_standby_gateway(route.gateway);
           });
}

void HostRoutes::remove(const netlink::Route &route) {
    if (const auto removed = delete_route(kernel_, route); !removed)
        base::log::warning("route.left", {{"RTUN_ROUTE", route.destination.text()}},
                           "the host route to {} could not be removed: {}",
                           route.destination.text(), removed.error().text);
}

void HostRoutes::tunnel_gone(base::Ipv4 server) {
    const auto tunnels = kernel_.tunnels();
    if (!tunnels || goes_to(*tunnels, server) || pins_.contains(server) || standby_of_others())
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
    if (standby_of_others())
        return removed;
    for (const netlink::Route &route : TRY(kernel_.own_routes())) {
        // The gateway of such an interface goes with it.
        if (is_standby_gateway(route.destination) || route.prefix_length != 32 ||
            goes_to(tunnels, route.destination) || pins_.contains(route.destination) ||
            into_session(route))
            continue;
        TRY(delete_route(kernel_, route));
        removed++;
    }
    return removed;
}

}  // namespace rtun::daemon
