// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fake keeps the rules that the daemon's tests lean on.
#include <tests/fake/fake_kernel.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <poll.h>

namespace rtun::fake {
namespace {

using namespace rtun::netlink;
using base::Ipv4;

constexpr Ipv4 A{0xc0000201}, B{0xc0000202};

struct Pair : testing::Test {
    Pair() {
        FakeKernel::connect(a, b);
        EXPECT_TRUE(a.bind_owner("a").has_value());
        EXPECT_TRUE(b.bind_owner("b").has_value());
        tunnel_a = *a.tunnel_add({.local = A, .remote = B});
        tunnel_b = *b.tunnel_add({.local = B, .remote = A});
        SessionChange to_b, to_a;
        to_b.peer_id = 7;
        to_a.peer_id = 5;
        session_a = a.session_add(tunnel_a, 5, to_b)->id;
        session_b = b.session_add(tunnel_b, 7, to_a)->id;
    }

    FakeKernel a, b;
    TunnelId tunnel_a{}, tunnel_b{};
    SessionId session_a{}, session_b{};
};

bool readable(const FakeKernel &kernel) {
    pollfd waiting{.fd = kernel.descriptors()[0], .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, 0) == 1;
}

const base::Bytes Lcp = {0xc0, 0x21, 1, 1, 0, 4};
const base::Bytes Packet = {0x45, 0, 0, 20};

TEST_F(Pair, a_frame_reaches_the_other_side_and_wakes_it) {
    EXPECT_FALSE(readable(b));
    ASSERT_TRUE(a.frame_send(session_a, Lcp).has_value());
    EXPECT_TRUE(readable(b));
    const auto events = b.events();
    ASSERT_EQ(events->size(), 1u);
    EXPECT_EQ(std::get<Frame>((*events)[0]).session, session_b);
    EXPECT_EQ(std::get<Frame>((*events)[0]).data, Lcp);
    EXPECT_FALSE(readable(b));
}

TEST_F(Pair, a_frame_for_a_wrong_call_is_counted_and_lost) {
    SessionChange change;
    change.peer_id = 99;
    const SessionId stray = a.session_add(tunnel_a, 6, change)->id;
    ASSERT_TRUE(a.frame_send(stray, Lcp).has_value());
    EXPECT_TRUE(b.events()->empty());
    EXPECT_EQ(b.info()->stats.drops.at("no_session"), 1u);
}

TEST_F(Pair, a_network_frame_is_not_the_owners_to_send) {
    EXPECT_EQ(a.frame_send(session_a, base::Bytes{0x00, 0x21, 0x45}).error().errnum, EINVAL);
}

TEST_F(Pair, data_needs_an_open_protocol_and_a_device_that_is_up_on_both_sides) {
    const Link link_a = *a.link_add("ppp%d", session_a), link_b = *b.link_add("ppp%d", session_b);
    EXPECT_EQ(link_a.name, "ppp0");
    ASSERT_TRUE(a.link_up(link_a.index, 1450).has_value());
    EXPECT_FALSE(a.send_packet(link_a.index, Packet));
    SessionChange open;
    open.np = NetworkProtocols{.ipv4 = true};
    ASSERT_TRUE(a.session_set(session_a, open).has_value());
    EXPECT_FALSE(a.send_packet(link_a.index, Packet));
    ASSERT_TRUE(b.session_set(session_b, open).has_value());
    EXPECT_FALSE(a.send_packet(link_a.index, Packet));
    ASSERT_TRUE(b.link_up(link_b.index, 1450).has_value());
    EXPECT_TRUE(a.send_packet(link_a.index, Packet));
    EXPECT_EQ(b.session(session_b)->stats.rx_packets, 1u);
    EXPECT_EQ(b.session(session_b)->stats.drops.at("device_down"), 1u);
    EXPECT_EQ(a.session(session_a)->stats.drops.at("tx_np_closed"), 1u);
}

TEST_F(Pair, echo_requests_are_answered_below_when_that_was_asked_for) {
    SessionChange change;
    change.flags = PppFlags{.echo_reply = true};
    change.magic = 0x01020304;
    ASSERT_TRUE(b.session_set(session_b, change).has_value());
    ASSERT_TRUE(
        a.frame_send(session_a, base::Bytes{0xc0, 0x21, 9, 3, 0, 8, 9, 9, 9, 9}).has_value());
    EXPECT_TRUE(b.events()->empty());
    const auto events = a.events();
    ASSERT_EQ(events->size(), 1u);
    EXPECT_EQ(std::get<Frame>((*events)[0]).data,
              base::Bytes({0xc0, 0x21, 10, 3, 0, 8, 1, 2, 3, 4}));
}

TEST_F(Pair, what_is_deleted_takes_everything_below_with_it) {
    ASSERT_TRUE(a.subscribe().has_value());
    const Link link = *a.link_add("x", session_a);
    ASSERT_TRUE(a.link_up(link.index, 1400).has_value());
    ASSERT_TRUE(
        a.route_add({.destination = Ipv4{0x0a000000}, .prefix_length = 8, .oif = link.index})
            .has_value());
    ASSERT_TRUE(a.tunnel_del(tunnel_a).has_value());
    EXPECT_TRUE(a.empty());
    const auto events = a.events();
    ASSERT_EQ(events->size(), 2u);
    EXPECT_EQ(std::get<SessionGone>((*events)[0]).reason, "tunnel");
    EXPECT_EQ(std::get<TunnelGone>((*events)[1]).reason, "request");
}

TEST_F(Pair, a_verb_can_be_told_to_fail_once_and_changes_nothing) {
    a.fail_next("link_add", {base::ErrorCode::Refused, "no", EPERM});
    EXPECT_FALSE(a.link_add("x", session_a).has_value());
    EXPECT_TRUE(a.links().empty());
    EXPECT_TRUE(a.link_add("x", session_a).has_value());
    EXPECT_EQ(a.count("link_add"), 2);
}

TEST_F(Pair, the_end_of_the_owner_takes_what_was_to_die_with_it) {
    {
        const auto handle = a.handle();
        ASSERT_TRUE(
            handle->tunnel_add({.local = A, .remote = B, .lifetime = Lifetime::DiesWithOwner})
                .has_value());
        EXPECT_EQ(handle->tunnels()->size(), 2u);
    }
    EXPECT_FALSE(a.owner().has_value());
    EXPECT_EQ(a.tunnels()->size(), 1u);
    ASSERT_TRUE(b.frame_send(session_b, Lcp).has_value());
    EXPECT_EQ(a.session(session_a)->stats.drops.at("ctrl_no_owner"), 1u);
    EXPECT_TRUE(a.bind_owner("a").has_value());
}

TEST_F(Pair, a_peer_id_is_given_once) {
    SessionChange change;
    change.peer_id = 8;
    EXPECT_EQ(a.session_set(session_a, change).error().errnum, EBUSY);
}

TEST_F(Pair, the_way_to_a_host_is_the_longest_own_route_or_the_underlay) {
    EXPECT_EQ(a.route_to(B, 0)->oif, LinkIndex{2});
    const Link link = *a.link_add("x", session_a);
    const Route route{.destination = B, .oif = link.index};
    EXPECT_EQ(a.route_add(route).error().errnum, ENETDOWN);
    ASSERT_TRUE(a.link_up(link.index, 1400).has_value());
    ASSERT_TRUE(a.route_add(route).has_value());
    EXPECT_EQ(a.route_add(route).error().errnum, EEXIST);
    EXPECT_EQ(a.route_to(B, 0)->oif, link.index);
    ASSERT_TRUE(a.route_del(route).has_value());
    EXPECT_EQ(a.route_del(route).error().errnum, ESRCH);
    a.underlay.reset();
    EXPECT_EQ(a.route_to(B, 0).error().code, base::ErrorCode::Unreachable);
}

TEST_F(Pair, too_many_events_are_told_as_an_overrun) {
    for (std::size_t i = 0; i < FakeKernel::MaxEvents + 1; i++)
        ASSERT_TRUE(a.frame_send(session_a, Lcp).has_value());
    const auto events = b.events();
    ASSERT_EQ(events->size(), FakeKernel::MaxEvents + 1);
    EXPECT_TRUE(std::holds_alternative<Overrun>(events->back()));
    EXPECT_TRUE(b.events()->empty());
}

TEST_F(Pair, a_cut_cable_loses_everything) {
    b.deaf = true;
    ASSERT_TRUE(a.frame_send(session_a, Lcp).has_value());
    EXPECT_TRUE(b.events()->empty());
}

}  // namespace
}  // namespace rtun::fake
