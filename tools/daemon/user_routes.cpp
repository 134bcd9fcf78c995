// SPDX-License-Identifier: GPL-2.0-or-later
#include <daemon/user_routes.h>

#include <base/log.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace rtun::daemon {

namespace {

using netlink::Route;

std::string text(const config::UserRoute &route) {
    return fmt::format("route {}/{}", route.destination.address.text(), route.destination.length);
}

bool among(const std::vector<Route> &routes, const Route &route) {
    return std::find(routes.begin(), routes.end(), route) != routes.end();
}

}  // namespace

base::Result<Route> UserRoutes::route(netlink::LinkIndex session, base::Ipv4 user,
                                      const config::UserRoute &wanted) {
    Route route{.destination = wanted.destination.address,
                .prefix_length = wanted.destination.length,
                .gateway = wanted.gateway,
                .oif = session,
                .source = {},
                .metric = wanted.metric};
    if (!wanted.gateway.unspecified() && wanted.gateway != user)
        route.oif = TRY(kernel_.route_to(wanted.gateway, 0)).oif;
    return route;
}

std::vector<std::string> UserRoutes::set(netlink::LinkIndex session, base::Ipv4 user,
                                         const std::vector<config::UserRoute> &routes) {
    std::vector<std::string> problems;
    std::vector<Route> wanted, there;
    for (const config::UserRoute &one : routes) {
        const auto made = route(session, user, one);
        if (made && !among(wanted, *made))
            wanted.push_back(*made);
        if (!made)
            problems.push_back(text(one) + ": " + made.error().text);
    }
    for (const Route &had : held_[session]) {
        if (among(wanted, had))
            there.push_back(had);
        else
            take_out(had);
    }
    for (const Route &route : wanted) {
        if (among(there, route))
            continue;
        const auto added = kernel_.route_add(route);
        if (added)
            there.push_back(route);
        else
            problems.push_back(added.error().text);
    }
    if (there.empty())
        held_.erase(session);
    else
        held_[session] = std::move(there);
    return problems;
}

void UserRoutes::remove(netlink::LinkIndex session) {
    const auto found = held_.find(session);
    if (found == held_.end())
        return;
    const std::vector<Route> routes = std::move(found->second);
    held_.erase(found);
    for (const Route &route : routes)
        take_out(route);
}

// With the device its routes have gone.
void UserRoutes::take_out(const Route &route) {
    const auto removed = kernel_.route_del(route);
    if (!removed && removed.error().errnum != ESRCH && removed.error().errnum != ENODEV)
        base::log::warning("dressing.left", {}, "{}", removed.error().text);
}

void UserRoutes::resume(netlink::LinkIndex session, base::Ipv4 user,
                        const std::vector<config::UserRoute> &routes) {
    for (const config::UserRoute &one : routes)
        if (const auto made = route(session, user, one); made && !among(held_[session], *made))
            held_[session].push_back(*made);
}

unsigned UserRoutes::sweep() {
    const auto own = kernel_.own_routes();
    const auto sessions = kernel_.sessions();
    if (!own || !sessions) {
        base::log::warning("dressing.left", {}, "{}",
                           !own ? own.error().text : sessions.error().text);
        return 0;
    }
    std::set<netlink::LinkIndex> devices;
    for (const netlink::Session &session : *sessions)
        if (session.device)
            devices.insert(*session.device);
    unsigned left = 0;
    for (const Route &route : *own) {
        // Into a device of ours: a client's default route, another program's, or a session's.
        const bool held = std::any_of(held_.begin(), held_.end(), [&](const auto &entry) {
            return among(entry.second, route);
        });
        if (held || route.prefix_length == 32 || devices.contains(route.oif))
            continue;
        left++;
        take_out(route);
    }
    for (auto &[session, routes] : held_)
        std::erase_if(routes, [&](const Route &route) {
            if (among(*own, route))
                return false;
            const auto added = kernel_.route_add(route);
            if (!added)
                base::log::warning("dressing.left", {}, "{}", added.error().text);
            return !added;
        });
    return left;
}

}  // namespace rtun::daemon
