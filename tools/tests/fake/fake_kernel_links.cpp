// SPDX-License-Identifier: GPL-2.0-or-later
//
// The devices, addresses and routes of the kernel in memory.
#include <tests/fake/fake_kernel.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace rtun::fake {

using base::ErrorCode;
using netlink::LinkIndex;
using netlink::Route;
using netlink::SessionId;

namespace {

std::uint32_t number(SessionId id) { return static_cast<std::uint32_t>(id); }
int number(LinkIndex index) { return static_cast<int>(index); }

tl::unexpected<base::Error> refused(int errnum, std::string text) {
    return base::fail(ErrorCode::Refused, std::move(text), errnum);
}
tl::unexpected<base::Error> no_session(SessionId id) {
    return base::fail(ErrorCode::NotFound, fmt::format("no session {}", number(id)), ENOENT);
}
tl::unexpected<base::Error> no_link(LinkIndex link) {
    return base::fail(ErrorCode::NotFound, fmt::format("no device {}", number(link)), ENODEV);
}

std::string describe(const Route &route) {
    return fmt::format("{}/{} via {} dev {} src {} metric {}", route.destination.text(),
                       route.prefix_length, route.gateway.text(), number(route.oif),
                       route.source.text(), route.metric);
}

bool covers(const Route &route, base::Ipv4 destination) {
    if (route.prefix_length == 0)
        return true;
    const int shift = 32 - route.prefix_length;
    return route.destination.value >> shift == destination.value >> shift;
}

}  // namespace

// -- netlink::Kernel: devices, addresses, routes

base::Result<netlink::Link> FakeKernel::make_link(std::string_view name, SessionId session) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end())
        return no_session(session);
    if (found->second.session.device)
        return refused(EBUSY, "the session has a device already");
    std::string full(name);
    if (const auto pattern = full.find("%d"); pattern != std::string::npos) {
        int n = 0;
        do {
            full = std::string(name);
            full.replace(pattern, 2, std::to_string(n++));
        } while (link_named(full));
    }
    if (full.empty() || full.size() > 15)
        return refused(EINVAL, fmt::format("\"{}\" is not a device name", full));
    if (link_named(full))
        return base::fail(ErrorCode::Exists, fmt::format("device {} exists", full), EEXIST);
    const LinkIndex index{next_link_++};
    links_[index] = FakeLink{.name = full, .session = session, .kind = "rtun"};
    found->second.session.device = index;
    return netlink::Link{index, full};
}

base::Result<netlink::Link> FakeKernel::link_add(std::string_view name, SessionId session) {
    TRY(called(fmt::format("link_add {} {}", name, number(session))));
    return make_link(name, session);
}

base::Result<netlink::Link> FakeKernel::link_add_ethernet(std::string_view name, SessionId session,
                                                          const netlink::LinkChange &initial) {
    TRY(called(fmt::format("link_add_ethernet {} {}{}{}{}", name, number(session),
                           initial.mtu ? fmt::format(" mtu {}", *initial.mtu) : "",
                           initial.mac ? " mac " + initial.mac->text() : "",
                           initial.up.value_or(false) ? " up" : "")));
    const auto found = sessions_.find(session);
    if (found != sessions_.end() && found->second.session.pw_type == netlink::PwType::Ppp &&
        !found->second.session.np.bridge)
        return refused(EINVAL, "the session does not carry Ethernet");
    if (initial.mac && !initial.mac->unicast())
        return refused(EADDRNOTAVAIL, "not the Ethernet address of a station");
    const netlink::Link made = TRY(make_link(name, session));
    FakeLink &link = links_.at(made.index);
    link.ethernet = true;
    link.up = initial.up.value_or(false);
    link.mtu = initial.mtu.value_or(1500);
    link.mac = initial.mac.value_or(base::Mac{{2, 0, 0, 0, 0, 1}});
    return made;
}

base::Result<netlink::Link> FakeKernel::link_add_on_demand(std::string_view name) {
    TRY(called(fmt::format("link_add_on_demand {}", name)));
    if (link_named(name))
        return base::fail(ErrorCode::Exists, fmt::format("device {} exists", name), EEXIST);
    const LinkIndex index{next_link_++};
    links_[index] = FakeLink{.name = std::string(name), .on_demand = true};
    return netlink::Link{index, std::string(name)};
}

base::Result<std::vector<netlink::Kernel::OnDemand>> FakeKernel::links_on_demand() {
    TRY(called("links_on_demand"));
    std::vector<OnDemand> found;
    for (const auto &[index, link] : links_) {
        if (!link.on_demand)
            continue;
        found.push_back({.link = {index, link.name}, .session = {}});
        if (sessions_.contains(link.session))
            found.back().session = link.session;
    }
    return found;
}

base::Status FakeKernel::session_attach(SessionId id, LinkIndex link) {
    TRY(called(fmt::format("session_attach {} {}", number(id), number(link))));
    const auto session = sessions_.find(id);
    const auto device = links_.find(link);
    if (session == sessions_.end())
        return no_session(id);
    if (device == links_.end())
        return no_link(link);
    if (session->second.session.device || sessions_.contains(device->second.session))
        return refused(EBUSY, "the device carries a session already");
    session->second.session.device = link;
    device->second.session = id;
    return {};
}

base::Status FakeKernel::session_detach(SessionId id) {
    TRY(called(fmt::format("session_detach {}", number(id))));
    const auto session = sessions_.find(id);
    if (session == sessions_.end())
        return no_session(id);
    if (!session->second.session.device)
        return refused(ENODEV, "the session has no device");
    links_.at(*session->second.session.device).session = SessionId{};
    session->second.session.device.reset();
    return {};
}

base::Status FakeKernel::link_set(LinkIndex link, const netlink::LinkChange &change) {
    TRY(called(fmt::format("link_set {}{}{}{}{}{}{}", number(link),
                           change.up ? (*change.up ? " up" : " down") : "",
                           change.mtu ? fmt::format(" mtu {}", *change.mtu) : "",
                           change.mac ? " mac " + change.mac->text() : "",
                           change.group ? fmt::format(" group {}", *change.group) : "",
                           change.master ? fmt::format(" master {}", number(*change.master)) : "",
                           change.port ? " port" : "")));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    if (change.master && (!links_.contains(*change.master) ||
                          links_.at(*change.master).kind != "bridge" || !found->second.ethernet))
        return refused(EOPNOTSUPP, "the device cannot be its port");
    if (change.port && !found->second.master)
        return refused(EOPNOTSUPP, "the device is no port");
    if (change.master)
        found->second.master = change.master;
    found->second.port = change.port.value_or(found->second.port);
    found->second.up = change.up.value_or(found->second.up);
    found->second.mtu = change.mtu.value_or(found->second.mtu);
    if (change.mac)
        found->second.mac = change.mac;
    found->second.group = change.group.value_or(found->second.group);
    return {};
}

base::Result<netlink::LinkStatus> FakeKernel::link_status(LinkIndex link) {
    TRY(called(fmt::format("link_status {}", number(link))));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    const FakeLink &is = found->second;
    const auto session = sessions_.find(is.session);
    return netlink::LinkStatus{.index = link,
                               .name = is.name,
                               .up = is.up,
                               .carrier = is.up && session != sessions_.end() &&
                                          session->second.session.circuit_up,
                               .mtu = is.mtu,
                               .mac = is.mac,
                               .kind = is.kind,
                               .master = is.master};
}

base::Result<LinkIndex> FakeKernel::link_index(std::string_view name) {
    TRY(called(fmt::format("link_index {}", name)));
    if (const auto found = link_named(name))
        return *found;
    return base::fail(ErrorCode::NotFound, fmt::format("no device {}", name), ENODEV);
}

base::Status FakeKernel::link_up(LinkIndex link, std::uint32_t mtu) {
    TRY(called(fmt::format("link_up {} {}", number(link), mtu)));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    found->second.up = true;
    found->second.mtu = mtu;
    return {};
}

base::Status FakeKernel::link_del(LinkIndex link) {
    TRY(called(fmt::format("link_del {}", number(link))));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    if (const auto s = sessions_.find(found->second.session); s != sessions_.end())
        s->second.session.device.reset();
    drop_link(link);
    return {};
}

base::Result<std::string> FakeKernel::link_name(LinkIndex link) {
    TRY(called(fmt::format("link_name {}", number(link))));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    return found->second.name;
}

base::Status FakeKernel::address_add(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) {
    TRY(called(fmt::format("address_add {} {} {}", number(link), local.text(), peer.text())));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    const FakeLink::Address address{local, peer};
    auto &all = found->second.addresses;
    if (std::find(all.begin(), all.end(), address) != all.end())
        return base::fail(ErrorCode::Exists, "the device has this address already", EEXIST);
    all.push_back(address);
    return {};
}

base::Status FakeKernel::address_del(LinkIndex link, base::Ipv4 local, base::Ipv4 peer) {
    TRY(called(fmt::format("address_del {} {} {}", number(link), local.text(), peer.text())));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    if (std::erase(found->second.addresses, FakeLink::Address{local, peer}) == 0)
        return refused(EADDRNOTAVAIL, "the device has no such address");
    // The last one takes the routes along.
    if (found->second.addresses.empty())
        std::erase_if(routes_, [&](const Route &route) { return route.oif == link; });
    return {};
}

base::Status FakeKernel::address_add6(LinkIndex link, std::uint64_t interface_id) {
    TRY(called(fmt::format("address_add6 {} {:x}", number(link), interface_id)));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    found->second.interface_ids.push_back(interface_id);
    return {};
}

base::Status FakeKernel::address_del6(LinkIndex link, std::uint64_t interface_id) {
    TRY(called(fmt::format("address_del6 {} {:x}", number(link), interface_id)));
    const auto found = links_.find(link);
    if (found == links_.end())
        return no_link(link);
    if (std::erase(found->second.interface_ids, interface_id) == 0)
        return refused(EADDRNOTAVAIL, "the device has no such address");
    return {};
}

base::Status FakeKernel::route_replace(const Route &route) {
    TRY(called("route_replace " + describe(route)));
    std::erase_if(routes_, [&](const Route &other) {
        return other.destination == route.destination &&
               other.prefix_length == route.prefix_length && other.metric == route.metric;
    });
    routes_.push_back(route);
    return {};
}

base::Result<Route> FakeKernel::way_around(base::Ipv4 destination,
                                           const std::vector<LinkIndex> &without) {
    TRY(called(fmt::format("way_around {}", destination.text())));
    // All of routes_ are ours.
    if (!underlay || !covers(*underlay, destination) ||
        std::find(without.begin(), without.end(), underlay->oif) != without.end())
        return base::fail(ErrorCode::Unreachable, fmt::format("no route to {}", destination.text()),
                          ENETUNREACH);
    return *underlay;
}

base::Status FakeKernel::watch_routes() {
    TRY(called("watch_routes"));
    routes_watched_ = true;
    return {};
}

void FakeKernel::change_underlay(std::optional<Route> route) {
    if (underlay && !route)
        std::erase_if(routes_, [&](const Route &other) { return other.oif == underlay->oif; });
    underlay = route;
    if (routes_watched_)
        push(netlink::Notice{.type = "routes"});
}

base::Status FakeKernel::route_add(const Route &route) {
    TRY(called("route_add " + describe(route)));
    if (const auto link = links_.find(route.oif); link != links_.end() && !link->second.up)
        return refused(ENETDOWN, "Device for nexthop is not up");
    // A default route may have a metric that another has, and then goes before it.
    const bool taken = std::any_of(routes_.begin(), routes_.end(), [&](const Route &other) {
        return other == route ||
               (route.prefix_length != 0 && other.destination == route.destination &&
                other.prefix_length == route.prefix_length && other.metric == route.metric);
    });
    if (taken)
        return base::fail(ErrorCode::Exists, "the route exists", EEXIST);
    const auto place = std::find_if(routes_.begin(), routes_.end(), [&](const Route &other) {
        return other.prefix_length == 0 && route.prefix_length == 0 && other.metric == route.metric;
    });
    routes_.insert(place, route);
    return {};
}

base::Status FakeKernel::route_del(const Route &route) {
    TRY(called("route_del " + describe(route)));
    if (std::erase(routes_, route) == 0)
        return base::fail(ErrorCode::NotFound, "no such route", ESRCH);
    return {};
}

base::Result<Route> FakeKernel::route_to(base::Ipv4 destination, std::uint32_t fwmark) {
    TRY(called(fmt::format("route_to {} {}", destination.text(), fwmark)));
    std::optional<Route> best;
    const auto consider = [&](const Route &route) {
        if (covers(route, destination) &&
            (!best || route.prefix_length > best->prefix_length ||
             (route.prefix_length == best->prefix_length && route.metric < best->metric)))
            best = route;
    };
    // The route to a device's peer, as the kernel makes it with the address.
    for (const auto &[index, link] : links_)
        for (const FakeLink::Address &address : link.addresses)
            if (!address.peer.unspecified())
                consider(Route{.destination = address.peer, .oif = index, .source = address.local});
    for (const Route &route : routes_)
        consider(route);
    if (underlay)
        consider(*underlay);  // was there first, so others went before it
    if (!best)
        return base::fail(ErrorCode::Unreachable, fmt::format("no route to {}", destination.text()),
                          ENETUNREACH);
    best->destination = destination;
    best->prefix_length = 32;
    return *best;
}

base::Result<std::vector<Route>> FakeKernel::own_routes() {
    TRY(called("own_routes"));
    return routes_;
}

}  // namespace rtun::fake
