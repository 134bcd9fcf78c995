// SPDX-License-Identifier: GPL-2.0-or-later
//
// MPPE of a session in the messages of uapi/linux/rtun.h, and in words.
#include <netlink/codec.h>
#include <netlink/genl.h>
#include <netlink/mppe.h>
#include <tests/netlink/received.h>

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/rtun.h>

namespace rtun::netlink {
namespace {

constexpr std::uint16_t Id = 30;
constexpr MppeMode Stateless128{.bits = 128};
constexpr MppeMode Stateful40{.bits = 40, .stateful = true, .rekey_on_flush = true};

base::Secret key_of(std::size_t octets) { return base::Secret(base::Bytes(octets, 0xab)); }

TEST(MppeRequest, carries_a_nest_a_direction_and_the_flag) {
    SessionChange change;
    change.mppe_required = true;
    change.mppe_tx = Mppe{Stateless128, key_of(16)};
    change.mppe_rx = Mppe{Stateful40, key_of(8)};
    const Datagram datagram = received(build_session_set(Id, SessionId{5}, change).value());
    const Attributes session = datagram.messages[0].attributes(GenlHeader).nest(RTUN_A_SESSION);
    EXPECT_EQ(session.all().size(), 4U);
    const auto *flags =
        reinterpret_cast<const nla_bitfield32 *>(session.bytes(RTUN_A_SESSION_FLAGS)->data());
    EXPECT_EQ(flags->value, std::uint32_t{RTUN_SESSION_F_MPPE_REQUIRED});
    EXPECT_EQ(flags->selector, std::uint32_t{RTUN_SESSION_F_MPPE_REQUIRED});

    const Attributes tx = session.nest(RTUN_A_SESSION_MPPE_TX);
    EXPECT_EQ(tx.all().size(), 3U);
    EXPECT_EQ(tx.u32(RTUN_A_MPPE_BITS), 128U);
    EXPECT_EQ(tx.bitfield(RTUN_A_MPPE_FLAGS), 0U);
    EXPECT_TRUE(key_of(16).same_as(*tx.bytes(RTUN_A_MPPE_KEY)));
    const Attributes rx = session.nest(RTUN_A_SESSION_MPPE_RX);
    EXPECT_EQ(rx.u32(RTUN_A_MPPE_BITS), 40U);
    EXPECT_EQ(rx.bitfield(RTUN_A_MPPE_FLAGS),
              std::uint32_t{RTUN_MPPE_F_STATEFUL | RTUN_MPPE_F_REKEY_ON_FLUSH});
    EXPECT_TRUE(key_of(8).same_as(*rx.bytes(RTUN_A_MPPE_KEY)));
}

TEST(OffloadRequest, says_yes_or_no_and_leaves_the_other_flags) {
    for (const bool yes : {true, false}) {
        SessionChange change;
        change.peer_offload = yes;
        const Datagram datagram = received(build_session_set(Id, SessionId{5}, change).value());
        const Attributes session = datagram.messages[0].attributes(GenlHeader).nest(RTUN_A_SESSION);
        const auto *flags =
            reinterpret_cast<const nla_bitfield32 *>(session.bytes(RTUN_A_SESSION_FLAGS)->data());
        EXPECT_EQ(flags->value, yes ? std::uint32_t{RTUN_SESSION_F_PEER_OFFLOAD} : 0U);
        EXPECT_EQ(flags->selector, std::uint32_t{RTUN_SESSION_F_PEER_OFFLOAD});
    }
}

TEST(MppeRequest, to_end_it_carries_nothing_else) {
    SessionChange change;
    change.mppe_tx = Mppe{};
    const Datagram datagram = received(build_session_set(Id, SessionId{5}, change).value());
    const Attributes session = datagram.messages[0].attributes(GenlHeader).nest(RTUN_A_SESSION);
    EXPECT_FALSE(session.has(RTUN_A_SESSION_MPPE_RX));
    EXPECT_FALSE(session.has(RTUN_A_SESSION_FLAGS));
    const Attributes tx = session.nest(RTUN_A_SESSION_MPPE_TX);
    EXPECT_EQ(tx.all().size(), 1U);
    EXPECT_EQ(tx.u32(RTUN_A_MPPE_BITS), 0U);
}

TEST(MppeRequest, is_part_of_a_birth_too) {
    SessionChange change;
    change.mppe_required = true;
    change.flags = PppFlags{.pfc_rx = true};
    const Datagram datagram = received(build_session_new(Id, TunnelId{5}, 0, change).value());
    const Attributes session = datagram.messages[0].attributes(GenlHeader).nest(RTUN_A_SESSION);
    EXPECT_EQ(session.bitfield(RTUN_A_SESSION_FLAGS),
              std::uint32_t{RTUN_SESSION_F_MPPE_REQUIRED | RTUN_SESSION_F_PFC_RX});
}

TEST(MppeRequest, with_a_key_of_another_length_is_refused) {
    for (const auto &[bits, octets] : {std::pair(128U, 8U), std::pair(40U, 16U), std::pair(56U, 0U),
                                       std::pair(0U, 8U), std::pair(128U, 0U)}) {
        SessionChange change;
        change.mppe_rx = Mppe{{.bits = bits}, key_of(octets)};
        const auto message = build_session_set(Id, SessionId{5}, change);
        ASSERT_FALSE(message) << bits;
        EXPECT_EQ(message.error().text.find("ab"), std::string::npos);
        EXPECT_FALSE(build_session_new(Id, TunnelId{5}, 0, change)) << bits;
    }
}

Message answer() {
    Message message = genl_message(Id, RTUN_CMD_SESSION_NEW, RTUN_GENL_VERSION);
    message.begin(RTUN_A_SESSION).u32(RTUN_A_SESSION_ID, 5);
    return message;
}

TEST(MppeAnswer, is_read_whole) {
    Message message = answer();
    message.bitfield(RTUN_A_SESSION_FLAGS, RTUN_SESSION_F_MPPE_REQUIRED, 0x7f);
    message.begin(RTUN_A_SESSION_MPPE_TX).u32(RTUN_A_MPPE_BITS, 128);
    message.bitfield(RTUN_A_MPPE_FLAGS, 0, 3).u32(RTUN_A_MPPE_COUNT, 4095);
    message.bytes(RTUN_A_MPPE_KEY_CHANGES, bytes_of(std::uint64_t{1} << 40)).end();
    message.begin(RTUN_A_SESSION_MPPE_RX).u32(RTUN_A_MPPE_BITS, 56);
    message.bitfield(RTUN_A_MPPE_FLAGS, RTUN_MPPE_F_STATEFUL, 3).u32(RTUN_A_MPPE_COUNT, 7);
    message.bytes(RTUN_A_MPPE_KEY_CHANGES, bytes_of(std::uint64_t{2})).end();
    message.begin(RTUN_A_SESSION_STATS);
    std::uint64_t count = 0;
    for (const std::uint16_t attribute :
         {RTUN_A_STATS_RX_ENCRYPTED, RTUN_A_STATS_TX_ENCRYPTED, RTUN_A_STATS_RX_MPPE_LATE,
          RTUN_A_STATS_RX_MPPE_MISSED, RTUN_A_STATS_RX_RESET_REQUESTS,
          RTUN_A_STATS_TX_RESET_REQUESTS, RTUN_A_STATS_RX_RESET_ACKS})
        message.bytes(attribute, bytes_of(++count));
    message.end().end();
    const Datagram datagram = received(message);
    const auto session = parse_session(datagram.messages[0]);
    ASSERT_TRUE(session);
    EXPECT_TRUE(session->mppe_required);
    ASSERT_TRUE(session->mppe_tx && session->mppe_rx);
    EXPECT_EQ(session->mppe_tx->mode, Stateless128);
    EXPECT_EQ(session->mppe_tx->count, 4095U);
    EXPECT_EQ(session->mppe_tx->key_changes, std::uint64_t{1} << 40);
    EXPECT_EQ(session->mppe_rx->mode, (MppeMode{.bits = 56, .stateful = true}));
    EXPECT_EQ(session->mppe_rx->count, 7U);
    EXPECT_EQ(session->mppe_rx->key_changes, 2U);
    EXPECT_EQ(session->stats.rx_encrypted, 1U);
    EXPECT_EQ(session->stats.tx_encrypted, 2U);
    EXPECT_EQ(session->stats.rx_mppe_late, 3U);
    EXPECT_EQ(session->stats.rx_mppe_missed, 4U);
    EXPECT_EQ(session->stats.rx_reset_requests, 5U);
    EXPECT_EQ(session->stats.tx_reset_requests, 6U);
    EXPECT_EQ(session->stats.rx_reset_acks, 7U);
}

TEST(MppeAnswer, without_bits_is_a_direction_in_clear) {
    Message message = answer();
    message.begin(RTUN_A_SESSION_MPPE_TX).u32(RTUN_A_MPPE_BITS, 0).end().end();
    const Datagram datagram = received(message);
    const auto session = parse_session(datagram.messages[0]);
    ASSERT_TRUE(session);
    EXPECT_FALSE(session->mppe_tx || session->mppe_rx || session->mppe_required);
}

TEST(MppeAnswer, that_is_malformed_is_refused) {
    Message message = answer();
    message.begin(RTUN_A_SESSION_MPPE_RX).u8(RTUN_A_MPPE_BITS, 40).end().end();
    const Datagram datagram = received(message);
    EXPECT_FALSE(parse_session(datagram.messages[0]));
}

TEST(MppeName, is_told_for_what_the_kernel_refuses) {
    using Path = std::vector<std::uint16_t>;
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, RTUN_A_SESSION_MPPE_TX}), "session.mppe-tx");
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, RTUN_A_SESSION_MPPE_RX, RTUN_A_MPPE_KEY}),
              "session.mppe-rx.key");
    EXPECT_EQ(attribute_name(Path{RTUN_A_SESSION, RTUN_A_SESSION_MPPE_TX, RTUN_A_MPPE_KEY_CHANGES}),
              "session.mppe-tx.key-changes");
}

TEST(Encoding, names_both_directions_if_they_differ) {
    EXPECT_EQ(encoding({}, {}), "none");
    EXPECT_EQ(encoding(MppeMode{}, {}), "none");
    EXPECT_EQ(encoding(Stateless128, Stateless128), "MPPE128 stateless");
    EXPECT_EQ(encoding(Stateless128, Stateful40), "MPPE128 stateless/MPPE40 stateful");
    EXPECT_EQ(encoding({}, Stateless128), "none/MPPE128 stateless");
}

TEST(Encoding, is_insecure_with_a_key_that_can_be_searched) {
    EXPECT_FALSE(insecure({}, {}));
    EXPECT_FALSE(insecure(Stateless128, Stateless128));
    EXPECT_TRUE(insecure(Stateless128, Stateful40));
    EXPECT_TRUE(insecure(MppeMode{.bits = 56}, Stateless128));
}

}  // namespace
}  // namespace rtun::netlink
