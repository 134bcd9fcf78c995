// SPDX-License-Identifier: GPL-2.0-or-later
//
// Requests: attribute by attribute, in the order of uapi/linux/rtun.h.
#include <netlink/codec.h>

#include <netlink/genl.h>

#include <fmt/format.h>
#include <linux/rtun.h>

#include <cerrno>

namespace rtun::netlink {

using base::ErrorCode;
using base::fail;

namespace {

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

// -- flags as bits

std::uint32_t bit(bool on, std::uint32_t mask) { return on ? mask : 0; }

std::uint32_t bits(const TunnelFlags &flags) {
    return bit(flags.tos_inherit, RTUN_TUNNEL_F_TOS_INHERIT) |
           bit(flags.zero_csum_tx, RTUN_TUNNEL_F_ZERO_CSUM_TX) |
           bit(flags.zero_csum6_rx, RTUN_TUNNEL_F_ZERO_CSUM6_RX) |
           bit(flags.peer_float, RTUN_TUNNEL_F_PEER_FLOAT) |
           bit(flags.scoped_ids, RTUN_TUNNEL_F_SCOPED_IDS);
}
constexpr std::uint32_t AllTunnelFlags = RTUN_TUNNEL_F_DIE_WITH_OWNER | RTUN_TUNNEL_F_TOS_INHERIT |
                                         RTUN_TUNNEL_F_ZERO_CSUM_TX | RTUN_TUNNEL_F_ZERO_CSUM6_RX |
                                         RTUN_TUNNEL_F_PEER_FLOAT | RTUN_TUNNEL_F_SCOPED_IDS;
constexpr std::uint32_t ChangeableTunnelFlags =
    RTUN_TUNNEL_F_TOS_INHERIT | RTUN_TUNNEL_F_ZERO_CSUM_TX | RTUN_TUNNEL_F_ZERO_CSUM6_RX |
    RTUN_TUNNEL_F_PEER_FLOAT;

std::uint32_t bits(const PppFlags &flags) {
    return bit(flags.pfc_rx, RTUN_SESSION_F_PFC_RX) | bit(flags.pfc_tx, RTUN_SESSION_F_PFC_TX) |
           bit(flags.acfc_tx, RTUN_SESSION_F_ACFC_TX) |
           bit(flags.echo_reply, RTUN_SESSION_F_ECHO_REPLY);
}
constexpr std::uint32_t AllPppFlags = RTUN_SESSION_F_PFC_RX | RTUN_SESSION_F_PFC_TX |
                                      RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_ECHO_REPLY;

std::uint32_t bits(const SequenceFlags &flags) {
    return bit(flags.send, RTUN_SESSION_F_SEQ_TX) | bit(flags.receive, RTUN_SESSION_F_SEQ_RX);
}
constexpr std::uint32_t AllSequenceFlags = RTUN_SESSION_F_SEQ_TX | RTUN_SESSION_F_SEQ_RX;

std::uint32_t bits(const MppeMode &mode) {
    return bit(mode.stateful, RTUN_MPPE_F_STATEFUL) |
           bit(mode.rekey_on_flush, RTUN_MPPE_F_REKEY_ON_FLUSH);
}
constexpr std::uint32_t AllMppeFlags = RTUN_MPPE_F_STATEFUL | RTUN_MPPE_F_REKEY_ON_FLUSH;

std::uint32_t bits(const NetworkProtocols &np) {
    return bit(np.ipv4, RTUN_NP_IPV4) | bit(np.ipv6, RTUN_NP_IPV6) | bit(np.bridge, RTUN_NP_BRIDGE);
}
constexpr std::uint32_t AllNetworkProtocols = RTUN_NP_IPV4 | RTUN_NP_IPV6 | RTUN_NP_BRIDGE;

std::uint32_t bits(const BridgeFlags &flags) {
    return bit(flags.tinygram_rx, RTUN_SESSION_F_BCP_TINYGRAM_RX) |
           bit(flags.tinygram_tx, RTUN_SESSION_F_BCP_TINYGRAM_TX) |
           bit(flags.tagged_tx, RTUN_SESSION_F_BCP_TAGGED_TX) |
           bit(flags.management_tx, RTUN_SESSION_F_BCP_MANAGEMENT_TX);
}
constexpr std::uint32_t AllBridgeFlags =
    RTUN_SESSION_F_BCP_TINYGRAM_RX | RTUN_SESSION_F_BCP_TINYGRAM_TX | RTUN_SESSION_F_BCP_TAGGED_TX |
    RTUN_SESSION_F_BCP_MANAGEMENT_TX;

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

std::uint8_t number(Xport xport) {
    switch (xport) {
    case Xport::Unknown:
        return RTUN_XPORT_UNSPEC;
    case Xport::Pptp:
        return RTUN_XPORT_PPTP;
    case Xport::L2tpv2:
        return RTUN_XPORT_L2TPV2;
    case Xport::L2tpv3Udp:
        return RTUN_XPORT_L2TPV3_UDP;
    case Xport::L2tpv3Ip:
        return RTUN_XPORT_L2TPV3_IP;
    case Xport::Mlppp:
        return RTUN_XPORT_MLPPP;
    }
    return RTUN_XPORT_UNSPEC;
}

// None is left out.
void put(Message &message, std::uint16_t v4, std::uint16_t v6, const base::Address &address) {
    if (address.v4() != nullptr)
        message.be32(v4, *address.v4());
    if (address.v6() != nullptr)
        message.bytes(v6, address.v6()->octets);
}

template <typename Number>
void put(Message &message, std::uint16_t attribute, const std::optional<Number> &value) {
    if (value)
        message.u32(attribute, static_cast<std::uint32_t>(*value));
}

void put(Message &message, std::uint16_t attribute, const std::optional<base::Bytes> &value) {
    if (value)
        message.bytes(attribute, *value);
}

// Only the flags that are given are selected: the others stay as they are.
void put_flags(Message &message, const SessionChange &change) {
    std::uint32_t value = 0;
    std::uint32_t selector = 0;
    if (change.flags) {
        value |= bits(*change.flags);
        selector |= AllPppFlags;
    }
    if (change.sequence) {
        value |= bits(*change.sequence);
        selector |= AllSequenceFlags;
    }
    if (change.bridging) {
        value |= bits(*change.bridging);
        selector |= AllBridgeFlags;
    }
    if (change.multilink) {
        value |= bit(change.multilink->short_rx, RTUN_SESSION_F_MP_SHORT_RX) |
                 bit(change.multilink->short_tx, RTUN_SESSION_F_MP_SHORT_TX);
        selector |= RTUN_SESSION_F_MP_SHORT_RX | RTUN_SESSION_F_MP_SHORT_TX;
    }
    if (change.peer_offload) {
        value |= bit(*change.peer_offload, RTUN_SESSION_F_PEER_OFFLOAD);
        selector |= RTUN_SESSION_F_PEER_OFFLOAD;
    }
    if (change.mppe_required) {
        value |= bit(*change.mppe_required, RTUN_SESSION_F_MPPE_REQUIRED);
        selector |= RTUN_SESSION_F_MPPE_REQUIRED;
    }
    if (selector != 0)
        message.bitfield(RTUN_A_SESSION_FLAGS, value, selector);
}

void put(Message &message, std::uint16_t attribute, const std::optional<Mppe> &mppe) {
    if (!mppe)
        return;
    message.begin(attribute);
    message.u32(RTUN_A_MPPE_BITS, mppe->mode.bits);
    if (mppe->mode.bits != 0) {
        message.bitfield(RTUN_A_MPPE_FLAGS, bits(mppe->mode), AllMppeFlags);
        message.secret(RTUN_A_MPPE_KEY, mppe->start_key);
    }
    message.end();
}

// What SESSION_NEW and SESSION_SET take alike.
void put(Message &message, const SessionChange &change) {
    put(message, RTUN_A_SESSION_PEER_ID, change.peer_id);
    put_flags(message, change);
    if (change.np)
        message.bitfield(RTUN_A_SESSION_NP, bits(*change.np), AllNetworkProtocols);
    put(message, RTUN_A_SESSION_REORDER_SLOTS, change.reorder_slots);
    put(message, RTUN_A_SESSION_REORDER_TIMEOUT, change.reorder_timeout);
    put(message, RTUN_A_SESSION_PEER_WINDOW, change.peer_window);
    put(message, RTUN_A_SESSION_ACK_DELAY, change.ack_delay);
    put(message, RTUN_A_SESSION_MAGIC, change.magic);
    put(message, RTUN_A_SESSION_BLOB, change.blob);
    put(message, RTUN_A_SESSION_PW_TYPE, change.pw_type);
    put(message, RTUN_A_SESSION_L2SPEC, change.l2spec);
    put(message, RTUN_A_SESSION_VLAN, change.vlan);
    put(message, RTUN_A_SESSION_COOKIE_TX, change.cookie_tx);
    put(message, RTUN_A_SESSION_COOKIE_RX, change.cookie_rx);
    put(message, RTUN_A_SESSION_COOKIE_GRACE, change.cookie_grace);
    put(message, RTUN_A_SESSION_CIRCUIT, change.circuit_up);
    put(message, RTUN_A_SESSION_KEEPALIVE, change.keepalive);
    put(message, RTUN_A_SESSION_DEAD_TIME, change.dead_time);
    put(message, RTUN_A_SESSION_TX_WINDOW, change.tx_window);
    put(message, RTUN_A_SESSION_STATIC_RTT, change.static_rtt);
    put(message, RTUN_A_SESSION_DISORDER, change.disorder);
    put(message, RTUN_A_SESSION_DISORDER_RATE, change.disorder_rate);
    put(message, RTUN_A_SESSION_MPPE_TX, change.mppe_tx);
    put(message, RTUN_A_SESSION_MPPE_RX, change.mppe_rx);
    put(message, RTUN_A_SESSION_BUNDLE, change.bundle);
    put(message, RTUN_A_SESSION_LINK_RATE, change.link_rate);
    put(message, RTUN_A_SESSION_LINK_LATENCY, change.link_latency);
    put(message, RTUN_A_SESSION_LINK_MTU, change.link_mtu);
    if (change.multilink) {
        message.u32(RTUN_A_SESSION_MRRU, change.multilink->mrru);
        message.u32(RTUN_A_SESSION_PEER_MRRU, change.multilink->peer_mrru);
        message.u32(RTUN_A_SESSION_MP_CLASSES_RX, change.multilink->classes_rx);
        message.u32(RTUN_A_SESSION_MP_CLASSES_TX, change.multilink->classes_tx);
    }
    put(message, RTUN_A_SESSION_MP_MODE, change.mp_mode);
    put(message, RTUN_A_SESSION_MP_MIN_FRAGMENT, change.mp_min_fragment);
    put(message, RTUN_A_SESSION_MP_LOSS_TIME, change.mp_loss_time);
    put(message, RTUN_A_SESSION_MP_MEMORY, change.mp_memory);
    put(message, RTUN_A_SESSION_MP_IDLE, change.mp_idle);
    put(message, RTUN_A_SESSION_MP_PROBE, change.mp_probe);
}

// RFC 3079 sections 2 and 3.
base::Status check_keys(const SessionChange &change) {
    for (const auto &mppe : {change.mppe_tx, change.mppe_rx}) {
        const std::size_t wanted = !mppe || mppe->mode.bits == 0 ? 0
                                   : mppe->mode.bits == 128      ? 16
                                                                 : 8;
        if (mppe && mppe->start_key.reveal().size() != wanted)
            return fail(ErrorCode::Invalid,
                        fmt::format("a key of {} bits has {} octets, not {}", mppe->mode.bits,
                                    wanted, mppe->start_key.reveal().size()),
                        EINVAL);
    }
    return {};
}

base::Status check_cookies(const SessionChange &change) {
    for (const auto &cookie : {change.cookie_tx, change.cookie_rx})
        if (cookie && !cookie->empty() && cookie->size() != 4 && cookie->size() != 8)
            return fail(ErrorCode::Invalid,
                        fmt::format("a cookie has 0, 4 or 8 octets, not {}", cookie->size()),
                        EINVAL);
    return {};
}

}  // namespace

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
    message.u8(RTUN_A_TUNNEL_XPORT, number(spec.xport));
    put(message, RTUN_A_TUNNEL_LOCAL4, RTUN_A_TUNNEL_LOCAL6, spec.local);
    put(message, RTUN_A_TUNNEL_REMOTE4, RTUN_A_TUNNEL_REMOTE6, spec.remote);
    const std::uint32_t lifetime =
        bit(spec.lifetime == Lifetime::DiesWithOwner, RTUN_TUNNEL_F_DIE_WITH_OWNER);
    message.bitfield(RTUN_A_TUNNEL_FLAGS, bits(spec.flags) | lifetime, AllTunnelFlags);
    if (spec.xport != Xport::Mlppp) {  // it has no outer packets
        message.u32(RTUN_A_TUNNEL_FWMARK, spec.fwmark);
        message.u32(RTUN_A_TUNNEL_OIF, spec.oif);
        message.u8(RTUN_A_TUNNEL_TTL, spec.ttl);
        message.u8(RTUN_A_TUNNEL_TOS, spec.tos);
        message.u8(RTUN_A_TUNNEL_DF, number(spec.df));
    }
    put(message, RTUN_A_TUNNEL_LOCAL_PORT, spec.local_port);
    put(message, RTUN_A_TUNNEL_PEER_PORT, spec.peer_port);
    put(message, RTUN_A_TUNNEL_LOCAL_ID, spec.local_id);
    put(message, RTUN_A_TUNNEL_PEER_ID, spec.peer_id);
    if (!spec.blob.empty())
        message.bytes(RTUN_A_TUNNEL_BLOB, spec.blob);
    message.end();
    return message;
}

Message build_tunnel_set(std::uint16_t family, TunnelId id, const TunnelChange &change) {
    Message message = request(family, RTUN_CMD_TUNNEL_SET);
    message.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, number(id));
    put(message, RTUN_A_TUNNEL_FWMARK, change.fwmark);
    put(message, RTUN_A_TUNNEL_OIF, change.oif);
    if (change.ttl)
        message.u8(RTUN_A_TUNNEL_TTL, *change.ttl);
    if (change.tos)
        message.u8(RTUN_A_TUNNEL_TOS, *change.tos);
    if (change.df)
        message.u8(RTUN_A_TUNNEL_DF, number(*change.df));
    if (change.flags)
        message.bitfield(RTUN_A_TUNNEL_FLAGS, bits(*change.flags) & ChangeableTunnelFlags,
                         ChangeableTunnelFlags);
    if (change.blob)
        message.bytes(RTUN_A_TUNNEL_BLOB, *change.blob);
    message.end();
    return message;
}

Message build_tunnel_del(std::uint16_t family, TunnelId id) {
    Message message = request(family, RTUN_CMD_TUNNEL_DEL);
    message.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, number(id)).end();
    return message;
}

Message build_tunnel_get(std::uint16_t family, TunnelId id) {
    Message message = request(family, RTUN_CMD_TUNNEL_GET);
    message.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, number(id)).end();
    return message;
}

Message build_tunnel_dump(std::uint16_t family) { return request(family, RTUN_CMD_TUNNEL_GET); }

base::Result<Message> build_session_new(std::uint16_t family, TunnelId tunnel,
                                        std::uint32_t local_id, const SessionChange &initial) {
    TRY(check_blob(initial.blob));
    TRY(check_cookies(initial));
    TRY(check_keys(initial));
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
    TRY(check_cookies(change));
    TRY(check_keys(change));
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

Message build_session_attach(std::uint16_t family, SessionId id, LinkIndex link) {
    Message message = request(family, RTUN_CMD_SESSION_ATTACH);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, number(id));
    message.u32(RTUN_A_SESSION_IFINDEX, static_cast<std::uint32_t>(link)).end();
    return message;
}

Message build_session_detach(std::uint16_t family, SessionId id) {
    Message message = request(family, RTUN_CMD_SESSION_DETACH);
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

}  // namespace rtun::netlink
