// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bundles and their links in the messages of uapi/linux/rtun.h, and in a kernel in memory.
#include <netlink/codec.h>
#include <netlink/genl.h>
#include <netlink/multilink.h>
#include <tests/fake/fake_kernel.h>
#include <tests/netlink/received.h>

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/rtun.h>

namespace rtun::netlink {
namespace {

constexpr std::uint16_t Id = 30;

TEST(MultilinkRequest, of_a_tunnel_has_nothing_of_an_outer_packet) {
    const Datagram datagram =
        received(build_tunnel_new(Id, TunnelSpec{.xport = Xport::Mlppp}).value());
    const Attributes tunnel = datagram.messages[0].attributes(GenlHeader).nest(RTUN_A_TUNNEL);
    EXPECT_EQ(tunnel.u8(RTUN_A_TUNNEL_XPORT), std::uint8_t{RTUN_XPORT_MLPPP});
    EXPECT_EQ(tunnel.all().size(), 2U);  // and the flags
}

TEST(MultilinkRequest, of_a_bundles_birth_carries_what_it_is) {
    SessionChange change;
    change.multilink = MultilinkSpec{.mrru = 1600,
                                     .peer_mrru = 1614,
                                     .short_rx = true,
                                     .short_tx = false,
                                     .classes_rx = 4,
                                     .classes_tx = 0};
    change.mp_mode = MpMode::Balance;
    const Datagram datagram = received(build_session_new(Id, TunnelId{5}, 0, change).value());
    const Attributes session = datagram.messages[0].attributes(GenlHeader).nest(RTUN_A_SESSION);
    EXPECT_FALSE(session.has(RTUN_A_SESSION_LOCAL_ID));
    EXPECT_EQ(session.u32(RTUN_A_SESSION_MRRU), 1600U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_PEER_MRRU), 1614U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_MP_CLASSES_RX), 4U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_MP_CLASSES_TX), 0U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_MP_MODE), std::uint32_t{RTUN_MP_MODE_BALANCE});
    const auto *flags =
        reinterpret_cast<const nla_bitfield32 *>(session.bytes(RTUN_A_SESSION_FLAGS)->data());
    EXPECT_EQ(flags->value, std::uint32_t{RTUN_SESSION_F_MP_SHORT_RX});
    EXPECT_EQ(flags->selector,
              std::uint32_t{RTUN_SESSION_F_MP_SHORT_RX | RTUN_SESSION_F_MP_SHORT_TX});
}

TEST(MultilinkRequest, of_a_change_carries_only_what_changes) {
    SessionChange change;
    change.bundle = SessionId{7};
    change.link_rate = 20000;
    change.link_latency = 5000;
    change.link_mtu = 1450;
    const Datagram datagram = received(build_session_set(Id, SessionId{5}, change).value());
    const Attributes session = datagram.messages[0].attributes(GenlHeader).nest(RTUN_A_SESSION);
    EXPECT_EQ(session.all().size(), 5U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_BUNDLE), 7U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_LINK_RATE), 20000U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_LINK_LATENCY), 5000U);
    EXPECT_EQ(session.u32(RTUN_A_SESSION_LINK_MTU), 1450U);

    change = {};
    change.mp_min_fragment = 256;
    change.mp_loss_time = 200;
    change.mp_memory = 4096;
    change.mp_idle = 50;
    change.mp_probe = 100;
    const Datagram bundle = received(build_session_set(Id, SessionId{5}, change).value());
    const Attributes options = bundle.messages[0].attributes(GenlHeader).nest(RTUN_A_SESSION);
    EXPECT_EQ(options.all().size(), 6U);
    EXPECT_EQ(options.u32(RTUN_A_SESSION_MP_PROBE), 100U);
    EXPECT_EQ(options.u32(RTUN_A_SESSION_MP_MIN_FRAGMENT), 256U);
    EXPECT_EQ(options.u32(RTUN_A_SESSION_MP_LOSS_TIME), 200U);
    EXPECT_EQ(options.u32(RTUN_A_SESSION_MP_MEMORY), 4096U);
    EXPECT_EQ(options.u32(RTUN_A_SESSION_MP_IDLE), 50U);
}

Message &u64(Message &message, std::uint16_t attribute, std::uint64_t value) {
    return message.bytes(attribute, bytes_of(value));
}

Message session_message() {
    Message message =
        genl_message(Id, static_cast<std::uint8_t>(RTUN_CMD_SESSION_NEW), RTUN_GENL_VERSION);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 7).u32(RTUN_A_SESSION_TUNNEL_ID, 3);
    return message;
}

TEST(MultilinkAnswer, of_a_bundle_is_read_whole) {
    Message message = session_message();
    message.bitfield(RTUN_A_SESSION_FLAGS, RTUN_SESSION_F_MP_SHORT_TX, 0x1ff);
    message.u32(RTUN_A_SESSION_MRRU, 1600).u32(RTUN_A_SESSION_PEER_MRRU, 1614);
    message.u32(RTUN_A_SESSION_MP_CLASSES_RX, 0).u32(RTUN_A_SESSION_MP_CLASSES_TX, 2);
    message.u32(RTUN_A_SESSION_MP_MODE, RTUN_MP_MODE_ROUND_ROBIN);
    message.u32(RTUN_A_SESSION_MP_MIN_FRAGMENT, 128).u32(RTUN_A_SESSION_MP_LOSS_TIME, 100);
    message.u32(RTUN_A_SESSION_MP_MEMORY, 1048576).u32(RTUN_A_SESSION_MP_IDLE, 20);
    message.u32(RTUN_A_SESSION_MP_PROBE, 90);
    message.u32(RTUN_A_SESSION_LINKS, 2);
    for (const std::uint32_t index : {0U, 1U}) {
        message.begin(RTUN_A_SESSION_MP_CLASS).u32(RTUN_A_MP_CLASS_INDEX, index);
        u64(message, RTUN_A_MP_CLASS_RX_PACKETS, 10 + index);
        u64(message, RTUN_A_MP_CLASS_RX_LOST, 1);
        message.u32(RTUN_A_MP_CLASS_RX_HELD, 2304);
        u64(message, RTUN_A_MP_CLASS_TX_PACKETS, 20);
        message.end();
    }
    message.begin(RTUN_A_SESSION_STATS);
    u64(message, RTUN_A_STATS_RX_FRAGMENTS, 1);
    u64(message, RTUN_A_STATS_RX_FRAGMENT_BYTES, 2);
    u64(message, RTUN_A_STATS_TX_FRAGMENTS, 3);
    u64(message, RTUN_A_STATS_TX_FRAGMENT_BYTES, 4);
    u64(message, RTUN_A_STATS_RX_NULL_FRAGMENTS, 5);
    u64(message, RTUN_A_STATS_TX_NULL_FRAGMENTS, 6);
    message.end().end();
    const Datagram datagram = received(message);
    const auto session = parse_session(datagram.messages[0]);
    ASSERT_TRUE(session && session->multilink);
    const Bundle &bundle = *session->multilink;
    EXPECT_EQ(bundle.spec, (MultilinkSpec{.mrru = 1600,
                                          .peer_mrru = 1614,
                                          .short_rx = false,
                                          .short_tx = true,
                                          .classes_rx = 0,
                                          .classes_tx = 2}));
    EXPECT_EQ(bundle.mode, MpMode::RoundRobin);
    EXPECT_EQ(name(bundle.mode), "round-robin");
    EXPECT_EQ(bundle.min_fragment, 128U);
    EXPECT_EQ(bundle.loss_time, 100U);
    EXPECT_EQ(bundle.memory, 1048576U);
    EXPECT_EQ(bundle.idle, 20U);
    EXPECT_EQ(bundle.probe, 90U);
    EXPECT_EQ(bundle.links, 2U);
    ASSERT_EQ(bundle.classes.size(), 2U);
    EXPECT_EQ(
        bundle.classes[1],
        (MpClass{.index = 1, .rx_packets = 11, .rx_lost = 1, .rx_held = 2304, .tx_packets = 20}));
    EXPECT_EQ(session->stats.rx_fragments, 1U);
    EXPECT_EQ(session->stats.rx_fragment_bytes, 2U);
    EXPECT_EQ(session->stats.tx_fragments, 3U);
    EXPECT_EQ(session->stats.tx_fragment_bytes, 4U);
    EXPECT_EQ(session->stats.rx_null_fragments, 5U);
    EXPECT_EQ(session->stats.tx_null_fragments, 6U);
    EXPECT_FALSE(session->bundle);
}

TEST(MultilinkAnswer, of_a_link_says_whose_it_is) {
    Message message = session_message();
    message.u32(RTUN_A_SESSION_BUNDLE, 9).u32(RTUN_A_SESSION_LINK_RATE, 20000);
    message.u32(RTUN_A_SESSION_LINK_LATENCY, 5000).u32(RTUN_A_SESSION_LINK_MTU, 1450).end();
    const Datagram datagram = received(message);
    const auto session = parse_session(datagram.messages[0]);
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(session->bundle, SessionId{9});
    EXPECT_EQ(session->link_rate, 20000U);
    EXPECT_EQ(session->link_latency, 5000U);
    EXPECT_EQ(session->link_mtu, 1450U);
    EXPECT_FALSE(session->multilink);
}

TEST(MultilinkAnswer, with_a_class_of_the_wrong_size_is_refused) {
    Message message = session_message();
    message.u32(RTUN_A_SESSION_MRRU, 1500).begin(RTUN_A_SESSION_MP_CLASS);
    message.u8(RTUN_A_MP_CLASS_INDEX, 0).end().end();
    const Datagram datagram = received(message);
    EXPECT_FALSE(parse_session(datagram.messages[0]));
}

TEST(MultilinkWords, are_those_of_the_modes) {
    EXPECT_EQ(name(MpMode::Whole), "whole");
    EXPECT_EQ(name(MpMode::Balance), "balance");
    EXPECT_EQ(name(MpMode{9}), "?");
}

// Two hosts, a bundle of one link each.
struct Bundles {
    Bundles() {
        fake::FakeKernel::connect(a, b);
        const base::Ipv4 left{0xc0000201};
        const base::Ipv4 right{0xc0000202};
        bundle_a = make(a, left, right, 1, 2, link_a);
        bundle_b = make(b, right, left, 2, 1, link_b);
    }
    static SessionId make(fake::FakeKernel &kernel, base::Ipv4 own, base::Ipv4 peer,
                          std::uint32_t own_call, std::uint32_t peer_call, SessionId &link) {
        EXPECT_TRUE(kernel.bind_owner("test"));
        const TunnelId tunnel = kernel.tunnel_add({.local = own, .remote = peer}).value();
        link = kernel.session_add(tunnel, own_call, {.peer_id = peer_call}).value().id;
        const TunnelId multilink = kernel.tunnel_add({.xport = Xport::Mlppp}).value();
        SessionChange what;
        what.multilink = MultilinkSpec{};
        return kernel.session_add(multilink, 0, what).value().id;
    }
    fake::FakeKernel a, b;
    SessionId link_a{}, link_b{}, bundle_a{}, bundle_b{};
};

TEST(FakeBundle, carries_frames_once_it_has_links) {
    Bundles bundles;
    const base::Bytes frame{0x80, 0x21, 1, 1, 0, 4};
    EXPECT_TRUE(bundles.a.frame_send(bundles.bundle_a, frame));
    EXPECT_TRUE(bundles.b.events().value().empty());
    EXPECT_TRUE(bundles.a.session_set(bundles.link_a, {.bundle = bundles.bundle_a}));
    EXPECT_TRUE(bundles.b.session_set(bundles.link_b, {.bundle = bundles.bundle_b}));
    EXPECT_EQ(bundles.a.session(bundles.bundle_a)->multilink->links, 1U);
    EXPECT_TRUE(bundles.a.frame_send(bundles.bundle_a, frame));
    const auto events = bundles.b.events().value();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(std::get<Frame>(events[0]).session, bundles.bundle_b);
}

TEST(FakeBundle, loses_a_link_that_is_deleted_and_leaves_its_links_when_it_is) {
    Bundles bundles;
    EXPECT_TRUE(bundles.a.session_set(bundles.link_a, {.bundle = bundles.bundle_a}));
    EXPECT_TRUE(bundles.a.session_del(bundles.link_a));
    EXPECT_EQ(bundles.a.session(bundles.bundle_a)->multilink->links, 0U);
    EXPECT_TRUE(bundles.b.session_set(bundles.link_b, {.bundle = bundles.bundle_b}));
    EXPECT_TRUE(bundles.b.session_del(bundles.bundle_b));
    EXPECT_FALSE(bundles.b.session(bundles.link_b)->bundle);
}

TEST(FakeBundle, refuses_what_the_kernel_refuses) {
    Bundles bundles;
    EXPECT_FALSE(bundles.a.session_set(bundles.link_a, {.bundle = bundles.link_a}));
    EXPECT_FALSE(bundles.a.session_set(bundles.bundle_a, {.bundle = bundles.bundle_a}));
    EXPECT_FALSE(bundles.a.tunnel_add({.xport = Xport::Mlppp, .remote = base::Ipv4{1}}));
    SessionChange mode;
    mode.mp_mode = MpMode::Balance;
    EXPECT_FALSE(bundles.a.session_set(bundles.link_a, mode));
}

}  // namespace
}  // namespace rtun::netlink
