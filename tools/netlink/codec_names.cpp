// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lists in the order of uapi/linux/rtun.h; a test walks them against its enumerations.
#include <netlink/codec_names.h>

#include <netlink/codec.h>

#include <fmt/format.h>
#include <linux/rtun.h>

#include <array>

namespace rtun::netlink {

namespace {

constexpr std::array<std::string_view, RTUN_A_MAX + 1> TopNames = {
    "",      "",      "info",       "owner",  "tunnel",  "session",
    "frame", "event", "generation", "reason", "capture",
};
constexpr std::array<std::string_view, RTUN_A_OWNER_MAX + 1> OwnerNames = {"", "name", "portid",
                                                                           "tunnels"};
constexpr std::array<std::string_view, RTUN_A_TUNNEL_MAX + 1> TunnelNames = {
    "",       "",        "id",         "owner",     "xport",    "local4",  "remote4",  "flags",
    "fwmark", "oif",     "ttl",        "tos",       "df",       "pmtu",    "sessions", "blob",
    "local6", "remote6", "local-port", "peer-port", "local-id", "peer-id",
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
    "pw-type",
    "l2spec",
    "vlan",
    "cookie-tx",
    "cookie-rx",
    "cookie-grace",
    "circuit",
    "keepalive",
    "dead-time",
    "overhead",
    "tx-window",
    "static-rtt",
    "rtt",
    "congested",
    "mppe-tx",
    "mppe-rx",
    "disorder",
    "disorder-rate",
    "bundle",
    "link-rate",
    "link-latency",
    "link-mtu",
    "mrru",
    "peer-mrru",
    "mp-classes-rx",
    "mp-classes-tx",
    "mp-mode",
    "mp-min-fragment",
    "mp-loss-time",
    "mp-memory",
    "mp-idle",
    "mp-probe",
    "links",
    "mp-class",
    "prefixes",
};
constexpr std::array<std::string_view, RTUN_A_MPPE_MAX + 1> MppeNames = {
    "", "", "bits", "flags", "key", "count", "key-changes",
};
constexpr std::array<std::string_view, RTUN_A_FRAME_MAX + 1> FrameNames = {"", "session-id", "data",
                                                                           "overrun"};
constexpr std::array<std::string_view, RTUN_A_CAPTURE_MAX + 1> CaptureNames = {
    "", "", "session-id", "time", "direction", "length", "lost", "data",
};

constexpr std::array<std::string_view, RTUN_DROP_MAX + 1> DropNames = {
    "",
    "gre_truncated",
    "gre_proto",
    "gre_flags",
    "gre_length",
    "no_session",
    "peer_addr",
    "l2tp_truncated",
    "l2tp_version",
    "l2tp_length",
    "l2tp_offset",
    "l2tp_control",
    "cookie",
    "udp_csum",
    "gso",
    "seq_missing",
    "seq_late",
    "seq_dup",
    "seq_far",
    "reorder_limit",
    "ppp_truncated",
    "ppp_proto",
    "np_closed",
    "mppe_closed",
    "mppe_clear",
    "mppe_header",
    "mppe_late",
    "mppe_far",
    "mppe_desync",
    "mp_no_bundle",
    "mp_truncated",
    "mp_class",
    "mp_late",
    "mp_dup",
    "mp_far",
    "mp_limit",
    "mp_incomplete",
    "mp_orphan",
    "mp_oversize",
    "bcp_truncated",
    "bcp_lan_id",
    "bcp_mac_type",
    "bcp_tinygram",
    "bcp_length",
    "eth_truncated",
    "eth_loop",
    "vlan_tag",
    "circuit_down",
    "no_device",
    "device_down",
    "ip_header",
    "ecn",
    "source",
    "ctrl_no_owner",
    "ctrl_rate",
    "ctrl_overrun",
    "ctrl_too_long",
    "rx_nomem",
    "tx_no_session",
    "tx_no_prefix",
    "tx_np_closed",
    "tx_proto",
    "tx_recursion",
    "tx_no_route",
    "tx_too_big",
    "tx_nomem",
    "tx_gso",
    "tx_error",
    "tx_circuit_down",
    "tx_window",
    "tx_mppe_clear",
    "tx_no_link",
    "tx_bcp_tagged",
    "tx_bcp_management",
};
constexpr std::array<std::string_view, RTUN_EVENT_MAX + 1> EventNames = {
    "",           "owner_gone", "pmtu",   "resync",      "ctrl_overrun", "carrier", "peer_addr",
    "peer_alive", "alarm",      "demand", "link_joined", "link_left",    "mp_loss",
};
constexpr std::array<std::string_view, RTUN_DEL_MAX + 1> ReasonNames = {"", "request", "owner",
                                                                        "netns", "tunnel"};
constexpr std::array<std::string_view, RTUN_XPORT_MAX + 1> XportNames = {
    "", "pptp", "l2tpv2", "l2tpv3-udp", "l2tpv3-ip", "mlppp"};

}  // namespace

std::span<const std::string_view> drop_names() { return DropNames; }
std::span<const std::string_view> event_names() { return EventNames; }
std::span<const std::string_view> reason_names() { return ReasonNames; }
std::span<const std::string_view> xport_names() { return XportNames; }

std::string name_in(std::span<const std::string_view> names, std::uint32_t number) {
    if (number < names.size() && !names[number].empty())
        return std::string(names[number]);
    return fmt::format("{}", number);
}

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
    case RTUN_A_CAPTURE:
        inner = CaptureNames;
        break;
    default:  // not ours to send: the number will do
        break;
    }
    name += "." + name_in(inner, path[1]);
    const bool mppe = path[0] == RTUN_A_SESSION && path.size() > 2 &&
                      (path[1] == RTUN_A_SESSION_MPPE_TX || path[1] == RTUN_A_SESSION_MPPE_RX);
    return mppe ? name + "." + name_in(MppeNames, path[2]) : name;
}

}  // namespace rtun::netlink
