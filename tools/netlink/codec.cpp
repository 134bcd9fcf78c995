// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attribute by attribute, in the order of uapi/linux/rtun.h. Numbers of enumerations that this
// program does not know (a newer module) are shown as numbers, not refused.
#include <netlink/codec.h>
#include <netlink/genl.h>

#include <fmt/format.h>
#include <linux/rtun.h>

#include <array>
#include <cerrno>

namespace rtun::netlink {

using base::ErrorCode;
using base::fail;

namespace {

// -- names, each list in the order of its enumeration

constexpr std::array<std::string_view, RTUN_A_MAX + 1> TopNames = {
    "", "", "info", "owner", "tunnel", "session", "frame", "event", "generation", "reason",
};
constexpr std::array<std::string_view, RTUN_A_OWNER_MAX + 1> OwnerNames = {"", "name", "portid",
                                                                           "tunnels"};
constexpr std::array<std::string_view, RTUN_A_TUNNEL_MAX + 1> TunnelNames = {
    "",       "",    "id",  "owner", "xport", "local4", "remote4",  "flags",
    "fwmark", "oif", "ttl", "tos",   "df",    "pmtu",   "sessions", "blob",
};
constexpr std::array<std::string_view, RTUN_A_SESSION_MAX + 1> SessionNames = {
    "",
    "",
    "id",
    "tunnel-id",
    "local-id",
    "peer-id",
    "flags",
    "np",
    "reorder-slots",
    "reorder-timeout",
    "peer-window",
    "ack-delay",
    "magic",
    "ifindex",
    "netnsid",
    "blob",
    "stats",
};
constexpr std::array<std::string_view, RTUN_A_FRAME_MAX + 1> FrameNames = {"", "session-id", "data",
                                                                           "overrun"};

constexpr std::array<std::string_view, RTUN_DROP_MAX + 1> DropNames = {
    "",
    "gre_truncated",
    "gre_proto",
    "gre_flags",
    "gre_length",
    "no_session",
    "peer_addr",
    "seq_late",
    "seq_dup",
    "seq_far",
    "reorder_limit",
    "ppp_truncated",
    "ppp_proto",
    "np_closed",
    "no_device",
    "device_down",
    "ip_header",
    "ecn",
    "ctrl_no_owner",
    "ctrl_rate",
    "ctrl_overrun",
    "ctrl_too_long",
    "rx_nomem",
    "tx_no_session",
    "tx_np_closed",
    "tx_proto",
    "tx_recursion",
    "tx_no_route",
    "tx_too_big",
    "tx_nomem",
    "tx_gso",
    "tx_error",
};
constexpr std::array<std::string_view, RTUN_EVENT_MAX + 1> EventNames = {
    "", "owner_gone", "pmtu", "resync", "ctrl_overrun", "carrier"};
constexpr std::array<std::string_view, RTUN_DEL_MAX + 1> ReasonNames = {"", "request", "owner",
                                                                        "netns", "tunnel"};
constexpr std::array<std::string_view, RTUN_XPORT_MAX + 1> XportNames = {"", "pptp"};

std::string name_in(std::span<const std::string_view> names, std::uint32_t number) {
    if (number < names.size() && !names[number].empty())
        return std::string(names[number]);
    return fmt::format("{}", number);
}

Message request(std::uint16_t family, rtun_cmd command) {
    return genl_message(family, static_cast<std::uint8_t>(command), RTUN_GENL_VERSION);
}

std::uint32_t number(TunnelId id) { return static_cast<std::uint32_t>(id); }
std::uint32_t number(SessionId id) { return static_cast<std::uint32_t>(id); }

base::Status check_blob(const std::optional<base::Bytes> &blob) {
    if (blob && blob->size() > RTUN_BLOB_MAX)
        return fail(ErrorCode::Invalid,
                    fmt::format("the owner's data has {} octets, {} is the limit", blob->size(),
                                RTUN_BLOB_MAX),
                    EMSGSIZE);
    return {};
}

tl::unexpected<base::Error> malformed(std::string_view what) {
    return fail(ErrorCode::System, fmt::format("malformed {} from the kernel", what), EBADMSG);
}

// -- flags as members and as bits

std::uint32_t bits(const PppFlags &flags) {
    return (flags.pfc_rx ? std::uint32_t{RTUN_SESSION_F_PFC_RX} : 0) |
           (flags.pfc_tx ? std::uint32_t{RTUN_SESSION_F_PFC_TX} : 0) |
           (flags.acfc_tx ? std::uint32_t{RTUN_SESSION_F_ACFC_TX} : 0) |
           (flags.echo_reply ? std::uint32_t{RTUN_SESSION_F_ECHO_REPLY} : 0);
}
constexpr std::uint32_t AllPppFlags = RTUN_SESSION_F_PFC_RX | RTUN_SESSION_F_PFC_TX |
                                      RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_ECHO_REPLY;
PppFlags ppp_flags(std::uint32_t bits) {
    return {.pfc_rx = (bits & RTUN_SESSION_F_PFC_RX) != 0,
            .pfc_tx = (bits & RTUN_SESSION_F_PFC_TX) != 0,
            .acfc_tx = (bits & RTUN_SESSION_F_ACFC_TX) != 0,
            .echo_reply = (bits & RTUN_SESSION_F_ECHO_REPLY) != 0};
}

std::uint32_t bits(const NetworkProtocols &np) {
    return (np.ipv4 ? std::uint32_t{RTUN_NP_IPV4} : 0) |
           (np.ipv6 ? std::uint32_t{RTUN_NP_IPV6} : 0);
}
constexpr std::uint32_t AllNetworkProtocols = RTUN_NP_IPV4 | RTUN_NP_IPV6;
NetworkProtocols network_protocols(std::uint32_t bits) {
    return {.ipv4 = (bits & RTUN_NP_IPV4) != 0, .ipv6 = (bits & RTUN_NP_IPV6) != 0};
}

std::uint8_t number(Df df) {
    switch (df) {
    case Df::Unset:
        return RTUN_DF_UNSET;
    case Df::Set:
        return RTUN_DF_SET;
    case Df::Inherit:
        return RTUN_DF_INHERIT;
    }
    return RTUN_DF_UNSET;
}
Df df_of(std::uint8_t number) {
    if (number == RTUN_DF_SET)
        return Df::Set;
    return number == RTUN_DF_INHERIT ? Df::Inherit : Df::Unset;
}

// What SESSION_NEW and SESSION_SET take alike.
void put(Message &message, const SessionChange &change) {
    if (change.peer_id)
        message.u32(RTUN_A_SESSION_PEER_ID, *change.peer_id);
    if (change.flags)
        message.bitfield(RTUN_A_SESSION_FLAGS, bits(*change.flags), AllPppFlags);
    if (change.np)
        message.bitfield(RTUN_A_SESSION_NP, bits(*change.np), AllNetworkProtocols);
    if (change.reorder_slots)
        message.u32(RTUN_A_SESSION_REORDER_SLOTS, *change.reorder_slots);
    if (change.reorder_timeout)
        message.u32(RTUN_A_SESSION_REORDER_TIMEOUT, *change.reorder_timeout);
    if (change.peer_window)
        message.u32(RTUN_A_SESSION_PEER_WINDOW, *change.peer_window);
    if (change.ack_delay)
        message.u32(RTUN_A_SESSION_ACK_DELAY, *change.ack_delay);
    if (change.magic)
        message.u32(RTUN_A_SESSION_MAGIC, *change.magic);
    if (change.blob)
        message.bytes(RTUN_A_SESSION_BLOB, *change.blob);
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
    const Attributes drops = from.nest(RTUN_A_STATS_DROPS);
    for (const auto &[reason, payload] : drops.all()) {
        // u64 attributes may come with padding attributes of type 0 between them.
        if (reason == RTUN_DROP_UNSPEC)
            continue;
        const auto value = drops.u64(reason);
        if (value && *value != 0)
            stats.drops[name_in(DropNames, reason)] = *value;
    }
    if (!from.ok() || !drops.ok())
        return malformed("statistics");
    return stats;
}

base::Result<Tunnel> parse_tunnel_nest(const Attributes &from) {
    Tunnel tunnel;
    const auto id = from.u32(RTUN_A_TUNNEL_ID);
    tunnel.owner = from.text(RTUN_A_TUNNEL_OWNER).value_or("");
    tunnel.xport = name_in(XportNames, from.u8(RTUN_A_TUNNEL_XPORT).value_or(0));
    tunnel.pmtu = from.u32(RTUN_A_TUNNEL_PMTU).value_or(0);
    tunnel.sessions = from.u32(RTUN_A_TUNNEL_SESSIONS).value_or(0);
    TunnelSpec &spec = tunnel.spec;
    spec.local = from.ipv4(RTUN_A_TUNNEL_LOCAL4).value_or(base::Ipv4{});
    spec.remote = from.ipv4(RTUN_A_TUNNEL_REMOTE4).value_or(base::Ipv4{});
    const std::uint32_t flags = from.bitfield(RTUN_A_TUNNEL_FLAGS).value_or(0);
    spec.lifetime = (flags & RTUN_TUNNEL_F_DIE_WITH_OWNER) != 0 ? Lifetime::DiesWithOwner
                                                                : Lifetime::OutlivesOwner;
    spec.tos_inherit = (flags & RTUN_TUNNEL_F_TOS_INHERIT) != 0;
    spec.fwmark = from.u32(RTUN_A_TUNNEL_FWMARK).value_or(0);
    spec.oif = from.u32(RTUN_A_TUNNEL_OIF).value_or(0);
    spec.ttl = from.u8(RTUN_A_TUNNEL_TTL).value_or(0);
    spec.tos = from.u8(RTUN_A_TUNNEL_TOS).value_or(0);
    spec.df = df_of(from.u8(RTUN_A_TUNNEL_DF).value_or(RTUN_DF_UNSET));
    const base::View blob = from.bytes(RTUN_A_TUNNEL_BLOB).value_or(base::View{});
    spec.blob.assign(blob.begin(), blob.end());
    if (!id || !from.ok())
        return malformed("tunnel");
    tunnel.id = TunnelId{*id};
    return tunnel;
}

base::Result<Session> parse_session_nest(const Attributes &from) {
    Session session;
    const auto id = from.u32(RTUN_A_SESSION_ID);
    session.tunnel = TunnelId{from.u32(RTUN_A_SESSION_TUNNEL_ID).value_or(0)};
    session.local_id = from.u32(RTUN_A_SESSION_LOCAL_ID).value_or(0);
    session.peer_id = from.u32(RTUN_A_SESSION_PEER_ID);
    session.flags = ppp_flags(from.bitfield(RTUN_A_SESSION_FLAGS).value_or(0));
    session.np = network_protocols(from.bitfield(RTUN_A_SESSION_NP).value_or(0));
    session.reorder_slots = from.u32(RTUN_A_SESSION_REORDER_SLOTS).value_or(0);
    session.reorder_timeout = from.u32(RTUN_A_SESSION_REORDER_TIMEOUT).value_or(0);
    session.peer_window = from.u32(RTUN_A_SESSION_PEER_WINDOW).value_or(0);
    session.ack_delay = from.u32(RTUN_A_SESSION_ACK_DELAY).value_or(0);
    if (const auto index = from.u32(RTUN_A_SESSION_IFINDEX))
        session.device = LinkIndex{static_cast<int>(*index)};
    if (const auto netnsid = from.u32(RTUN_A_SESSION_NETNSID))
        session.netnsid = static_cast<int>(*netnsid);
    const base::View blob = from.bytes(RTUN_A_SESSION_BLOB).value_or(base::View{});
    session.blob.assign(blob.begin(), blob.end());
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
    if (!type || !from.ok())
        return malformed("event");
    notice.type = name_in(EventNames, *type);
    return notice;
}

}  // namespace

std::string attribute_name(std::span<const std::uint16_t> path) {
    if (path.empty())
        return {};
    std::string name = name_in(TopNames, path[0]);
    if (path.size() < 2)
        return name;
    std::span<const std::string_view> inner;
    switch (path[0]) {
    case RTUN_A_OWNER:
        inner = OwnerNames;
        break;
    case RTUN_A_TUNNEL:
        inner = TunnelNames;
        break;
    case RTUN_A_SESSION:
        inner = SessionNames;
        break;
    case RTUN_A_FRAME:
        inner = FrameNames;
        break;
    default:  // not ours to send: the number will do
        break;
    }
    return name + "." + name_in(inner, path[1]);
}

Message build_info_get(std::uint16_t family) { return request(family, RTUN_CMD_INFO_GET); }

base::Result<Message> build_owner_bind(std::uint16_t family, std::string_view name) {
    if (name.empty() || name.size() > RTUN_OWNER_NAME_MAX ||
        name.find('\0') != std::string_view::npos)
        return fail(ErrorCode::Invalid,
                    fmt::format("an owner's name has 1 to {} characters", RTUN_OWNER_NAME_MAX),
                    EINVAL);
    Message message = request(family, RTUN_CMD_OWNER_BIND);
    message.begin(RTUN_A_OWNER).text(RTUN_A_OWNER_NAME, name).end();
    return message;
}

base::Result<Message> build_tunnel_new(std::uint16_t family, const TunnelSpec &spec) {
    TRY(check_blob(spec.blob));
    Message message = request(family, RTUN_CMD_TUNNEL_NEW);
    message.begin(RTUN_A_TUNNEL);
    message.u8(RTUN_A_TUNNEL_XPORT, RTUN_XPORT_PPTP);
    message.be32(RTUN_A_TUNNEL_LOCAL4, spec.local);
    message.be32(RTUN_A_TUNNEL_REMOTE4, spec.remote);
    std::uint32_t flags = 0;
    if (spec.lifetime == Lifetime::DiesWithOwner)
        flags |= RTUN_TUNNEL_F_DIE_WITH_OWNER;
    if (spec.tos_inherit)
        flags |= RTUN_TUNNEL_F_TOS_INHERIT;
    message.bitfield(RTUN_A_TUNNEL_FLAGS, flags,
                     RTUN_TUNNEL_F_DIE_WITH_OWNER | RTUN_TUNNEL_F_TOS_INHERIT);
    message.u32(RTUN_A_TUNNEL_FWMARK, spec.fwmark);
    message.u32(RTUN_A_TUNNEL_OIF, spec.oif);
    message.u8(RTUN_A_TUNNEL_TTL, spec.ttl);
    message.u8(RTUN_A_TUNNEL_TOS, spec.tos);
    message.u8(RTUN_A_TUNNEL_DF, number(spec.df));
    if (!spec.blob.empty())
        message.bytes(RTUN_A_TUNNEL_BLOB, spec.blob);
    message.end();
    return message;
}

Message build_tunnel_del(std::uint16_t family, TunnelId id) {
    Message message = request(family, RTUN_CMD_TUNNEL_DEL);
    message.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, number(id)).end();
    return message;
}

Message build_tunnel_dump(std::uint16_t family) { return request(family, RTUN_CMD_TUNNEL_GET); }

base::Result<Message> build_session_new(std::uint16_t family, TunnelId tunnel,
                                        std::uint32_t local_id, const SessionChange &initial) {
    TRY(check_blob(initial.blob));
    Message message = request(family, RTUN_CMD_SESSION_NEW);
    message.begin(RTUN_A_SESSION);
    message.u32(RTUN_A_SESSION_TUNNEL_ID, number(tunnel));
    if (local_id != 0)
        message.u32(RTUN_A_SESSION_LOCAL_ID, local_id);
    put(message, initial);
    message.end();
    return message;
}

base::Result<Message> build_session_set(std::uint16_t family, SessionId id,
                                        const SessionChange &change) {
    TRY(check_blob(change.blob));
    Message message = request(family, RTUN_CMD_SESSION_SET);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, number(id));
    put(message, change);
    message.end();
    return message;
}

Message build_session_del(std::uint16_t family, SessionId id) {
    Message message = request(family, RTUN_CMD_SESSION_DEL);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, number(id)).end();
    return message;
}

Message build_session_get(std::uint16_t family, SessionId id) {
    Message message = request(family, RTUN_CMD_SESSION_GET);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, number(id)).end();
    return message;
}

Message build_session_dump(std::uint16_t family) { return request(family, RTUN_CMD_SESSION_GET); }

base::Result<Message> build_frame(std::uint16_t family, SessionId session, base::View data) {
    if (data.size() < 2 || data.size() > RTUN_FRAME_MAX)
        return fail(ErrorCode::Invalid,
                    fmt::format("a frame has 2 to {} octets, not {}", RTUN_FRAME_MAX, data.size()),
                    EMSGSIZE);
    Message message = request(family, RTUN_CMD_FRAME);
    message.begin(RTUN_A_FRAME).u32(RTUN_A_FRAME_SESSION_ID, number(session));
    message.bytes(RTUN_A_FRAME_DATA, data).end();
    return message;
}

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
    const std::string reason = name_in(ReasonNames, top.u32(RTUN_A_REASON).value_or(0));
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
