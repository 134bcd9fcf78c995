// SPDX-License-Identifier: GPL-2.0-or-later
//
// The messages of uapi/linux/rtun.h: requests taken apart attribute by attribute, answers and
// notifications made by hand.
#include <netlink/codec.h>
#include <netlink/genl.h>
#include <tests/netlink/received.h>

#include <gmock/gmock.h>
#include <libmnl/libmnl.h>
#include <linux/rtun.h>

#include <array>
#include <set>

namespace rtun::netlink {
namespace {

constexpr std::uint16_t Id = 30;
constexpr base::Ipv4 Local{0xc0000201}, Remote{0xc0000202};

// A request, taken apart. Keeps the bytes that the attributes look at.
struct Taken {
    explicit Taken(const base::Result<Message> &message) : datagram(received(message.value())) {}
    explicit Taken(const Message &message) : datagram(received(message)) {}
    [[nodiscard]] std::uint8_t command() const { return genl_command(datagram.messages[0]); }
    [[nodiscard]] Attributes top() const { return datagram.messages[0].attributes(GenlHeader); }
    Datagram datagram;
};

Message answer(rtun_cmd command) {
    return genl_message(Id, static_cast<std::uint8_t>(command), RTUN_GENL_VERSION);
}

Message &u64(Message &message, std::uint16_t attribute, std::uint64_t value) {
    return message.bytes(attribute, bytes_of(value));
}

TEST(Request, of_an_owner_carries_its_name) {
    const Taken taken(build_owner_bind(Id, "rtun-daemon"));
    EXPECT_EQ(taken.command(), RTUN_CMD_OWNER_BIND);
    EXPECT_EQ(taken.top().nest(RTUN_A_OWNER).text(RTUN_A_OWNER_NAME), "rtun-daemon");
}

TEST(Request, of_an_owner_refuses_names_that_the_kernel_would_refuse) {
    EXPECT_FALSE(build_owner_bind(Id, "").has_value());
    EXPECT_TRUE(build_owner_bind(Id, std::string(RTUN_OWNER_NAME_MAX, 'x')).has_value());
    EXPECT_FALSE(build_owner_bind(Id, std::string(RTUN_OWNER_NAME_MAX + 1, 'x')).has_value());
    EXPECT_FALSE(build_owner_bind(Id, std::string_view("a\0b", 3)).has_value());
}

TEST(Request, of_a_tunnel_carries_the_whole_outer_policy) {
    TunnelSpec spec;
    spec.local = Local;
    spec.remote = Remote;
    spec.lifetime = Lifetime::DiesWithOwner;
    spec.fwmark = 0x10;
    spec.oif = 3;
    spec.ttl = 64;
    spec.tos = 0xb8;
    spec.flags.tos_inherit = true;
    spec.df = Df::Set;
    spec.blob = {1, 2, 3};
    const Taken taken(build_tunnel_new(Id, spec));
    EXPECT_EQ(taken.command(), RTUN_CMD_TUNNEL_NEW);
    const Attributes tunnel = taken.top().nest(RTUN_A_TUNNEL);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_XPORT), RTUN_XPORT_PPTP);
    EXPECT_EQ(tunnel.ipv4(RTUN_A_TUNNEL_LOCAL4), Local);
    EXPECT_EQ(tunnel.ipv4(RTUN_A_TUNNEL_REMOTE4), Remote);
    EXPECT_EQ(tunnel.bitfield(RTUN_A_TUNNEL_FLAGS),
              std::uint32_t{RTUN_TUNNEL_F_DIE_WITH_OWNER | RTUN_TUNNEL_F_TOS_INHERIT});
    EXPECT_EQ(tunnel.u32(RTUN_A_TUNNEL_FWMARK), 0x10u);
    EXPECT_EQ(tunnel.u32(RTUN_A_TUNNEL_OIF), 3u);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_TTL), 64);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_TOS), 0xb8);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_DF), RTUN_DF_SET);
    EXPECT_EQ(tunnel.bytes(RTUN_A_TUNNEL_BLOB)->size(), 3u);
    EXPECT_FALSE(tunnel.has(RTUN_A_TUNNEL_ID));
}

TEST(Request, of_an_l2tp_tunnel_carries_ids_ports_and_flags) {
    TunnelSpec spec;
    spec.xport = Xport::L2tpv3Udp;
    spec.local = *base::Ipv6::parse("2001:db8::1");
    spec.remote = *base::Ipv6::parse("2001:db8::2");
    spec.flags = {.tos_inherit = false,
                  .zero_csum_tx = true,
                  .zero_csum6_rx = true,
                  .peer_float = true,
                  .scoped_ids = true};
    spec.local_port = 5000;
    spec.peer_port = 65535;
    spec.local_id = 10;
    spec.peer_id = 0xffffffff;
    const Taken taken(build_tunnel_new(Id, spec));
    const Attributes tunnel = taken.top().nest(RTUN_A_TUNNEL);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_XPORT), RTUN_XPORT_L2TPV3_UDP);
    EXPECT_EQ(tunnel.ipv6(RTUN_A_TUNNEL_LOCAL6)->text(), "2001:db8::1");
    EXPECT_EQ(tunnel.ipv6(RTUN_A_TUNNEL_REMOTE6)->text(), "2001:db8::2");
    EXPECT_FALSE(tunnel.has(RTUN_A_TUNNEL_LOCAL4));
    EXPECT_FALSE(tunnel.has(RTUN_A_TUNNEL_REMOTE4));
    EXPECT_EQ(tunnel.bitfield(RTUN_A_TUNNEL_FLAGS),
              std::uint32_t{RTUN_TUNNEL_F_ZERO_CSUM_TX | RTUN_TUNNEL_F_ZERO_CSUM6_RX |
                            RTUN_TUNNEL_F_PEER_FLOAT | RTUN_TUNNEL_F_SCOPED_IDS});
    EXPECT_EQ(tunnel.u32(RTUN_A_TUNNEL_LOCAL_PORT), 5000u);
    EXPECT_EQ(tunnel.u32(RTUN_A_TUNNEL_PEER_PORT), 65535u);
    EXPECT_EQ(tunnel.u32(RTUN_A_TUNNEL_LOCAL_ID), 10u);
    EXPECT_EQ(tunnel.u32(RTUN_A_TUNNEL_PEER_ID), 0xffffffffu);
}

TEST(Request, of_a_tunnel_without_a_local_address_leaves_it_out) {
    TunnelSpec spec;
    spec.xport = Xport::L2tpv3Ip;
    spec.remote = Remote;
    const Taken taken(build_tunnel_new(Id, spec));
    const Attributes tunnel = taken.top().nest(RTUN_A_TUNNEL);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_XPORT), RTUN_XPORT_L2TPV3_IP);
    EXPECT_FALSE(tunnel.has(RTUN_A_TUNNEL_LOCAL4) || tunnel.has(RTUN_A_TUNNEL_LOCAL6));
    EXPECT_FALSE(tunnel.has(RTUN_A_TUNNEL_LOCAL_PORT) || tunnel.has(RTUN_A_TUNNEL_LOCAL_ID));
    EXPECT_EQ(tunnel.ipv4(RTUN_A_TUNNEL_REMOTE4), Remote);
    spec.xport = Xport::L2tpv2;
    const Taken second(build_tunnel_new(Id, spec));
    EXPECT_EQ(second.top().nest(RTUN_A_TUNNEL).u8(RTUN_A_TUNNEL_XPORT), RTUN_XPORT_L2TPV2);
}

TEST(Request, of_a_tunnels_change_carries_only_what_changes) {
    const Taken taken(build_tunnel_set(Id, TunnelId{3}, {.ttl = 9, .df = Df::Inherit}));
    EXPECT_EQ(taken.command(), RTUN_CMD_TUNNEL_SET);
    const Attributes tunnel = taken.top().nest(RTUN_A_TUNNEL);
    EXPECT_EQ(tunnel.all().size(), 3u);
    EXPECT_EQ(tunnel.u32(RTUN_A_TUNNEL_ID), 3u);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_TTL), 9);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_DF), RTUN_DF_INHERIT);
    const Taken all(build_tunnel_set(Id, TunnelId{3}, {.fwmark = 1, .oif = 2, .tos = 4}));
    EXPECT_EQ(all.top().nest(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_FWMARK), 1u);
    EXPECT_EQ(all.top().nest(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_OIF), 2u);
    EXPECT_EQ(all.top().nest(RTUN_A_TUNNEL).u8(RTUN_A_TUNNEL_TOS), 4);
    EXPECT_FALSE(all.top().nest(RTUN_A_TUNNEL).has(RTUN_A_TUNNEL_BLOB));
    const Taken blob(build_tunnel_set(Id, TunnelId{3}, {.blob = base::Bytes{7, 8}}));
    EXPECT_EQ(blob.top().nest(RTUN_A_TUNNEL).bytes(RTUN_A_TUNNEL_BLOB)->size(), 2u);
}

TEST(Request, to_change_the_flags_of_a_tunnel_leaves_those_that_are_for_its_birth) {
    const Taken taken(build_tunnel_set(
        Id, TunnelId{3}, {.flags = TunnelFlags{.tos_inherit = true, .scoped_ids = true}}));
    const auto octets = taken.top().nest(RTUN_A_TUNNEL).bytes(RTUN_A_TUNNEL_FLAGS);
    ASSERT_TRUE(octets);
    const auto *flags = reinterpret_cast<const nla_bitfield32 *>(octets->data());
    EXPECT_EQ(flags->value, std::uint32_t{RTUN_TUNNEL_F_TOS_INHERIT});
    EXPECT_EQ(flags->selector,
              std::uint32_t{RTUN_TUNNEL_F_TOS_INHERIT | RTUN_TUNNEL_F_ZERO_CSUM_TX |
                            RTUN_TUNNEL_F_ZERO_CSUM6_RX | RTUN_TUNNEL_F_PEER_FLOAT});
}

TEST(Request, for_one_tunnel_names_it) {
    const Taken taken(build_tunnel_get(Id, TunnelId{3}));
    EXPECT_EQ(taken.command(), RTUN_CMD_TUNNEL_GET);
    EXPECT_EQ(taken.top().nest(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID), 3u);
}

TEST(Request, of_a_pseudowire_carries_all_of_it) {
    SessionChange change;
    change.peer_id = 200;
    change.pw_type = PwType::EthernetVlan;
    change.l2spec = L2Spec::Default;
    change.vlan = 7;
    change.sequence = SequenceFlags{.send = true, .receive = false};
    change.cookie_tx = base::Bytes{1, 2, 3, 4, 5, 6, 7, 8};
    change.cookie_rx = base::Bytes{};
    change.cookie_grace = 5000;
    change.circuit_up = false;
    change.keepalive = 10000;
    change.dead_time = 30000;
    change.tx_window = 16;
    change.static_rtt = 1500;
    change.disorder = 3;
    change.disorder_rate = 20;
    const Taken taken(build_session_new(Id, TunnelId{4}, 100, change));
    const Attributes session = taken.top().nest(RTUN_A_SESSION);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_LOCAL_ID), 100u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_PW_TYPE), std::uint32_t{RTUN_PW_ETH_VLAN});
    EXPECT_EQ(session.u32(RTUN_A_SESSION_L2SPEC), std::uint32_t{RTUN_L2SPEC_DEFAULT});
    EXPECT_EQ(session.u32(RTUN_A_SESSION_VLAN), 7u);
    EXPECT_EQ(session.bytes(RTUN_A_SESSION_COOKIE_TX)->size(), 8u);
    EXPECT_TRUE(session.bytes(RTUN_A_SESSION_COOKIE_RX)->empty());
    EXPECT_EQ(session.u32(RTUN_A_SESSION_COOKIE_GRACE), 5000u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_CIRCUIT), 0u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_KEEPALIVE), 10000u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_DEAD_TIME), 30000u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_TX_WINDOW), 16u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_STATIC_RTT), 1500u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_DISORDER), std::uint32_t{RTUN_DISORDER_REVERSE});
    EXPECT_EQ(session.u32(RTUN_A_SESSION_DISORDER_RATE), 20u);
    // The flags of PPP are neither set nor cleared.
    const auto *field =
        reinterpret_cast<const nla_bitfield32 *>(session.bytes(RTUN_A_SESSION_FLAGS)->data());
    EXPECT_EQ(field->value, std::uint32_t{RTUN_SESSION_F_SEQ_TX});
    EXPECT_EQ(field->selector, std::uint32_t{RTUN_SESSION_F_SEQ_TX | RTUN_SESSION_F_SEQ_RX});
}

TEST(Request, with_a_cookie_of_another_length_is_refused) {
    for (const std::size_t length : {1U, 3U, 5U, 7U, 9U}) {
        SessionChange change;
        change.cookie_rx = base::Bytes(length);
        EXPECT_FALSE(build_session_set(Id, SessionId{1}, change).has_value()) << length;
        change = {};
        change.cookie_tx = base::Bytes(length);
        EXPECT_FALSE(build_session_new(Id, TunnelId{1}, 0, change).has_value()) << length;
    }
}

TEST(Request, with_too_much_of_the_owners_data_is_refused) {
    TunnelSpec spec;
    spec.blob.resize(RTUN_BLOB_MAX);
    EXPECT_TRUE(build_tunnel_new(Id, spec).has_value());
    spec.blob.resize(RTUN_BLOB_MAX + 1);
    EXPECT_FALSE(build_tunnel_new(Id, spec).has_value());
    SessionChange change;
    change.blob = base::Bytes(RTUN_BLOB_MAX + 1);
    EXPECT_FALSE(build_session_set(Id, SessionId{1}, change).has_value());
    EXPECT_FALSE(build_session_new(Id, TunnelId{1}, 0, change).has_value());
}

TEST(Request, of_a_change_carries_only_what_changes) {
    SessionChange change;
    change.peer_id = 9;
    const Taken taken(build_session_set(Id, SessionId{5}, change));
    EXPECT_EQ(taken.command(), RTUN_CMD_SESSION_SET);
    const Attributes session = taken.top().nest(RTUN_A_SESSION);
    EXPECT_EQ(session.all().size(), 2u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_ID), 5u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_PEER_ID), 9u);
}

TEST(Request, of_a_change_carries_everything_that_changes) {
    SessionChange change;
    change.peer_id = 0;
    change.flags = PppFlags{.pfc_rx = true, .pfc_tx = false, .acfc_tx = true, .echo_reply = true};
    change.np = NetworkProtocols{.ipv4 = true, .ipv6 = false};
    change.reorder_slots = 64;
    change.reorder_timeout = 30;
    change.peer_window = 50;
    change.ack_delay = 20;
    change.magic = 0xdeadbeef;
    change.blob = base::Bytes{};
    const Taken taken(build_session_new(Id, TunnelId{4}, 1234, change));
    EXPECT_EQ(taken.command(), RTUN_CMD_SESSION_NEW);
    const Attributes session = taken.top().nest(RTUN_A_SESSION);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_TUNNEL_ID), 4u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_LOCAL_ID), 1234u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_PEER_ID), 0u);
    EXPECT_EQ(
        session.bitfield(RTUN_A_SESSION_FLAGS),
        std::uint32_t{RTUN_SESSION_F_PFC_RX | RTUN_SESSION_F_ACFC_TX | RTUN_SESSION_F_ECHO_REPLY});
    // What is off has to be selected as well, or it would stay on.
    const auto *field =
        reinterpret_cast<const nla_bitfield32 *>(session.bytes(RTUN_A_SESSION_NP)->data());
    EXPECT_EQ(field->value, std::uint32_t{RTUN_NP_IPV4});
    EXPECT_EQ(field->selector, std::uint32_t{RTUN_NP_IPV4 | RTUN_NP_IPV6 | RTUN_NP_BRIDGE});
    EXPECT_EQ(session.u32(RTUN_A_SESSION_REORDER_SLOTS), 64u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_REORDER_TIMEOUT), 30u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_PEER_WINDOW), 50u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_ACK_DELAY), 20u);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_MAGIC), 0xdeadbeefu);
    EXPECT_TRUE(session.bytes(RTUN_A_SESSION_BLOB)->empty());  // an empty one clears
}

TEST(Request, of_bridging_selects_its_own_flags_only) {
    SessionChange change;
    change.np = NetworkProtocols{.bridge = true};
    change.bridging = BridgeFlags{.tinygram_rx = true, .tagged_tx = true};
    const Taken taken(build_session_new(Id, TunnelId{4}, 1234, change));
    const Attributes session = taken.top().nest(RTUN_A_SESSION);
    EXPECT_EQ(session.bitfield(RTUN_A_SESSION_NP), std::uint32_t{RTUN_NP_BRIDGE});
    const auto *field =
        reinterpret_cast<const nla_bitfield32 *>(session.bytes(RTUN_A_SESSION_FLAGS)->data());
    EXPECT_EQ(field->value,
              std::uint32_t{RTUN_SESSION_F_BCP_TINYGRAM_RX | RTUN_SESSION_F_BCP_TAGGED_TX});
    EXPECT_EQ(field->selector,
              std::uint32_t{RTUN_SESSION_F_BCP_TINYGRAM_RX | RTUN_SESSION_F_BCP_TINYGRAM_TX |
                            RTUN_SESSION_F_BCP_TAGGED_TX | RTUN_SESSION_F_BCP_MANAGEMENT_TX});
}

TEST(Request, of_a_frame_is_bounded) {
    EXPECT_FALSE(build_frame(Id, SessionId{1}, base::Bytes(1)).has_value());
    EXPECT_FALSE(build_frame(Id, SessionId{1}, base::Bytes(RTUN_FRAME_MAX + 1)).has_value());
    const base::Bytes frame(RTUN_FRAME_MAX, 0xc0);
    const Taken taken(build_frame(Id, SessionId{6}, frame));
    EXPECT_EQ(taken.command(), RTUN_CMD_FRAME);
    EXPECT_EQ(taken.top().nest(RTUN_A_FRAME).u32(RTUN_A_FRAME_SESSION_ID), 6u);
    EXPECT_EQ(taken.top().nest(RTUN_A_FRAME).bytes(RTUN_A_FRAME_DATA)->size(), frame.size());
}

TEST(Answer, of_a_tunnel_is_read_whole) {
    Message message = answer(RTUN_CMD_TUNNEL_NEW);
    message.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, 3).text(RTUN_A_TUNNEL_OWNER, "rtun");
    message.u8(RTUN_A_TUNNEL_XPORT, RTUN_XPORT_PPTP).be32(RTUN_A_TUNNEL_LOCAL4, Local);
    message.be32(RTUN_A_TUNNEL_REMOTE4, Remote);
    message.bitfield(RTUN_A_TUNNEL_FLAGS, RTUN_TUNNEL_F_DIE_WITH_OWNER, 3);
    message.u32(RTUN_A_TUNNEL_FWMARK, 1).u32(RTUN_A_TUNNEL_OIF, 2).u8(RTUN_A_TUNNEL_TTL, 3);
    message.u8(RTUN_A_TUNNEL_TOS, 4).u8(RTUN_A_TUNNEL_DF, RTUN_DF_INHERIT);
    message.u32(RTUN_A_TUNNEL_PMTU, 1500).u32(RTUN_A_TUNNEL_SESSIONS, 2);
    const std::array<std::uint8_t, 2> blob = {7, 8};
    message.bytes(RTUN_A_TUNNEL_BLOB, blob).end().u32(RTUN_A_GENERATION, 99);
    const Datagram datagram = received(message);
    const auto tunnel = parse_tunnel(datagram.messages[0]);
    ASSERT_TRUE(tunnel.has_value());
    EXPECT_EQ(tunnel->id, TunnelId{3});
    EXPECT_EQ(tunnel->owner, "rtun");
    EXPECT_EQ(tunnel->xport, "pptp");
    EXPECT_EQ(tunnel->spec.local, Local);
    EXPECT_EQ(tunnel->spec.remote, Remote);
    EXPECT_EQ(tunnel->spec.lifetime, Lifetime::DiesWithOwner);
    EXPECT_FALSE(tunnel->spec.flags.tos_inherit);
    EXPECT_EQ(tunnel->spec.fwmark, 1u);
    EXPECT_EQ(tunnel->spec.oif, 2u);
    EXPECT_EQ(tunnel->spec.ttl, 3);
    EXPECT_EQ(tunnel->spec.tos, 4);
    EXPECT_EQ(tunnel->spec.df, Df::Inherit);
    EXPECT_EQ(tunnel->pmtu, 1500u);
    EXPECT_EQ(tunnel->sessions, 2u);
    EXPECT_EQ(tunnel->spec.blob, base::Bytes({7, 8}));
    EXPECT_EQ(parse_generation(datagram.messages[0]), 99u);
}

Message session_answer(rtun_cmd command) {
    Message message = answer(command);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 5).u32(RTUN_A_SESSION_TUNNEL_ID, 3);
    message.u32(RTUN_A_SESSION_LOCAL_ID, 41207).u32(RTUN_A_SESSION_PEER_ID, 7);
    message.bitfield(RTUN_A_SESSION_FLAGS, RTUN_SESSION_F_PFC_TX, 15);
    message.bitfield(RTUN_A_SESSION_NP, RTUN_NP_IPV4, 3);
    message.u32(RTUN_A_SESSION_REORDER_SLOTS, 256).u32(RTUN_A_SESSION_REORDER_TIMEOUT, 50);
    message.u32(RTUN_A_SESSION_PEER_WINDOW, 16).u32(RTUN_A_SESSION_ACK_DELAY, 100);
    message.u32(RTUN_A_SESSION_IFINDEX, 12);
    message.u32(RTUN_A_SESSION_NETNSID, 4).begin(RTUN_A_SESSION_STATS);
    u64(message, RTUN_A_STATS_RX_PACKETS, 1);
    u64(message, RTUN_A_STATS_RX_BYTES, 2);
    u64(message, RTUN_A_STATS_TX_PACKETS, 3);
    u64(message, RTUN_A_STATS_TX_BYTES, std::uint64_t{1} << 40);
    u64(message, RTUN_A_STATS_RX_CONTROL, 5);
    u64(message, RTUN_A_STATS_TX_CONTROL, 6);
    u64(message, RTUN_A_STATS_RX_ACKS, 7);
    u64(message, RTUN_A_STATS_TX_ACKS, 8);
    u64(message, RTUN_A_STATS_RX_ECHO, 9);
    u64(message, RTUN_A_STATS_RX_BUFFERED, 10);
    u64(message, RTUN_A_STATS_RX_LOST, 11);
    u64(message, RTUN_A_STATS_RX_RESYNC, 12);
    message.begin(RTUN_A_STATS_DROPS);
    u64(message, RTUN_DROP_SEQ_DUP, 13);
    message.flag(RTUN_DROP_UNSPEC);  // padding, as nla_put_u64_64bit() does on some machines
    u64(message, RTUN_DROP_NO_DEVICE, 0);
    u64(message, RTUN_DROP_TX_ERROR, 14);
    u64(message, RTUN_DROP_MAX + 5, 15);
    message.end().end().end();
    return message;
}

TEST(Answer, of_a_session_is_read_whole) {
    const Datagram datagram = received(session_answer(RTUN_CMD_SESSION_NEW));
    const auto session = parse_session(datagram.messages[0]);
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(session->id, SessionId{5});
    EXPECT_EQ(session->tunnel, TunnelId{3});
    EXPECT_EQ(session->local_id, 41207u);
    EXPECT_EQ(session->peer_id, 7u);
    EXPECT_EQ(session->flags, (PppFlags{.pfc_tx = true}));
    EXPECT_EQ(session->np, (NetworkProtocols{.ipv4 = true}));
    EXPECT_EQ(session->reorder_slots, 256u);
    EXPECT_EQ(session->reorder_timeout, 50u);
    EXPECT_EQ(session->peer_window, 16u);
    EXPECT_EQ(session->ack_delay, 100u);
    EXPECT_EQ(session->device, LinkIndex{12});
    EXPECT_EQ(session->netnsid, 4);
    const Stats &stats = session->stats;
    EXPECT_EQ(stats.rx_packets, 1u);
    EXPECT_EQ(stats.rx_bytes, 2u);
    EXPECT_EQ(stats.tx_packets, 3u);
    EXPECT_EQ(stats.tx_bytes, std::uint64_t{1} << 40);
    EXPECT_EQ(stats.rx_control, 5u);
    EXPECT_EQ(stats.tx_control, 6u);
    EXPECT_EQ(stats.rx_acks, 7u);
    EXPECT_EQ(stats.tx_acks, 8u);
    EXPECT_EQ(stats.rx_echo, 9u);
    EXPECT_EQ(stats.rx_buffered, 10u);
    EXPECT_EQ(stats.rx_lost, 11u);
    EXPECT_EQ(stats.rx_resync, 12u);
    // Zeros are left out, what a newer module counts has its number for a name.
    EXPECT_THAT(stats.drops, testing::ElementsAre(
                                 testing::Pair(std::to_string(RTUN_DROP_MAX + 5), 15u),
                                 testing::Pair("seq_dup", 13u), testing::Pair("tx_error", 14u)));
}

TEST(Answer, of_an_l2tp_tunnel_is_read_whole) {
    Message message = answer(RTUN_CMD_TUNNEL_NEW);
    const base::Ipv6 local = *base::Ipv6::parse("2001:db8::1");
    const base::Ipv6 remote = *base::Ipv6::parse("2001:db8::2");
    message.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, 3);
    message.u8(RTUN_A_TUNNEL_XPORT, RTUN_XPORT_L2TPV3_UDP);
    message.bytes(RTUN_A_TUNNEL_LOCAL6, local.octets).bytes(RTUN_A_TUNNEL_REMOTE6, remote.octets);
    message.bitfield(RTUN_A_TUNNEL_FLAGS, RTUN_TUNNEL_F_PEER_FLOAT | RTUN_TUNNEL_F_ZERO_CSUM_TX,
                     0x3f);
    message.u32(RTUN_A_TUNNEL_LOCAL_PORT, 5000).u32(RTUN_A_TUNNEL_PEER_PORT, 5001);
    message.u32(RTUN_A_TUNNEL_LOCAL_ID, 10).u32(RTUN_A_TUNNEL_PEER_ID, 20).end();
    const Datagram datagram = received(message);
    const auto tunnel = parse_tunnel(datagram.messages[0]);
    ASSERT_TRUE(tunnel.has_value());
    EXPECT_EQ(tunnel->owner, "");
    EXPECT_EQ(tunnel->xport, "l2tpv3-udp");
    EXPECT_EQ(tunnel->spec.xport, Xport::L2tpv3Udp);
    EXPECT_EQ(tunnel->spec.local, local);
    EXPECT_EQ(tunnel->spec.remote, remote);
    EXPECT_EQ(tunnel->spec.flags, (TunnelFlags{.zero_csum_tx = true, .peer_float = true}));
    EXPECT_EQ(tunnel->spec.local_port, 5000);
    EXPECT_EQ(tunnel->spec.peer_port, 5001);
    EXPECT_EQ(tunnel->spec.local_id, 10u);
    EXPECT_EQ(tunnel->spec.peer_id, 20u);
}

TEST(Answer, of_every_transport_has_its_name) {
    const std::array<std::pair<const char *, Xport>, 7> names{{{"0", Xport::Unknown},
                                                               {"pptp", Xport::Pptp},
                                                               {"l2tpv2", Xport::L2tpv2},
                                                               {"l2tpv3-udp", Xport::L2tpv3Udp},
                                                               {"l2tpv3-ip", Xport::L2tpv3Ip},
                                                               {"mlppp", Xport::Mlppp},
                                                               {"6", Xport::Unknown}}};
    for (std::size_t number = 0; number < names.size(); number++) {
        Message message = answer(RTUN_CMD_TUNNEL_NEW);
        message.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, 3);
        message.u8(RTUN_A_TUNNEL_XPORT, static_cast<std::uint8_t>(number)).end();
        const Datagram datagram = received(message);
        EXPECT_EQ(parse_tunnel(datagram.messages[0])->xport, names[number].first);
        EXPECT_EQ(parse_tunnel(datagram.messages[0])->spec.xport, names[number].second);
    }
}

TEST(Answer, of_a_pseudowire_is_read_whole) {
    Message message = answer(RTUN_CMD_SESSION_NEW);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 5).u32(RTUN_A_SESSION_TUNNEL_ID, 3);
    message.bitfield(RTUN_A_SESSION_FLAGS, RTUN_SESSION_F_SEQ_RX, 0x3f);
    message.u32(RTUN_A_SESSION_PW_TYPE, RTUN_PW_ETH_VLAN).u32(RTUN_A_SESSION_VLAN, 7);
    message.u32(RTUN_A_SESSION_L2SPEC, RTUN_L2SPEC_DEFAULT);
    message.bytes(RTUN_A_SESSION_COOKIE_TX, base::Bytes{1, 2, 3, 4});
    message.bytes(RTUN_A_SESSION_COOKIE_RX, base::Bytes{1, 2, 3, 4, 5, 6, 7, 8});
    message.u32(RTUN_A_SESSION_COOKIE_GRACE, 30000).u32(RTUN_A_SESSION_CIRCUIT, 0);
    message.u32(RTUN_A_SESSION_KEEPALIVE, 1000).u32(RTUN_A_SESSION_DEAD_TIME, 3000);
    message.u32(RTUN_A_SESSION_OVERHEAD, 44).u32(RTUN_A_SESSION_TX_WINDOW, 16);
    message.u32(RTUN_A_SESSION_STATIC_RTT, 1500).u32(RTUN_A_SESSION_RTT, 12345);
    message.u32(RTUN_A_SESSION_DISORDER, RTUN_DISORDER_SWAP).u32(RTUN_A_SESSION_DISORDER_RATE, 7);
    message.u32(RTUN_A_SESSION_CONGESTED, 1).begin(RTUN_A_SESSION_STATS);
    u64(message, RTUN_A_STATS_RX_KEEPALIVE, 1);
    u64(message, RTUN_A_STATS_TX_KEEPALIVE, 2);
    u64(message, RTUN_A_STATS_TX_ALARMS, 3);
    u64(message, RTUN_A_STATS_TX_HELD, 4);
    message.end().end();
    const Datagram datagram = received(message);
    const auto session = parse_session(datagram.messages[0]);
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(session->flags, PppFlags{});
    EXPECT_EQ(session->sequence, (SequenceFlags{.send = false, .receive = true}));
    EXPECT_EQ(session->pw_type, PwType::EthernetVlan);
    EXPECT_EQ(session->vlan, 7);
    EXPECT_EQ(session->l2spec, L2Spec::Default);
    EXPECT_EQ(session->cookie_tx, (base::Bytes{1, 2, 3, 4}));
    EXPECT_EQ(session->cookie_rx.size(), 8u);
    EXPECT_EQ(session->cookie_grace, 30000u);
    EXPECT_FALSE(session->circuit_up);
    EXPECT_EQ(session->keepalive, 1000u);
    EXPECT_EQ(session->dead_time, 3000u);
    EXPECT_EQ(session->overhead, 44u);
    EXPECT_EQ(session->tx_window, 16u);
    EXPECT_EQ(session->static_rtt, 1500u);
    EXPECT_EQ(session->rtt, 12345u);
    EXPECT_TRUE(session->congested);
    EXPECT_EQ(session->stats.rx_keepalive, 1u);
    EXPECT_EQ(session->stats.tx_keepalive, 2u);
    EXPECT_EQ(session->stats.tx_alarms, 3u);
    EXPECT_EQ(session->disorder, 1u);
    EXPECT_EQ(session->disorder_rate, 7u);
    EXPECT_EQ(session->stats.tx_held, 4u);
}

TEST(Answer, of_a_session_without_peer_id_and_device_has_neither) {
    Message message = answer(RTUN_CMD_SESSION_NEW);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 5).end();
    const Datagram datagram = received(message);
    const auto session = parse_session(datagram.messages[0]);
    ASSERT_TRUE(session.has_value());
    EXPECT_FALSE(session->peer_id.has_value());
    EXPECT_FALSE(session->device.has_value());
    EXPECT_FALSE(session->netnsid.has_value());
}

TEST(Answer, without_an_id_is_refused) {
    Message message = answer(RTUN_CMD_SESSION_NEW);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_LOCAL_ID, 5).end();
    const Datagram datagram = received(message);
    EXPECT_FALSE(parse_session(datagram.messages[0]).has_value());
    EXPECT_FALSE(parse_tunnel(datagram.messages[0]).has_value());
    EXPECT_FALSE(parse_info(datagram.messages[0]).has_value());
}

TEST(Answer, with_a_number_of_the_wrong_size_is_refused) {
    Message message = answer(RTUN_CMD_SESSION_NEW);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 5).u8(RTUN_A_SESSION_LOCAL_ID, 1).end();
    const Datagram datagram = received(message);
    EXPECT_FALSE(parse_session(datagram.messages[0]).has_value());
}

TEST(Answer, of_information_counts_what_nobody_was_charged_with) {
    Message message = answer(RTUN_CMD_INFO_GET);
    message.begin(RTUN_A_INFO).text(RTUN_A_INFO_VERSION, "0.1.0");
    message.u32(RTUN_A_INFO_GENERATION, 8).u32(RTUN_A_INFO_TUNNELS, 1);
    message.u32(RTUN_A_INFO_SESSIONS, 2).begin(RTUN_A_INFO_STATS).begin(RTUN_A_STATS_DROPS);
    u64(message, RTUN_DROP_NO_SESSION, 3);
    message.end().end().end();
    const Datagram datagram = received(message);
    const auto info = parse_info(datagram.messages[0]);
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->version, "0.1.0");
    EXPECT_EQ(info->generation, 8u);
    EXPECT_EQ(info->tunnels, 1u);
    EXPECT_EQ(info->sessions, 2u);
    EXPECT_EQ(info->stats.drops.at("no_session"), 3u);
}

template <typename T>
T event_of(const Message &message) {
    const Datagram datagram = received(message);
    auto event = parse_event(datagram.messages[0]);
    EXPECT_TRUE(event.has_value() && event->has_value());
    EXPECT_TRUE(std::holds_alternative<T>(**event));
    return std::get<T>(**event);
}

TEST(Notification, of_a_frame_brings_its_bytes_and_what_was_lost_before) {
    Message message = answer(RTUN_CMD_FRAME);
    const std::array<std::uint8_t, 4> data = {0xc0, 0x21, 1, 2};
    message.begin(RTUN_A_FRAME).u32(RTUN_A_FRAME_SESSION_ID, 5).bytes(RTUN_A_FRAME_DATA, data);
    message.u32(RTUN_A_FRAME_OVERRUN, 3).end();
    const auto frame = event_of<Frame>(message);
    EXPECT_EQ(frame.session, SessionId{5});
    EXPECT_EQ(frame.data, base::Bytes(data.begin(), data.end()));
    EXPECT_EQ(frame.overrun, 3u);
}

TEST(Notification, of_a_deletion_says_why) {
    Message tunnel = answer(RTUN_CMD_TUNNEL_DEL);
    tunnel.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, 3).end().u32(RTUN_A_REASON, RTUN_DEL_OWNER);
    EXPECT_EQ(event_of<TunnelGone>(tunnel).id, TunnelId{3});
    EXPECT_EQ(event_of<TunnelGone>(tunnel).reason, "owner");
    Message session = answer(RTUN_CMD_SESSION_DEL);
    session.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 5).u32(RTUN_A_SESSION_TUNNEL_ID, 3);
    session.end().u32(RTUN_A_REASON, RTUN_DEL_TUNNEL);
    EXPECT_EQ(event_of<SessionGone>(session).id, SessionId{5});
    EXPECT_EQ(event_of<SessionGone>(session).tunnel, TunnelId{3});
    EXPECT_EQ(event_of<SessionGone>(session).reason, "tunnel");
}

TEST(Notification, of_a_change_tells_whether_it_is_new) {
    EXPECT_TRUE(event_of<SessionChanged>(session_answer(RTUN_CMD_SESSION_NEW)).created);
    EXPECT_FALSE(event_of<SessionChanged>(session_answer(RTUN_CMD_SESSION_SET)).created);
    Message tunnel = answer(RTUN_CMD_TUNNEL_SET);
    tunnel.begin(RTUN_A_TUNNEL).u32(RTUN_A_TUNNEL_ID, 3).end();
    EXPECT_FALSE(event_of<TunnelChanged>(tunnel).created);
}

TEST(Notification, of_an_event_has_its_name_and_what_it_is_about) {
    Message message = answer(RTUN_CMD_EVENT);
    message.begin(RTUN_A_EVENT).u32(RTUN_A_EVENT_TYPE, RTUN_EVENT_PMTU);
    message.u32(RTUN_A_EVENT_TUNNEL_ID, 3).u32(RTUN_A_EVENT_VALUE, 1400).end();
    const auto notice = event_of<Notice>(message);
    EXPECT_EQ(notice.type, "pmtu");
    EXPECT_EQ(notice.tunnel, TunnelId{3});
    EXPECT_FALSE(notice.session.has_value());
    EXPECT_EQ(notice.value, 1400u);
    Message gone = answer(RTUN_CMD_EVENT);
    gone.begin(RTUN_A_EVENT).u32(RTUN_A_EVENT_TYPE, RTUN_EVENT_OWNER_GONE);
    gone.text(RTUN_A_EVENT_NAME, "rtun").end();
    EXPECT_EQ(event_of<Notice>(gone).name, "rtun");
}

TEST(Notification, of_every_event_has_its_name) {
    const std::array names{"owner_gone", "pmtu",        "resync",     "ctrl_overrun",
                           "carrier",    "peer_addr",   "peer_alive", "alarm",
                           "demand",     "link_joined", "link_left",  "mp_loss"};
    ASSERT_EQ(names.size(), std::size_t{RTUN_EVENT_MAX});
    for (std::uint32_t type = 1; type <= RTUN_EVENT_MAX; type++) {
        Message message = answer(RTUN_CMD_EVENT);
        message.begin(RTUN_A_EVENT).u32(RTUN_A_EVENT_TYPE, type).end();
        EXPECT_EQ(event_of<Notice>(message).type, names[type - 1]);
    }
}

TEST(Notification, of_a_peer_that_moved_says_where_it_is) {
    Message message = answer(RTUN_CMD_EVENT);
    message.begin(RTUN_A_EVENT).u32(RTUN_A_EVENT_TYPE, RTUN_EVENT_PEER_ADDR);
    message.u32(RTUN_A_EVENT_TUNNEL_ID, 3).be32(RTUN_A_EVENT_ADDR4, Remote);
    message.u32(RTUN_A_EVENT_PORT, 4444).end();
    EXPECT_EQ(event_of<Notice>(message).address, Remote);
    EXPECT_EQ(event_of<Notice>(message).port, 4444u);
    Message six = answer(RTUN_CMD_EVENT);
    six.begin(RTUN_A_EVENT).u32(RTUN_A_EVENT_TYPE, RTUN_EVENT_PEER_ADDR);
    six.bytes(RTUN_A_EVENT_ADDR6, base::Ipv6::parse("2001:db8::9")->octets).end();
    EXPECT_EQ(event_of<Notice>(six).address.text(), "2001:db8::9");
    EXPECT_FALSE(event_of<Notice>(six).port.has_value());
}

TEST(Notification, of_an_unknown_command_is_passed_over) {
    const Datagram datagram = received(genl_message(Id, RTUN_CMD_MAX + 1, RTUN_GENL_VERSION));
    const auto event = parse_event(datagram.messages[0]);
    ASSERT_TRUE(event.has_value());
    EXPECT_FALSE(event->has_value());
}

TEST(Notification, without_its_nest_is_refused) {
    for (const rtun_cmd command : {RTUN_CMD_FRAME, RTUN_CMD_TUNNEL_DEL, RTUN_CMD_SESSION_NEW,
                                   RTUN_CMD_SESSION_DEL, RTUN_CMD_EVENT}) {
        const Datagram datagram = received(answer(command));
        EXPECT_FALSE(parse_event(datagram.messages[0]).has_value()) << command;
    }
}

TEST(AttributeName, is_told_for_every_attribute_we_send) {
    using Path = std::vector<std::uint16_t>;
    EXPECT_EQ(attribute_name(Path{}), "");
    EXPECT_EQ(attribute_name(Path{RTUN_A_TUNNEL}), "tunnel");
    EXPECT_EQ(attribute_name(Path{RTUN_A_TUNNEL, RTUN_A_TUNNEL_BLOB}), "tunnel.blob");
    EXPECT_EQ(attribute_name(Path{RTUN_A_TUNNEL, RTUN_A_TUNNEL_REMOTE4}), "tunnel.remote4");
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, RTUN_A_SESSION_STATS}), "session.stats");
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, RTUN_A_SESSION_NP}), "session.np");
    EXPECT_EQ(attribute_name(Path{RTUN_A_TUNNEL, RTUN_A_TUNNEL_PEER_ID}), "tunnel.peer-id");
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, RTUN_A_SESSION_CONGESTED}), "session.congested");
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, RTUN_A_SESSION_COOKIE_RX}), "session.cookie-rx");
    EXPECT_EQ(attribute_name(Path{RTUN_A_FRAME, RTUN_A_FRAME_DATA}), "frame.data");
    EXPECT_EQ(attribute_name(Path{RTUN_A_CAPTURE, RTUN_A_CAPTURE_DATA}), "capture.data");
    EXPECT_EQ(attribute_name(Path{RTUN_A_OWNER, RTUN_A_OWNER_NAME}), "owner.name");
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, 200}), "session.200");
    EXPECT_EQ(attribute_name(Path{200, 1}), "200.1");
}

// The lists of names are in the order of the enumerations; were one shorter or shifted, two drop
// reasons would share a name or the last would have none.
TEST(DropName, is_one_for_every_reason) {
    std::set<std::string> names;
    for (int reason = 1; reason <= RTUN_DROP_MAX; reason++) {
        Message message = answer(RTUN_CMD_SESSION_NEW);
        message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 1).begin(RTUN_A_SESSION_STATS);
        message.begin(RTUN_A_STATS_DROPS);
        u64(message, static_cast<std::uint16_t>(reason), 1);
        message.end().end().end();
        const Datagram datagram = received(message);
        const auto session = parse_session(datagram.messages[0]);
        ASSERT_TRUE(session.has_value());
        ASSERT_EQ(session->stats.drops.size(), 1u);
        names.insert(session->stats.drops.begin()->first);
    }
    EXPECT_EQ(names.size(), std::size_t{RTUN_DROP_MAX});
    for (const std::string &name : names)
        EXPECT_TRUE(name[0] >= 'a' && name[0] <= 'z') << name;
    EXPECT_TRUE(names.contains("tx_error"));
}

}  // namespace
}  // namespace rtun::netlink
