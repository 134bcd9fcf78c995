// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel that has what it was given and can only be looked at.
#pragma once

#include <netlink/kernel.h>

#include <utility>

namespace rtun::cli {

struct FixedKernel final : netlink::Kernel {
    netlink::Info has_info;
    std::vector<netlink::Tunnel> has_tunnels;
    std::vector<netlink::Session> has_sessions;
    std::map<netlink::LinkIndex, std::string> has_links;

    static tl::unexpected<base::Error> no() {
        return base::fail(base::ErrorCode::Refused, "this kernel can only be looked at");
    }

    base::Result<netlink::Info> info() override { return has_info; }
    base::Result<netlink::Tunnel> tunnel(netlink::TunnelId) override { return no(); }
    base::Result<std::vector<netlink::Tunnel>> tunnels() override { return has_tunnels; }
    base::Result<std::vector<netlink::Session>> sessions() override { return has_sessions; }
    base::Result<netlink::Session> session(netlink::SessionId id) override {
        for (const netlink::Session &session : has_sessions) {
            if (session.id == id)
                return session;
        }
        return base::fail(base::ErrorCode::NotFound, "no such session");
    }
    base::Result<std::string> link_name(netlink::LinkIndex link) override {
        const auto found = has_links.find(link);
        if (found == has_links.end())
            return base::fail(base::ErrorCode::NotFound, "no such device");
        return found->second;
    }

    base::Status bind_owner(std::string_view) override { return no(); }
    base::Result<netlink::TunnelId> tunnel_add(const netlink::TunnelSpec &) override {
        return no();
    }
    base::Status tunnel_set(netlink::TunnelId, const netlink::TunnelChange &) override {
        return no();
    }
    base::Status tunnel_del(netlink::TunnelId) override { return no(); }
    base::Result<NewSession> session_add(netlink::TunnelId, std::uint32_t,
                                         const netlink::SessionChange &) override {
        return no();
    }
    base::Status session_set(netlink::SessionId, const netlink::SessionChange &) override {
        return no();
    }
    base::Status session_del(netlink::SessionId) override { return no(); }
    base::Status frame_send(netlink::SessionId, base::View) override { return no(); }
    base::Result<netlink::Link> link_add(std::string_view, netlink::SessionId) override {
        return no();
    }
    base::Result<netlink::Link> link_add_ethernet(std::string_view, netlink::SessionId,
                                                  const netlink::LinkChange &) override {
        return no();
    }
    base::Result<netlink::Link> link_add_on_demand(std::string_view) override { return no(); }
    base::Result<std::vector<OnDemand>> links_on_demand() override { return no(); }
    base::Status session_attach(netlink::SessionId, netlink::LinkIndex) override { return no(); }
    base::Status session_detach(netlink::SessionId) override { return no(); }
    base::Status link_set(netlink::LinkIndex, const netlink::LinkChange &) override { return no(); }
    base::Result<netlink::LinkStatus> link_status(netlink::LinkIndex) override { return no(); }
    base::Result<netlink::LinkIndex> link_index(std::string_view) override { return no(); }
    base::Status link_up(netlink::LinkIndex, std::uint32_t) override { return no(); }
    base::Status link_del(netlink::LinkIndex) override { return no(); }
    base::Status address_add(netlink::LinkIndex, base::Ipv4, base::Ipv4) override { return no(); }
    base::Status address_del(netlink::LinkIndex, base::Ipv4, base::Ipv4) override { return no(); }
    base::Status address_add6(netlink::LinkIndex, std::uint64_t) override { return no(); }
    base::Status address_del6(netlink::LinkIndex, std::uint64_t) override { return no(); }
    base::Status route_add(const netlink::Route &) override { return no(); }
    base::Status route_del(const netlink::Route &) override { return no(); }
    base::Status route_replace(const netlink::Route &) override { return no(); }
    base::Result<netlink::Route> way_around(base::Ipv4,
                                            const std::vector<netlink::LinkIndex> &) override {
        return no();
    }
    base::Result<netlink::Route> route_to(base::Ipv4, std::uint32_t) override { return no(); }
    base::Result<std::vector<netlink::Route>> own_routes() override { return no(); }
    base::Status subscribe() override { return no(); }
    base::Status watch_routes() override { return no(); }
    std::vector<int> descriptors() const override { return {}; }
    base::Result<std::vector<netlink::Event>> events() override { return no(); }
};

// Two tunnels: one that is in use, and one whose session has no peer and no device yet.
inline FixedKernel example_kernel() {
    FixedKernel kernel;
    netlink::Tunnel used;
    used.id = netlink::TunnelId{3};
    used.spec.local = *base::Ipv4::parse("198.51.100.5");
    used.spec.remote = *base::Ipv4::parse("192.0.2.10");
    used.spec.fwmark = 0x10;
    used.owner = "rtun";
    used.xport = "pptp";
    used.pmtu = 1500;
    used.sessions = 1;
    netlink::Tunnel fresh = used;
    fresh.id = netlink::TunnelId{4};
    fresh.spec.lifetime = netlink::Lifetime::DiesWithOwner;
    fresh.spec.fwmark = 0;
    fresh.spec.flags.tos_inherit = true;
    fresh.spec.ttl = 64;
    fresh.spec.df = netlink::Df::Set;
    fresh.spec.oif = 2;
    fresh.pmtu = 0;
    kernel.has_tunnels = {used, fresh};

    netlink::Session up;
    up.id = netlink::SessionId{7};
    up.tunnel = used.id;
    up.local_id = 41207;
    up.peer_id = 7;
    up.flags.pfc_rx = true;
    up.flags.acfc_tx = true;
    up.np.ipv4 = true;
    up.reorder_slots = 256;
    up.reorder_timeout = 50;
    up.peer_window = 64;
    up.ack_delay = 100;
    up.device = netlink::LinkIndex{12};
    up.stats.rx_packets = 10000;
    up.stats.rx_bytes = 12900000;
    up.stats.tx_packets = 9000;
    up.stats.tx_bytes = 900;
    up.stats.rx_control = 12;
    up.stats.tx_control = 13;
    up.stats.rx_acks = 4;
    up.stats.tx_acks = 5;
    up.stats.rx_echo = 1;
    up.stats.rx_buffered = 2;
    up.stats.rx_lost = 3;
    up.stats.drops = {{"seq_late", 2}, {"tx_too_big", 1}};
    netlink::Session calling;
    calling.id = netlink::SessionId{8};
    calling.tunnel = fresh.id;
    calling.local_id = 99;
    calling.reorder_slots = 256;
    calling.reorder_timeout = 50;
    calling.peer_window = 16;
    calling.ack_delay = 100;
    kernel.has_sessions = {up, calling};
    kernel.has_links = {{netlink::LinkIndex{12}, "pptp-out1"}};
    kernel.has_info = {
        .version = "0.1.0", .generation = 9, .tunnels = 2, .sessions = 2, .stats = {}};
    kernel.has_info.stats.drops = {{"no_session", 5}, {"of_tomorrow", 6}};
    return kernel;
}

// Two L2TPv3 tunnels: one over UDP and IPv6 with a pseudowire, nobody's; one over IP without a
// local address.
inline FixedKernel l2tp_kernel() {
    FixedKernel kernel;
    netlink::Tunnel udp;
    udp.id = netlink::TunnelId{5};
    udp.xport = "l2tpv3-udp";
    udp.spec.xport = netlink::Xport::L2tpv3Udp;
    udp.spec.local = *base::Address::parse("2001:db8::1");
    udp.spec.remote = *base::Address::parse("2001:db8::2");
    udp.spec.local_port = 5000;
    udp.spec.peer_port = 5001;
    udp.spec.local_id = 10;
    udp.spec.peer_id = 20;
    udp.spec.flags.peer_float = true;
    udp.spec.flags.zero_csum_tx = true;
    udp.spec.df = netlink::Df::Set;
    udp.pmtu = 1500;
    udp.sessions = 1;
    netlink::Tunnel ip;
    ip.id = netlink::TunnelId{6};
    ip.xport = "l2tpv3-ip";
    ip.owner = "rtun";
    ip.spec.xport = netlink::Xport::L2tpv3Ip;
    ip.spec.remote = *base::Address::parse("192.0.2.2");
    kernel.has_tunnels = {udp, ip};

    netlink::Session session;
    session.id = netlink::SessionId{9};
    session.tunnel = udp.id;
    session.local_id = 100;
    session.peer_id = 200;
    session.pw_type = netlink::PwType::EthernetVlan;
    session.vlan = 7;
    session.l2spec = netlink::L2Spec::Default;
    session.sequence = {.send = true, .receive = true};
    session.cookie_tx = {1, 2, 3, 4};
    session.cookie_rx = {1, 2, 3, 4, 5, 6, 7, 8};
    session.circuit_up = false;
    session.keepalive = 10000;
    session.dead_time = 30000;
    session.overhead = 68;
    session.reorder_slots = 256;
    session.reorder_timeout = 50;
    session.stats.rx_keepalive = 3;
    session.stats.drops = {{"cookie", 2}, {"circuit_down", 1}};
    kernel.has_sessions = {session};
    return kernel;
}

// A bundle with two links of its own, and one without any.
inline FixedKernel bundle_kernel() {
    FixedKernel kernel = example_kernel();
    netlink::Tunnel tunnel;
    tunnel.id = netlink::TunnelId{9};
    tunnel.xport = "mlppp";
    tunnel.spec.xport = netlink::Xport::Mlppp;
    tunnel.owner = "rtun";
    tunnel.sessions = 2;
    kernel.has_tunnels.push_back(tunnel);

    netlink::Session bundle;
    bundle.id = netlink::SessionId{20};
    bundle.tunnel = tunnel.id;
    bundle.np.ipv4 = true;
    bundle.flags.pfc_rx = true;
    bundle.flags.acfc_tx = true;
    bundle.device = netlink::LinkIndex{12};
    bundle.multilink = netlink::Bundle{.spec = {.mrru = 1500, .peer_mrru = 1614, .short_tx = true},
                                       .mode = netlink::MpMode::Balance,
                                       .min_fragment = 128,
                                       .loss_time = 100,
                                       .memory = 1048576,
                                       .idle = 0,
                                       .links = 2};
    bundle.multilink->classes.push_back(
        {.index = 0, .rx_packets = 500, .rx_lost = 4, .rx_held = 1400, .tx_packets = 600});
    bundle.stats.rx_packets = 500;
    bundle.stats.rx_bytes = 700000;
    bundle.stats.tx_packets = 600;
    bundle.stats.tx_bytes = 800000;
    bundle.stats.rx_fragments = 900;
    bundle.stats.rx_fragment_bytes = 710000;
    bundle.stats.tx_fragments = 1100;
    bundle.stats.tx_fragment_bytes = 810000;
    bundle.stats.rx_null_fragments = 2;
    bundle.stats.drops = {{"mp_incomplete", 3}};
    netlink::Session empty = bundle;
    empty.id = netlink::SessionId{21};
    empty.device.reset();
    empty.multilink = netlink::Bundle{.spec = {.classes_rx = 4}, .links = 0};
    empty.stats = {};
    std::uint32_t rate = 20000;
    for (netlink::Session &link : kernel.has_sessions) {
        link.bundle = bundle.id;
        link.device.reset();
        link.np = {};
        link.link_rate = rate;
        link.link_latency = 1500;
        link.link_mtu = 1450;
        link.stats.rx_fragments = 450;
        link.stats.tx_fragments = rate / 40;
        rate /= 4;
    }
    kernel.has_sessions.push_back(bundle);
    kernel.has_sessions.push_back(empty);
    return kernel;
}

}  // namespace rtun::cli
