// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers and notifications: attribute by attribute, in the order of uapi/linux/rtun.h. Numbers of
// enumerations that this program does not know (a newer module) are shown as numbers, not refused.
#include <netlink/codec.h>
#include <netlink/codec_names.h>
#include <netlink/genl.h>

#include <fmt/format.h>
#include <linux/rtun.h>

#include <cerrno>

namespace rtun::netlink {

using base::ErrorCode;
using base::fail;

namespace {

tl::unexpected<base::Error> malformed(std::string_view what) {
    return fail(ErrorCode::System, fmt::format("malformed {} from the kernel", what), EBADMSG);
}

// -- bits as members

TunnelFlags tunnel_flags(std::uint32_t bits) {
    return {.tos_inherit = (bits & RTUN_TUNNEL_F_TOS_INHERIT) != 0,
            .zero_csum_tx = (bits & RTUN_TUNNEL_F_ZERO_CSUM_TX) != 0,
            .zero_csum6_rx = (bits & RTUN_TUNNEL_F_ZERO_CSUM6_RX) != 0,
            .peer_float = (bits & RTUN_TUNNEL_F_PEER_FLOAT) != 0,
            .scoped_ids = (bits & RTUN_TUNNEL_F_SCOPED_IDS) != 0};
}

PppFlags ppp_flags(std::uint32_t bits) {
    return {.pfc_rx = (bits & RTUN_SESSION_F_PFC_RX) != 0,
            .pfc_tx = (bits & RTUN_SESSION_F_PFC_TX) != 0,
            .acfc_tx = (bits & RTUN_SESSION_F_ACFC_TX) != 0,
            .echo_reply = (bits & RTUN_SESSION_F_ECHO_REPLY) != 0};
}

SequenceFlags sequence_flags(std::uint32_t bits) {
    return {.send = (bits & RTUN_SESSION_F_SEQ_TX) != 0,
            .receive = (bits & RTUN_SESSION_F_SEQ_RX) != 0};
}

MppeMode mppe_mode(std::uint32_t key_bits, std::uint32_t flags) {
    return {.bits = key_bits,
            .stateful = (flags & RTUN_MPPE_F_STATEFUL) != 0,
            .rekey_on_flush = (flags & RTUN_MPPE_F_REKEY_ON_FLUSH) != 0};
}

NetworkProtocols network_protocols(std::uint32_t bits) {
    return {.ipv4 = (bits & RTUN_NP_IPV4) != 0,
            .ipv6 = (bits & RTUN_NP_IPV6) != 0,
            .bridge = (bits & RTUN_NP_BRIDGE) != 0};
}

BridgeFlags bridge_flags(std::uint32_t bits) {
    return {.tinygram_rx = (bits & RTUN_SESSION_F_BCP_TINYGRAM_RX) != 0,
            .tinygram_tx = (bits & RTUN_SESSION_F_BCP_TINYGRAM_TX) != 0,
            .tagged_tx = (bits & RTUN_SESSION_F_BCP_TAGGED_TX) != 0,
            .management_tx = (bits & RTUN_SESSION_F_BCP_MANAGEMENT_TX) != 0};
}

Df df_of(std::uint8_t number) {
    if (number == RTUN_DF_SET)
        return Df::Set;
    return number == RTUN_DF_INHERIT ? Df::Inherit : Df::Unset;
}

Xport xport_of(std::uint8_t number) {
    switch (number) {
    case RTUN_XPORT_PPTP:
        return Xport::Pptp;
    case RTUN_XPORT_L2TPV2:
        return Xport::L2tpv2;
    case RTUN_XPORT_L2TPV3_UDP:
        return Xport::L2tpv3Udp;
    case RTUN_XPORT_L2TPV3_IP:
        return Xport::L2tpv3Ip;
    case RTUN_XPORT_MLPPP:
        return Xport::Mlppp;
    default:  // a number from the kernel
        return Xport::Unknown;
    }
}

base::Address address_of(const Attributes &from, std::uint16_t v4, std::uint16_t v6) {
    if (const auto address = from.ipv4(v4))
        return *address;
    if (const auto address = from.ipv6(v6))
        return *address;
    return {};
}

base::Bytes octets_of(const Attributes &from, std::uint16_t attribute) {
    const base::View octets = from.bytes(attribute).value_or(base::View{});
    return {octets.begin(), octets.end()};
}

// A port or a tag: 16 bits that travel as 32; more is as good as none.
std::optional<std::uint16_t> small(const Attributes &from, std::uint16_t attribute) {
    const auto value = from.u32(attribute);
    if (!value || *value > 0xffff)
        return std::nullopt;
    return static_cast<std::uint16_t>(*value);
}

base::Result<Stats> parse_stats(const Attributes &from) {
    const auto count = [&](std::uint16_t attribute) { return from.u64(attribute).value_or(0); };
    Stats stats;
    stats.rx_packets = count(RTUN_A_STATS_RX_PACKETS);
    stats.rx_bytes = count(RTUN_A_STATS_RX_BYTES);
    stats.tx_packets = count(RTUN_A_STATS_TX_PACKETS);
    stats.tx_bytes = count(RTUN_A_STATS_TX_BYTES);
    stats.rx_control = count(RTUN_A_STATS_RX_CONTROL);
    stats.tx_control = count(RTUN_A_STATS_TX_CONTROL);
    stats.rx_acks = count(RTUN_A_STATS_RX_ACKS);
    stats.tx_acks = count(RTUN_A_STATS_TX_ACKS);
    stats.rx_echo = count(RTUN_A_STATS_RX_ECHO);
    stats.rx_buffered = count(RTUN_A_STATS_RX_BUFFERED);
    stats.rx_lost = count(RTUN_A_STATS_RX_LOST);
    stats.rx_resync = count(RTUN_A_STATS_RX_RESYNC);
    stats.rx_keepalive = count(RTUN_A_STATS_RX_KEEPALIVE);
    stats.tx_keepalive = count(RTUN_A_STATS_TX_KEEPALIVE);
    stats.tx_alarms = count(RTUN_A_STATS_TX_ALARMS);
    stats.rx_encrypted = count(RTUN_A_STATS_RX_ENCRYPTED);
    stats.tx_encrypted = count(RTUN_A_STATS_TX_ENCRYPTED);
    stats.rx_mppe_late = count(RTUN_A_STATS_RX_MPPE_LATE);
    stats.rx_mppe_missed = count(RTUN_A_STATS_RX_MPPE_MISSED);
    stats.rx_reset_requests = count(RTUN_A_STATS_RX_RESET_REQUESTS);
    stats.tx_reset_requests = count(RTUN_A_STATS_TX_RESET_REQUESTS);
    stats.rx_reset_acks = count(RTUN_A_STATS_RX_RESET_ACKS);
    stats.tx_held = count(RTUN_A_STATS_TX_HELD);
    stats.rx_fragments = count(RTUN_A_STATS_RX_FRAGMENTS);
    stats.rx_fragment_bytes = count(RTUN_A_STATS_RX_FRAGMENT_BYTES);
    stats.tx_fragments = count(RTUN_A_STATS_TX_FRAGMENTS);
    stats.tx_fragment_bytes = count(RTUN_A_STATS_TX_FRAGMENT_BYTES);
    stats.rx_null_fragments = count(RTUN_A_STATS_RX_NULL_FRAGMENTS);
    stats.tx_null_fragments = count(RTUN_A_STATS_TX_NULL_FRAGMENTS);
    const Attributes drops = from.nest(RTUN_A_STATS_DROPS);
    for (const auto &[reason, payload] : drops.all()) {
        // u64 attributes may come with padding attributes of type 0 between them.
        if (reason == RTUN_DROP_UNSPEC)
            continue;
        const auto value = drops.u64(reason);
        if (value && *value != 0)
            stats.drops[name_in(drop_names(), reason)] = *value;
    }
    if (!from.ok() || !drops.ok())
        return malformed("statistics");
    return stats;
}

base::Result<Tunnel> parse_tunnel_nest(const Attributes &from) {
    Tunnel tunnel;
    const auto id = from.u32(RTUN_A_TUNNEL_ID);
    tunnel.owner = from.text(RTUN_A_TUNNEL_OWNER).value_or("");
    const std::uint8_t xport = from.u8(RTUN_A_TUNNEL_XPORT).value_or(0);
    tunnel.xport = name_in(xport_names(), xport);
    tunnel.pmtu = from.u32(RTUN_A_TUNNEL_PMTU).value_or(0);
    tunnel.sessions = from.u32(RTUN_A_TUNNEL_SESSIONS).value_or(0);
    TunnelSpec &spec = tunnel.spec;
    spec.xport = xport_of(xport);
    spec.local = address_of(from, RTUN_A_TUNNEL_LOCAL4, RTUN_A_TUNNEL_LOCAL6);
    spec.remote = address_of(from, RTUN_A_TUNNEL_REMOTE4, RTUN_A_TUNNEL_REMOTE6);
    const std::uint32_t flags = from.bitfield(RTUN_A_TUNNEL_FLAGS).value_or(0);
    spec.lifetime = (flags & RTUN_TUNNEL_F_DIE_WITH_OWNER) != 0 ? Lifetime::DiesWithOwner
                                                                : Lifetime::OutlivesOwner;
    spec.flags = tunnel_flags(flags);
    spec.fwmark = from.u32(RTUN_A_TUNNEL_FWMARK).value_or(0);
    spec.oif = from.u32(RTUN_A_TUNNEL_OIF).value_or(0);
    spec.ttl = from.u8(RTUN_A_TUNNEL_TTL).value_or(0);
    spec.tos = from.u8(RTUN_A_TUNNEL_TOS).value_or(0);
    spec.df = df_of(from.u8(RTUN_A_TUNNEL_DF).value_or(RTUN_DF_UNSET));
    spec.local_port = small(from, RTUN_A_TUNNEL_LOCAL_PORT);
    spec.peer_port = small(from, RTUN_A_TUNNEL_PEER_PORT);
    spec.local_id = from.u32(RTUN_A_TUNNEL_LOCAL_ID);
    spec.peer_id = from.u32(RTUN_A_TUNNEL_PEER_ID);
    spec.blob = octets_of(from, RTUN_A_TUNNEL_BLOB);
    if (!id || !from.ok())
        return malformed("tunnel");
    tunnel.id = TunnelId{*id};
    return tunnel;
}

// Nothing: this direction is in clear.
base::Result<std::optional<MppeStatus>> parse_mppe(const Attributes &from) {
    const std::uint32_t key_bits = from.u32(RTUN_A_MPPE_BITS).value_or(0);
    MppeStatus status;
    status.mode = mppe_mode(key_bits, from.bitfield(RTUN_A_MPPE_FLAGS).value_or(0));
    status.count = from.u32(RTUN_A_MPPE_COUNT).value_or(0);
    status.key_changes = from.u64(RTUN_A_MPPE_KEY_CHANGES).value_or(0);
    if (!from.ok())
        return malformed("encryption");
    return key_bits == 0 ? std::nullopt : std::optional(status);
}

base::Result<MpClass> parse_class(const Attributes &from) {
    MpClass one;
    one.index = from.u32(RTUN_A_MP_CLASS_INDEX).value_or(0);
    one.rx_packets = from.u64(RTUN_A_MP_CLASS_RX_PACKETS).value_or(0);
    one.rx_lost = from.u64(RTUN_A_MP_CLASS_RX_LOST).value_or(0);
    one.rx_held = from.u32(RTUN_A_MP_CLASS_RX_HELD).value_or(0);
    one.tx_packets = from.u64(RTUN_A_MP_CLASS_TX_PACKETS).value_or(0);
    if (!from.ok())
        return malformed("class of a bundle");
    return one;
}

// Nothing: the session is no bundle.
base::Result<std::optional<Bundle>> parse_bundle(const Attributes &from, std::uint32_t flags) {
    const auto mrru = from.u32(RTUN_A_SESSION_MRRU);
    if (!mrru)
        return std::optional<Bundle>{};
    Bundle bundle;
    bundle.spec = {.mrru = *mrru,
                   .peer_mrru = from.u32(RTUN_A_SESSION_PEER_MRRU).value_or(0),
                   .short_rx = (flags & RTUN_SESSION_F_MP_SHORT_RX) != 0,
                   .short_tx = (flags & RTUN_SESSION_F_MP_SHORT_TX) != 0,
                   .classes_rx = from.u32(RTUN_A_SESSION_MP_CLASSES_RX).value_or(0),
                   .classes_tx = from.u32(RTUN_A_SESSION_MP_CLASSES_TX).value_or(0)};
    bundle.mode = MpMode{from.u32(RTUN_A_SESSION_MP_MODE).value_or(RTUN_MP_MODE_WHOLE)};
    bundle.min_fragment = from.u32(RTUN_A_SESSION_MP_MIN_FRAGMENT).value_or(0);
    bundle.loss_time = from.u32(RTUN_A_SESSION_MP_LOSS_TIME).value_or(0);
    bundle.memory = from.u32(RTUN_A_SESSION_MP_MEMORY).value_or(0);
    bundle.idle = from.u32(RTUN_A_SESSION_MP_IDLE).value_or(0);
    bundle.probe = from.u32(RTUN_A_SESSION_MP_PROBE).value_or(0);
    bundle.links = from.u32(RTUN_A_SESSION_LINKS).value_or(0);
    for (const auto &[type, payload] : from.all())
        if (type == RTUN_A_SESSION_MP_CLASS)
            bundle.classes.push_back(TRY(parse_class(Attributes(payload))));
    return bundle;
}

base::Result<Session> parse_session_nest(const Attributes &from) {
    Session session;
    const auto id = from.u32(RTUN_A_SESSION_ID);
    session.tunnel = TunnelId{from.u32(RTUN_A_SESSION_TUNNEL_ID).value_or(0)};
    session.local_id = from.u32(RTUN_A_SESSION_LOCAL_ID).value_or(0);
    session.peer_id = from.u32(RTUN_A_SESSION_PEER_ID);
    if (const auto type = from.u32(RTUN_A_SESSION_PW_TYPE))
        session.pw_type = PwType{*type};
    session.l2spec = L2Spec{from.u32(RTUN_A_SESSION_L2SPEC).value_or(RTUN_L2SPEC_NONE)};
    session.vlan = small(from, RTUN_A_SESSION_VLAN);
    const std::uint32_t flags = from.bitfield(RTUN_A_SESSION_FLAGS).value_or(0);
    session.flags = ppp_flags(flags);
    session.sequence = sequence_flags(flags);
    session.np = network_protocols(from.bitfield(RTUN_A_SESSION_NP).value_or(0));
    session.bridging = bridge_flags(flags);
    session.reorder_slots = from.u32(RTUN_A_SESSION_REORDER_SLOTS).value_or(0);
    session.reorder_timeout = from.u32(RTUN_A_SESSION_REORDER_TIMEOUT).value_or(0);
    session.peer_window = from.u32(RTUN_A_SESSION_PEER_WINDOW).value_or(0);
    session.ack_delay = from.u32(RTUN_A_SESSION_ACK_DELAY).value_or(0);
    session.cookie_tx = octets_of(from, RTUN_A_SESSION_COOKIE_TX);
    session.cookie_rx = octets_of(from, RTUN_A_SESSION_COOKIE_RX);
    session.cookie_grace = from.u32(RTUN_A_SESSION_COOKIE_GRACE).value_or(0);
    session.circuit_up = from.u32(RTUN_A_SESSION_CIRCUIT).value_or(1) != 0;
    session.keepalive = from.u32(RTUN_A_SESSION_KEEPALIVE).value_or(0);
    session.dead_time = from.u32(RTUN_A_SESSION_DEAD_TIME).value_or(0);
    session.tx_window = from.u32(RTUN_A_SESSION_TX_WINDOW).value_or(0);
    session.static_rtt = from.u32(RTUN_A_SESSION_STATIC_RTT).value_or(0);
    session.disorder = from.u32(RTUN_A_SESSION_DISORDER).value_or(0);
    session.disorder_rate = from.u32(RTUN_A_SESSION_DISORDER_RATE).value_or(0);
    session.overhead = from.u32(RTUN_A_SESSION_OVERHEAD).value_or(0);
    session.rtt = from.u32(RTUN_A_SESSION_RTT);
    session.congested = from.u32(RTUN_A_SESSION_CONGESTED).value_or(0) != 0;
    session.peer_offload = (flags & RTUN_SESSION_F_PEER_OFFLOAD) != 0;
    session.mppe_required = (flags & RTUN_SESSION_F_MPPE_REQUIRED) != 0;
    session.mppe_tx = TRY(parse_mppe(from.nest(RTUN_A_SESSION_MPPE_TX)));
    session.mppe_rx = TRY(parse_mppe(from.nest(RTUN_A_SESSION_MPPE_RX)));
    session.multilink = TRY(parse_bundle(from, flags));
    if (const auto bundle = from.u32(RTUN_A_SESSION_BUNDLE))
        session.bundle = SessionId{*bundle};
    session.link_rate = from.u32(RTUN_A_SESSION_LINK_RATE).value_or(0);
    session.link_latency = from.u32(RTUN_A_SESSION_LINK_LATENCY).value_or(0);
    session.link_mtu = from.u32(RTUN_A_SESSION_LINK_MTU).value_or(0);
    if (const auto index = from.u32(RTUN_A_SESSION_IFINDEX))
        session.device = LinkIndex{static_cast<int>(*index)};
    if (const auto netnsid = from.u32(RTUN_A_SESSION_NETNSID))
        session.netnsid = static_cast<int>(*netnsid);
    session.blob = octets_of(from, RTUN_A_SESSION_BLOB);
    session.stats = TRY(parse_stats(from.nest(RTUN_A_SESSION_STATS)));
    if (!id || !from.ok())
        return malformed("session");
    session.id = SessionId{*id};
    return session;
}

base::Result<Event> parse_frame(const Attributes &from) {
    const auto session = from.u32(RTUN_A_FRAME_SESSION_ID);
    const auto data = from.bytes(RTUN_A_FRAME_DATA);
    const std::uint32_t overrun = from.u32(RTUN_A_FRAME_OVERRUN).value_or(0);
    if (!session || !data || !from.ok())
        return malformed("frame");
    return Frame{SessionId{*session}, base::Bytes(data->begin(), data->end()), overrun};
}

base::Result<Event> parse_notice(const Attributes &from) {
    Notice notice;
    const auto type = from.u32(RTUN_A_EVENT_TYPE);
    if (const auto tunnel = from.u32(RTUN_A_EVENT_TUNNEL_ID))
        notice.tunnel = TunnelId{*tunnel};
    if (const auto session = from.u32(RTUN_A_EVENT_SESSION_ID))
        notice.session = SessionId{*session};
    notice.value = from.u32(RTUN_A_EVENT_VALUE);
    notice.name = from.text(RTUN_A_EVENT_NAME).value_or("");
    notice.address = address_of(from, RTUN_A_EVENT_ADDR4, RTUN_A_EVENT_ADDR6);
    notice.port = from.u32(RTUN_A_EVENT_PORT);
    if (!type || !from.ok())
        return malformed("event");
    notice.type = name_in(event_names(), *type);
    return notice;
}

}  // namespace

base::Result<Info> parse_info(const Received &message) {
    const Attributes top = message.attributes(GenlHeader);
    const Attributes from = top.nest(RTUN_A_INFO);
    Info info;
    info.version = from.text(RTUN_A_INFO_VERSION).value_or("");
    info.generation = from.u32(RTUN_A_INFO_GENERATION).value_or(0);
    info.tunnels = from.u32(RTUN_A_INFO_TUNNELS).value_or(0);
    info.sessions = from.u32(RTUN_A_INFO_SESSIONS).value_or(0);
    info.stats = TRY(parse_stats(from.nest(RTUN_A_INFO_STATS)));
    if (!top.has(RTUN_A_INFO) || !top.ok() || !from.ok())
        return malformed("information");
    return info;
}

base::Result<Tunnel> parse_tunnel(const Received &message) {
    return parse_tunnel_nest(message.attributes(GenlHeader).nest(RTUN_A_TUNNEL));
}

base::Result<Session> parse_session(const Received &message) {
    return parse_session_nest(message.attributes(GenlHeader).nest(RTUN_A_SESSION));
}

std::optional<std::uint32_t> parse_generation(const Received &message) {
    return message.attributes(GenlHeader).u32(RTUN_A_GENERATION);
}

base::Result<std::optional<Event>> parse_event(const Received &message) {
    const Attributes top = message.attributes(GenlHeader);
    const std::string reason = name_in(reason_names(), top.u32(RTUN_A_REASON).value_or(0));
    const std::uint8_t command = genl_command(message);
    if (!top.ok())
        return malformed("notification");
    switch (command) {
    case RTUN_CMD_FRAME:
        return TRY(parse_frame(top.nest(RTUN_A_FRAME)));
    case RTUN_CMD_TUNNEL_NEW:
    case RTUN_CMD_TUNNEL_SET:
        return TunnelChanged{command == RTUN_CMD_TUNNEL_NEW,
                             TRY(parse_tunnel_nest(top.nest(RTUN_A_TUNNEL)))};
    case RTUN_CMD_TUNNEL_DEL: {
        const Tunnel tunnel = TRY(parse_tunnel_nest(top.nest(RTUN_A_TUNNEL)));
        return TunnelGone{tunnel.id, reason};
    }
    case RTUN_CMD_SESSION_NEW:
    case RTUN_CMD_SESSION_SET:
        return SessionChanged{command == RTUN_CMD_SESSION_NEW,
                              TRY(parse_session_nest(top.nest(RTUN_A_SESSION)))};
    case RTUN_CMD_SESSION_DEL: {
        const Session session = TRY(parse_session_nest(top.nest(RTUN_A_SESSION)));
        return SessionGone{session.id, session.tunnel, reason};
    }
    case RTUN_CMD_EVENT:
        return TRY(parse_notice(top.nest(RTUN_A_EVENT)));
    default:  // a number from the wire
        return std::optional<Event>{};
    }
}

}  // namespace rtun::netlink
