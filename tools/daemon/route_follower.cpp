// SPDX-License-Identifier: GPL-2.0-or-later
//
// A look that fails is repeated with the next change: there is nothing better to be done about it.
#include <daemon/route_follower.h>

#include <base/log.h>

#include <algorithm>
#include <utility>

namespace rtun::daemon {

void RouteFollower::kernel_event(const netlink::Event &event) {
    const auto *notice = std::get_if<netlink::Notice>(&event);
    if (notice == nullptr || notice->type != "routes" || !routes_.pinned() ||
        std::exchange(armed_, true))
        return;
    base::Time when = world_.now() + Gather;
    if (looked_)
        when = std::max<base::Time>(when, *looked_ + Interval);
    alarm_->arm(when);
}

void RouteFollower::look() {
    armed_ = false;
    looked_ = world_.now();
    const auto moved = routes_.follow();
    if (!moved) {
        base::log::warning("route.follow", {},
                           "the routes to servers could not be looked at after a change: {}",
                           moved.error().text);
        return;
    }
    for (const HostRoutes::Moved &one : *moved)
        base::log::info("route.moved", {{"RTUN_ROUTE", one.server.text()}},
                        "the route to server {} goes {} device {} now, as the routes have changed",
                        one.server.text(),
                        one.to.gateway.unspecified() ? "directly over"
                                                     : "by " + one.to.gateway.text() + " over",
                        static_cast<int>(one.to.oif));
}

}  // namespace rtun::daemon
