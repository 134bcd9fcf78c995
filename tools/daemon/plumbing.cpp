// SPDX-License-Identifier: GPL-2.0-or-later
//
// Steps up and the one way down. The kernel deletes the device with its session, and address and
// routes with the device, so the way down asks for little; and it does not stop at an error, for
// what is gone already is no reason to leave the rest.
#include <daemon/plumbing.h>

#include <base/log.h>
#include <daemon/bridge_port.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace rtun::daemon {

base::Status Plumbing::open(const netlink::TunnelSpec &tunnel,
                            const netlink::SessionChange &session) {
    RTUN_ASSERT(tunnel.remote.v4() != nullptr);  // PPTP knows no other
    server_ = *tunnel.remote.v4();
    return open_both(tunnel, session);
}

base::Status Plumbing::open_bundle(const netlink::TunnelSpec &tunnel,
                                   const netlink::SessionChange &session) {
    server_ = {};
    return open_both(tunnel, session);
}

base::Status Plumbing::open_both(const netlink::TunnelSpec &tunnel,
                                 const netlink::SessionChange &session) {
    tunnel_ = TRY(kernel_.tunnel_add(tunnel));
    tunnel_is_ours_ = true;
    fwmark_ = tunnel.fwmark;
    auto made = kernel_.session_add(*tunnel_, 0, session);
    if (!made) {
        close();
        return base::fail(std::move(made).error());
    }
    session_ = *made;
    return {};
}

base::Status Plumbing::adopt(const netlink::Tunnel &tunnel, const netlink::Session &session,
                             const Networks &networks) {
    TRY(adopt_link(tunnel, session));
    TRY(adopt_device(session, networks));
    return adopt_routes();
}

base::Status Plumbing::adopt_link(const netlink::Tunnel &tunnel, const netlink::Session &session) {
    const base::Ipv4 *server = tunnel.spec.remote.v4();
    if (server == nullptr || session.tunnel != tunnel.id)
        return base::fail(base::ErrorCode::Invalid, "the session is not in the tunnel");
    tunnel_ = tunnel.id;
    tunnel_is_ours_ = true;
    server_ = *server;
    fwmark_ = tunnel.spec.fwmark;
    session_ = {.id = session.id, .local_id = session.local_id};
    return {};
}

base::Status Plumbing::adopt_bundle(const netlink::Tunnel &tunnel, const netlink::Session &session,
                                    const Networks &networks) {
    tunnel_ = tunnel.id;
    tunnel_is_ours_ = true;
    server_ = {};
    session_ = {.id = session.id, .local_id = session.local_id};
    TRY(adopt_device(session, networks));
    return find_default_route();
}

base::Status Plumbing::adopt_in(const netlink::Session &session, const Networks &networks) {
    tunnel_ = session.tunnel;
    session_ = {.id = session.id, .local_id = session.local_id};
    return adopt_device(session, networks);
}

void Plumbing::adopt_link(const netlink::Session &session) {
    tunnel_ = session.tunnel;
    session_ = {.id = session.id, .local_id = session.local_id};
}

base::Status Plumbing::adopt_device(const netlink::Session &session, const Networks &networks) {
    if (!session.device || session.netnsid)
        return base::fail(base::ErrorCode::NotFound, session.netnsid
                                                         ? "its interface was moved away"
                                                         : "its interface was deleted");
    device_ = netlink::Link{*session.device, TRY(kernel_.link_name(*session.device))};
    ipv4_ = networks.ipv4;
    ipv6_ = networks.ipv6;
    bridged_ = networks.bridge;
    return {};
}

base::Status Plumbing::find_default_route() {
    for (const netlink::Route &route : TRY(kernel_.own_routes()))
        if (route.prefix_length == 0 && route.oif == device_->index)
            default_route_ = route;
    return {};
}

base::Status Plumbing::adopt_routes() {
    TRY(find_default_route());
    if (!default_route_)
        return {};
    // The way to the server is pinned already, so this finds it; if somebody has removed the pin,
    // the default route would lead the tunnel into itself.
    if (const auto pinned = routes_.pin(server_, fwmark_, device_->index); pinned) {
        pinned_ = true;
        return {};
    }
    TRY(kernel_.route_del(*default_route_));
    default_route_.reset();
    return {};
}

void Plumbing::release() {
    tunnel_.reset();
    tunnel_is_ours_ = false;
    session_.reset();
    device_.reset();
    ipv4_.reset();
    ipv6_.reset();
    bridged_ = false;
    default_route_.reset();
    pinned_ = false;
}

base::Status Plumbing::open_in(netlink::TunnelId tunnel, const netlink::SessionChange &session) {
    session_ = TRY(kernel_.session_add(tunnel, 0, session));
    tunnel_ = tunnel;
    return {};
}

base::Status Plumbing::set(const netlink::SessionChange &change) {
    RTUN_ASSERT(session_);
    return kernel_.session_set(session_->id, change);
}

base::Status Plumbing::send(base::View frame) {
    RTUN_ASSERT(session_);
    return kernel_.frame_send(session_->id, frame);
}

// The kernel would number from 0; people count tunnels from 1.
base::Result<netlink::Link> Plumbing::add_device(const std::string &name, const MakeDevice &make) {
    const std::size_t number = name.find("%d");
    if (number == std::string::npos)
        return make(name);
    for (int n = 1;; n++) {
        std::string numbered = name;
        numbered.replace(number, 2, std::to_string(n));
        auto made = make(numbered);
        if (made || made.error().code != base::ErrorCode::Exists || n == MaxNumber)
            return made;
    }
}

base::Status Plumbing::device_up(const std::string &interface, std::uint32_t mtu) {
    if (!device_ && borrowed_) {
        TRY(kernel_.session_attach(session_->id, borrowed_->index));
        device_ = borrowed_;
    } else if (!device_) {
        device_ = TRY(add_device(interface, [this](const std::string &name) {
            return kernel_.link_add(name, session_->id);
        }));
    }
    return kernel_.link_up(device_->index, mtu);
}

base::Status Plumbing::open_protocols() {
    netlink::SessionChange change;
    change.np = netlink::NetworkProtocols{
        .ipv4 = ipv4_.has_value(), .ipv6 = ipv6_.has_value(), .bridge = bridged_};
    return kernel_.session_set(session_->id, change);
}

base::Status Plumbing::ipv4_up(const Ipv4 &ipv4) {
    RTUN_ASSERT(session_);
    const auto steps = [&]() -> base::Status {
        TRY(device_up(ipv4.interface, ipv4.mtu));
        TRY(kernel_.address_add(device_->index, ipv4.local, ipv4.remote));
        ipv4_ = ipv4;
        return open_protocols();
    };
    base::Status done = steps();
    if (!done)
        ipv4_down();
    return done;
}

base::Status Plumbing::ipv6_up(const Ipv6 &ipv6) {
    RTUN_ASSERT(session_);
    const auto steps = [&]() -> base::Status {
        TRY(device_up(ipv6.interface, ipv6.mtu));
        TRY(kernel_.address_add6(device_->index, ipv6.interface_id));
        ipv6_ = ipv6;
        return open_protocols();
    };
    base::Status done = steps();
    if (!done)
        ipv6_down();
    return done;
}

// The kernel wants the protocol open before it takes a device of Ethernet.
base::Status Plumbing::bridge_up(const Bridge &bridge) {
    RTUN_ASSERT(session_ && !borrowed_);
    const auto steps = [&]() -> base::Status {
        bridged_ = true;
        TRY(kernel_.session_set(session_->id, {.np = netlink::NetworkProtocols{.bridge = true},
                                               .bridging = bridge.flags}));
        if (!device_)
            device_ = TRY(add_device(bridge.interface, [&](const std::string &name) {
                return kernel_.link_add_ethernet(name, session_->id,
                                                 {.mtu = bridge.mtu, .mac = bridge.mac});
            }));
        TRY(set_port(bridge.port));
        return kernel_.link_up(device_->index, bridge.mtu);
    };
    base::Status done = steps();
    if (!done)
        bridge_down();
    return done;
}

base::Status Plumbing::set_port(const config::BridgePort &port) {
    RTUN_ASSERT(device_);
    return join_bridge(kernel_, device_->index, port);
}

void Plumbing::bridge_down() {
    if (!std::exchange(bridged_, false))
        return;
    device_down();
    if (session_)
        (void)open_protocols();
}

// A device that goes takes its addresses and routes along.
void Plumbing::device_down() {
    if (!device_ || ipv4_ || ipv6_ || bridged_)
        return;
    if (!borrowed_)
        (void)kernel_.link_del(device_->index);
    else if (session_)
        (void)kernel_.session_detach(session_->id);
    device_.reset();
}

void Plumbing::ipv4_down() {
    const std::optional<Ipv4> was = std::exchange(ipv4_, std::nullopt);
    if (session_)
        (void)open_protocols();  // the device, or its address, goes in any case
    const bool stays = device_ && (borrowed_ || ipv6_);
    if (stays && default_route_)
        (void)kernel_.route_del(*default_route_);
    default_route_.reset();
    if (stays && was)
        (void)kernel_.address_del(device_->index, was->local, was->remote);
    device_down();
    if (std::exchange(pinned_, false))
        routes_.unpin(server_);
}

void Plumbing::ipv6_down() {
    const std::optional<Ipv6> was = std::exchange(ipv6_, std::nullopt);
    if (session_)
        (void)open_protocols();
    if (device_ && (borrowed_ || ipv4_) && was)
        (void)kernel_.address_del6(device_->index, was->interface_id);
    device_down();
}

base::Status Plumbing::set_mtu(std::uint32_t mtu) {
    RTUN_ASSERT(device_);
    return kernel_.link_up(device_->index, mtu);
}

base::Status Plumbing::set_default_route(std::optional<DefaultRoute> wanted) {
    RTUN_ASSERT(device_);
    if (default_route_ && (!wanted || default_route_->metric != wanted->distance)) {
        TRY(kernel_.route_del(*default_route_));
        default_route_.reset();
    }
    if (wanted && !default_route_) {
        if (!pinned_ && wanted->pin_server) {
            TRY(routes_.pin(server_, fwmark_, device_->index));
            pinned_ = true;
        }
        netlink::Route route;
        route.prefix_length = 0;
        route.oif = device_->index;
        route.metric = wanted->distance;
        if (auto added = kernel_.route_add(route); !added) {
            if (std::exchange(pinned_, false))
                routes_.unpin(server_);
            return added;
        }
        default_route_ = route;
    }
    if (!wanted && std::exchange(pinned_, false))
        routes_.unpin(server_);
    return {};
}

bool Plumbing::default_route_wins() {
    // An address of RFC 5737, to which nobody has a route but the default one.
    static constexpr base::Ipv4 Anywhere{0xCB007101};  // 203.0.113.1
    const auto way = kernel_.route_to(Anywhere, 0);
    return !way || (device_ && way->oif == device_->index);
}

std::uint32_t Plumbing::path_mtu() const {
    if (!tunnel_)
        return 0;
    const auto mine = kernel_.tunnel(*tunnel_);
    return mine ? mine->pmtu : 0;
}

base::Result<netlink::Session> Plumbing::session() const {
    if (!session_)
        return base::fail(base::ErrorCode::NotFound, "there is no session");
    return kernel_.session(session_->id);
}

std::optional<netlink::SessionId> Plumbing::session_id() const {
    if (!session_)
        return std::nullopt;
    return session_->id;
}

std::uint16_t Plumbing::call_id() const {
    RTUN_ASSERT(session_);
    return static_cast<std::uint16_t>(session_->local_id);
}

netlink::Stats Plumbing::close() {
    netlink::Stats stats;
    if (session_) {
        if (auto last = kernel_.session(session_->id))
            stats = std::move(last->stats);
        // What dies with the session need not be taken from it.
        if (borrowed_ && device_) {
            ipv6_down();
            ipv4_down();
        }
        (void)kernel_.session_del(session_->id);  // gone with the tunnel at the latest
        session_.reset();
        device_.reset();
        ipv4_.reset();
        ipv6_.reset();
        bridged_ = false;
        default_route_.reset();
    }
    if (tunnel_ && tunnel_is_ours_) {
        const auto deleted = kernel_.tunnel_del(*tunnel_);
        if (!deleted && deleted.error().code != base::ErrorCode::NotFound)
            base::log::warning("tunnel.left",
                               {{"RTUN_TUNNEL", std::to_string(static_cast<unsigned>(*tunnel_))}},
                               "tunnel {} could not be deleted: {}",
                               static_cast<unsigned>(*tunnel_), deleted.error().text);
    }
    if (std::exchange(pinned_, false))
        routes_.unpin(server_);
    const bool ours = std::exchange(tunnel_, std::nullopt) && std::exchange(tunnel_is_ours_, false);
    if (ours && !server_.unspecified())
        routes_.tunnel_gone(server_);
    return stats;
}

}  // namespace rtun::daemon
