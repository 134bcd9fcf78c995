// SPDX-License-Identifier: GPL-2.0-or-later
//
// Property by property, in the order of the manual.
#include <pseudowire/translate.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::pseudowire {

using config::DontFragment;
using config::Pseudowire;
using config::Sequencing;
using netlink::Df;

namespace {

std::uint32_t milliseconds(std::chrono::milliseconds time) {
    return static_cast<std::uint32_t>(time.count());
}

// Fragments behind a path of which nothing is known would be the price of an MTU that somebody
// chose; what follows the path needs none.
Df df_of(const Pseudowire &settings) {
    switch (settings.dont_fragment) {
    case DontFragment::Auto:
        return settings.mtu == 0 ? Df::Set : Df::Unset;
    case DontFragment::No:
        return Df::Unset;
    case DontFragment::Yes:
        return Df::Set;
    case DontFragment::Inherit:
        return Df::Inherit;
    }
    return Df::Unset;
}

DontFragment fragment_of(Df df) {
    switch (df) {
    case Df::Unset:
        return DontFragment::No;
    case Df::Set:
        return DontFragment::Yes;
    case Df::Inherit:
        return DontFragment::Inherit;
    }
    return DontFragment::Auto;
}

netlink::SequenceFlags sequence_of(Sequencing sequencing) {
    return {.send = sequencing == Sequencing::Send || sequencing == Sequencing::Both,
            .receive = sequencing == Sequencing::Receive || sequencing == Sequencing::Both};
}

Sequencing sequencing_of(const netlink::SequenceFlags &flags) {
    if (flags.send)
        return flags.receive ? Sequencing::Both : Sequencing::Send;
    return flags.receive ? Sequencing::Receive : Sequencing::None;
}

bool same_end(const base::Address &a, const base::Address &b) {
    return a == b || (a.unspecified() && b.unspecified());
}

}  // namespace

Record record_of(const Pseudowire &settings) {
    return {.name = settings.name,
            .comment = settings.comment,
            .enabled = settings.enabled,
            .circuit_up = settings.circuit_up,
            .mtu = settings.mtu,
            .mac_auto = !settings.mac,
            .fragment_auto = settings.dont_fragment == DontFragment::Auto};
}

netlink::TunnelSpec tunnel_of(const Pseudowire &settings, const Ends &ends, std::uint32_t oif) {
    const bool udp = settings.encap == config::Encap::Udp;
    netlink::TunnelSpec spec;
    spec.xport = udp ? netlink::Xport::L2tpv3Udp : netlink::Xport::L2tpv3Ip;
    spec.local = ends.local;
    spec.remote = ends.remote;
    spec.flags = {.tos_inherit = settings.tos_inherit,
                  .zero_csum_tx = udp && !settings.udp_checksum,
                  .zero_csum6_rx = udp && settings.zero_checksum6,
                  .peer_float = settings.peer_float,
                  .scoped_ids = settings.scoped_ids};
    spec.fwmark = settings.fwmark;
    spec.oif = oif;
    spec.ttl = settings.ttl;
    spec.tos = settings.tos;
    spec.df = df_of(settings);
    if (udp) {
        spec.local_port = settings.sport;
        spec.peer_port = settings.dport;
    }
    if (settings.tunnel_id != 0)
        spec.local_id = settings.tunnel_id;
    if (settings.peer_tunnel_id != 0)
        spec.peer_id = settings.peer_tunnel_id;
    return spec;
}

netlink::SessionChange session_of(const Pseudowire &settings) {
    const bool vlan = settings.type == config::PseudowireType::Vlan;
    netlink::SessionChange change;
    change.peer_id = settings.peer_session_id;
    change.pw_type = vlan ? netlink::PwType::EthernetVlan : netlink::PwType::Ethernet;
    change.l2spec = settings.sublayer == config::Sublayer::Default ? netlink::L2Spec::Default
                                                                   : netlink::L2Spec::None;
    if (vlan)
        change.vlan = settings.vlan_id;
    change.sequence = sequence_of(settings.sequencing);
    change.peer_offload = settings.peer_offload;
    change.reorder_slots = settings.reorder_slots;
    change.reorder_timeout = milliseconds(settings.reorder_time);
    change.cookie_tx = settings.send_cookie;
    change.cookie_rx = settings.peer_cookie;
    change.cookie_grace = milliseconds(settings.cookie_grace);
    change.circuit_up = settings.enabled && settings.circuit_up;
    change.keepalive = milliseconds(settings.keepalive);
    change.dead_time = milliseconds(settings.dead_time);
    change.blob = encode_record(record_of(settings));
    return change;
}

bool same_tunnel(const netlink::TunnelSpec &a, const netlink::TunnelSpec &b) {
    return a.xport == b.xport && same_end(a.local, b.local) && same_end(a.remote, b.remote) &&
           a.local_port == b.local_port && a.peer_port == b.peer_port &&
           a.local_id.value_or(0) == b.local_id.value_or(0) &&
           a.peer_id.value_or(0) == b.peer_id.value_or(0);
}

std::string_view policy_difference(const netlink::TunnelSpec &a, const netlink::TunnelSpec &b) {
    if (a.ttl != b.ttl)
        return "ttl";
    if (a.tos != b.tos || a.flags.tos_inherit != b.flags.tos_inherit)
        return "tos";
    if (a.df != b.df)
        return "dont-fragment";
    if (a.fwmark != b.fwmark)
        return "fwmark";
    if (a.oif != b.oif)
        return "interface";
    if (a.flags.zero_csum_tx != b.flags.zero_csum_tx)
        return "udp-checksum";
    if (a.flags.zero_csum6_rx != b.flags.zero_csum6_rx)
        return "zero-checksum6";
    if (a.flags.peer_float != b.flags.peer_float)
        return "peer-float";
    return a.flags.scoped_ids != b.flags.scoped_ids ? "scoped-ids" : "";
}

Pseudowire settings_of(const netlink::Tunnel &tunnel, const netlink::Session &session,
                       const std::optional<netlink::LinkStatus> &link,
                       const std::string &interface) {
    const netlink::TunnelSpec &spec = tunnel.spec;
    // What another program made has no record: it is as it stands there.
    const auto found = decode_record(session.blob);
    const Record record = found.value_or(Record{.name = {},
                                                .comment = {},
                                                .enabled = session.circuit_up || (link && link->up),
                                                .circuit_up = session.circuit_up,
                                                .mtu = link ? link->mtu : 1500,
                                                .mac_auto = false,
                                                .fragment_auto = false});
    Pseudowire p;
    p.name = link ? link->name : record.name;
    p.enabled = record.enabled;
    p.comment = record.comment;
    p.local = spec.local.text();
    p.remote = spec.remote.text();
    p.encap = spec.xport == netlink::Xport::L2tpv3Ip ? config::Encap::Ip : config::Encap::Udp;
    p.sport = spec.local_port.value_or(p.sport);
    p.dport = spec.peer_port.value_or(p.dport);
    p.tunnel_id = spec.local_id.value_or(0);
    p.peer_tunnel_id = spec.peer_id.value_or(0);
    p.session_id = session.local_id;
    p.peer_session_id = session.peer_id.value_or(0);
    p.send_cookie = session.cookie_tx;
    p.peer_cookie = session.cookie_rx;
    p.cookie_grace = std::chrono::milliseconds(session.cookie_grace);
    p.sublayer = session.l2spec == netlink::L2Spec::Default ? config::Sublayer::Default
                                                            : config::Sublayer::None;
    p.sequencing = sequencing_of(session.sequence);
    p.type = session.pw_type == netlink::PwType::EthernetVlan ? config::PseudowireType::Vlan
                                                              : config::PseudowireType::Ethernet;
    p.vlan_id = session.vlan.value_or(0);
    p.mac = link && !record.mac_auto ? link->mac : std::nullopt;
    p.mtu = link && record.mtu != 0 ? link->mtu : record.mtu;
    p.ttl = spec.ttl;
    p.tos = spec.tos;
    p.tos_inherit = spec.flags.tos_inherit;
    p.dont_fragment = record.fragment_auto ? DontFragment::Auto : fragment_of(spec.df);
    p.fwmark = spec.fwmark;
    p.interface = interface;
    p.udp_checksum = !spec.flags.zero_csum_tx;
    p.zero_checksum6 = spec.flags.zero_csum6_rx;
    p.peer_float = spec.flags.peer_float;
    p.scoped_ids = spec.flags.scoped_ids;
    p.peer_offload = session.peer_offload;
    p.reorder_slots = session.reorder_slots;
    p.reorder_time = std::chrono::milliseconds(session.reorder_timeout);
    p.circuit_up = record.enabled ? session.circuit_up : record.circuit_up;
    p.keepalive = std::chrono::milliseconds(session.keepalive);
    p.dead_time = std::chrono::milliseconds(session.dead_time);
    return p;
}

}  // namespace rtun::pseudowire
