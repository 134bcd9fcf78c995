// SPDX-License-Identifier: GPL-2.0-or-later
//
// The device has no address of its own while nobody has given one: what a host sends has the source
// address of another interface then, as net.ipv4.ip_dynaddr expects it.
#include <daemon/standby.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace rtun::daemon {

using base::ErrorCode;
using base::fail;

base::Result<netlink::Link> Standby::find_or_make(const std::string &name) {
    auto made = kernel_.link_add_on_demand(name);
    if (made || made.error().code != ErrorCode::Exists)
        return made;
    for (const netlink::Kernel::OnDemand &there : TRY(kernel_.links_on_demand()))
        if (there.link.name == name && !there.session)
            return there.link;
    return made;
}

// One that no other interface has.
base::Status Standby::add_gateway() {
    for (std::uint32_t number = 1; number <= LastGateway; number++) {
        netlink::Route route;
        route.destination = base::Ipv4{StandbyGateways.value + number};
        route.oif = link_->index;
        const auto added = kernel_.route_add(route);
        if (added) {
            gateway_ = route.destination;
            return {};
        }
        if (added.error().errnum != EEXIST)
            return fail(added.error());
    }
    return fail(ErrorCode::Refused, "no gateway of 10.112.112.0/24 is free");
}

base::Status Standby::make(const std::string &name, std::uint32_t mtu) {
    if (link_ && link_->name == name) {
        // With the last address of a device, a call's, the kernel takes all its routes.
        netlink::Route route;
        route.destination = gateway_;
        route.oif = link_->index;
        const auto added = kernel_.route_add(route);
        if (!added && added.error().errnum != EEXIST)
            return fail(added.error());
        if (!way_)
            return {};
        auto again = kernel_.route_add(*way_);
        return !again && again.error().errnum == EEXIST ? base::Status{} : again;
    }
    remove();
    link_ = TRY(find_or_make(name));
    const auto steps = [&]() -> base::Status {
        routes_.standby_is_ours();
        TRY(kernel_.watch_routes());  // tells, too, when somebody deletes it
        TRY(kernel_.link_up(link_->index, mtu));
        return add_gateway();
    };
    base::Status done = steps();
    if (!done)
        remove();
    return done;
}

bool Standby::vanished() {
    if (!link_)
        return false;
    const auto status = kernel_.link_status(link_->index);
    return !status &&
           (status.error().errnum == ENODEV || status.error().code == ErrorCode::NotFound);
}

void Standby::remove() {
    open_way();
    if (link_)
        (void)kernel_.link_del(link_->index);  // its routes go with it
    link_.reset();
    gateway_ = {};
}

base::Status Standby::close_way(const Way &way) {
    RTUN_ASSERT(link_);
    open_way();
    const auto steps = [&]() -> base::Status {
        for (const base::Ipv4 server : way.servers) {
            if (!way.pin_servers)
                break;
            TRY(routes_.pin(server, way.fwmark, link_->index));
            pinned_.push_back(server);
        }
        netlink::Route route;
        route.prefix_length = 0;
        route.gateway = gateway_;
        route.oif = link_->index;
        route.metric = way.metric;
        route.onlink = true;
        TRY(kernel_.route_add(route));
        way_ = route;
        return {};
    };
    base::Status done = steps();
    if (!done)
        open_way();
    return done;
}

void Standby::open_way() {
    if (way_)
        (void)kernel_.route_del(*way_);
    way_.reset();
    for (const base::Ipv4 server : pinned_)
        routes_.unpin(server);
    pinned_.clear();
}

base::Result<unsigned> sweep_standby(netlink::Kernel &kernel,
                                     const std::vector<std::string> &wanted) {
    unsigned swept = 0;
    for (const netlink::Kernel::OnDemand &there : TRY(kernel.links_on_demand())) {
        if (there.session)
            continue;
        if (std::find(wanted.begin(), wanted.end(), there.link.name) == wanted.end()) {
            TRY(kernel.link_del(there.link.index));
            swept++;
            continue;
        }
        for (const netlink::Route &route : TRY(kernel.own_routes()))
            if (route.oif == there.link.index)
                TRY(kernel.route_del(route));
    }
    return swept;
}

}  // namespace rtun::daemon
