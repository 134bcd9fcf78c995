// SPDX-License-Identifier: GPL-2.0-or-later
//
// A pseudowire comes as it was asked for, or not at all; it goes with what only it used.
#include <tests/pseudowire/bench.h>

#include <config/grammar.h>

#include <cerrno>

namespace rtun::pseudowire::test {
namespace {

using base::ErrorCode;
using config::Pseudowire;
using testing::HasSubstr;

TEST_F(Bench, APseudowireIsATunnelASessionAndADevice) {
    Pseudowire p = sample();
    p.sport = 5000;
    p.dport = 5001;
    p.send_cookie = {1, 2, 3, 4};
    p.peer_cookie = {1, 2, 3, 4, 5, 6, 7, 8};
    p.sublayer = config::Sublayer::Default;
    p.sequencing = config::Sequencing::Both;
    p.mac = base::Mac::parse("02:00:00:00:00:07").value();
    p.ttl = 64;
    p.tos_inherit = true;
    p.fwmark = 9;
    p.udp_checksum = false;
    p.keepalive = std::chrono::seconds(10);
    p.dead_time = std::chrono::seconds(30);
    p.comment = "to Brno";
    ASSERT_TRUE(make(p));
    const State made = state();

    const netlink::TunnelSpec &tunnel = made.tunnel.spec;
    EXPECT_EQ(tunnel.xport, netlink::Xport::L2tpv3Udp);
    EXPECT_EQ(tunnel.local, address("192.0.2.1"));
    EXPECT_EQ(tunnel.remote, address("192.0.2.2"));
    EXPECT_EQ(tunnel.local_port, 5000);
    EXPECT_EQ(tunnel.peer_port, 5001);
    EXPECT_EQ(tunnel.local_id, 10U);
    EXPECT_EQ(tunnel.peer_id, 20U);
    EXPECT_EQ(tunnel.ttl, 64);
    EXPECT_TRUE(tunnel.flags.tos_inherit);
    EXPECT_TRUE(tunnel.flags.zero_csum_tx);
    EXPECT_EQ(tunnel.fwmark, 9U);
    EXPECT_EQ(tunnel.df, netlink::Df::Set);
    EXPECT_EQ(tunnel.lifetime, netlink::Lifetime::OutlivesOwner);
    EXPECT_EQ(made.tunnel.owner, "");
    EXPECT_EQ(made.tunnel.sessions, 1U);

    EXPECT_EQ(made.session.local_id, 100U);
    EXPECT_EQ(made.session.peer_id, 200U);
    EXPECT_EQ(made.session.pw_type, netlink::PwType::Ethernet);
    EXPECT_EQ(made.session.l2spec, netlink::L2Spec::Default);
    EXPECT_EQ(made.session.sequence, (netlink::SequenceFlags{.send = true, .receive = true}));
    EXPECT_EQ(made.session.cookie_tx, p.send_cookie);
    EXPECT_EQ(made.session.cookie_rx, p.peer_cookie);
    EXPECT_EQ(made.session.keepalive, 10000U);
    EXPECT_EQ(made.session.dead_time, 30000U);
    EXPECT_TRUE(made.session.circuit_up);

    EXPECT_EQ(link().name, "pw0");
    EXPECT_TRUE(link().ethernet);
    EXPECT_TRUE(link().up);
    EXPECT_EQ(link().mac, p.mac);
    // 1500 - IP 20 - UDP 8 - L2TP 4 + 4 - cookie 4 - sublayer 4 - Ethernet 14
    EXPECT_EQ(link().mtu, 1442U);
    EXPECT_TRUE(made.running());
}

// Everything that was asked for is read back from the kernel.
TEST_F(Bench, TheKernelTellsTheSettingsAgain) {
    kernel.add_foreign_link("eth7");
    Pseudowire p = sample();
    p.encap = config::Encap::Ip;
    p.type = config::PseudowireType::Vlan;
    p.vlan_id = 7;
    p.mtu = 1500;
    p.interface = "eth7";
    p.comment = "a comment";
    p.enabled = false;
    p.circuit_up = true;
    p.scoped_ids = true;
    p.reorder_slots = 64;
    p.reorder_time = std::chrono::milliseconds(20);
    p.cookie_grace = std::chrono::seconds(5);
    p.mac = base::Mac::parse("02:00:00:00:00:07").value();
    ASSERT_TRUE(make(p));
    const auto words = [](const Pseudowire &of) {
        std::vector<std::pair<std::string, std::string>> all{{"name", of.name}};
        for (const config::Setting &setting : config::settings(of))
            all.emplace_back(setting.keyword, setting.value);
        return all;
    };
    EXPECT_EQ(words(state().settings), words(p));
    EXPECT_FALSE(state().session.circuit_up);
    EXPECT_FALSE(link().up);
    EXPECT_EQ(state().tunnel.spec.df, netlink::Df::Unset);  // the MTU is the administrator's
}

TEST_F(Bench, OverIpv6TheMtuIsTwentyLess) {
    Pseudowire p = sample();
    p.local = "any";
    p.remote = "2001:db8::2";
    ASSERT_TRUE(make(p));
    EXPECT_EQ(link().mtu, 1500U - 40 - 8 - 8 - 14);
    EXPECT_EQ(state().settings.local, "any");
    EXPECT_EQ(state().settings.remote, "2001:db8::2");
}

TEST_F(Bench, OfAnUnknownPathTheMtuIsThatOfRouterOs) {
    kernel.path_mtu = 0;
    ASSERT_TRUE(make(sample()));
    EXPECT_EQ(link().mtu, 1420U);
}

TEST_F(Bench, PseudowiresOfTheSameEndsShareATunnel) {
    ASSERT_TRUE(make(sample()));
    ASSERT_TRUE(make(sample("pw1", 101)));
    EXPECT_EQ(state("pw0").tunnel.id, state("pw1").tunnel.id);
    EXPECT_EQ(kernel.count("tunnel_add"), 1);
    Pseudowire other = sample("pw2", 102);
    other.tunnel_id = 11;
    ASSERT_TRUE(make(other));
    EXPECT_NE(state("pw2").tunnel.id, state("pw0").tunnel.id);
}

TEST_F(Bench, ASharedTunnelHasOnePolicy) {
    ASSERT_TRUE(make(sample()));
    Pseudowire other = sample("pw1", 101);
    other.ttl = 3;
    EXPECT_THAT(why_not(other), HasSubstr("has these ends and ids, but another ttl"));
    other.ttl = 0;
    other.mtu = 1400;  // its dont-fragment is automatic, so it takes the tunnel's
    EXPECT_EQ(why_not(other), "(made)");
}

TEST_F(Bench, ATunnelThatDiesWithItsOwnerIsNotShared) {
    ASSERT_TRUE(kernel.bind_owner("somebody"));
    netlink::TunnelSpec spec;
    spec.xport = netlink::Xport::L2tpv3Udp;
    spec.local = address("192.0.2.1");
    spec.remote = address("192.0.2.2");
    spec.local_port = spec.peer_port = 1701;
    spec.lifetime = netlink::Lifetime::DiesWithOwner;
    ASSERT_TRUE(kernel.tunnel_add(spec));
    Pseudowire p = sample();
    p.tunnel_id = p.peer_tunnel_id = 0;
    ASSERT_TRUE(make(p));
    EXPECT_EQ(state().tunnel.spec.lifetime, netlink::Lifetime::OutlivesOwner);
}

TEST_F(Bench, TheLastSessionTakesItsTunnelAlong) {
    ASSERT_TRUE(make(sample()));
    ASSERT_TRUE(make(sample("pw1", 101)));
    ASSERT_TRUE(del(kernel, state("pw0")));
    EXPECT_EQ(state("pw1").tunnel.sessions, 1U);
    ASSERT_TRUE(del(kernel, state("pw1")));
    EXPECT_TRUE(kernel.empty());
}

TEST_F(Bench, DuplicatesAreRefusedByNameAndChangeNothing) {
    ASSERT_TRUE(make(sample()));
    kernel.add_foreign_link("br0");
    const std::size_t before = calls_before();
    EXPECT_EQ(why_not(sample("pw0", 105)), "there is a pseudowire \"pw0\" already");
    EXPECT_EQ(why_not(sample("br0", 105)), "there is an interface \"br0\" already");
    EXPECT_EQ(why_not(sample("pw1")), "session-id 100 is that of pseudowire \"pw0\" already");
    Pseudowire other = sample("pw1", 105);
    other.remote = "192.0.2.9";
    EXPECT_EQ(why_not(other),
              "tunnel-id 10 is that of a tunnel with other ends, 192.0.2.1 -> 192.0.2.2");
    other.interface = "eth9";
    EXPECT_EQ(why_not(other), "there is no interface \"eth9\"");
    EXPECT_THAT(changes_since(before), testing::IsEmpty());
}

TEST_F(Bench, ScopedIdsMayBeThoseOfAnotherPeer) {
    Pseudowire p = sample();
    p.scoped_ids = true;
    ASSERT_TRUE(make(p));
    Pseudowire other = p;
    other.name = "pw1";
    other.remote = "192.0.2.9";
    other.tunnel_id = 11;
    EXPECT_EQ(why_not(other), "(made)");
}

// Whatever step fails, nothing of it stays, and what failed is what is told.
TEST_F(Bench, AFailedStepUndoesThoseBeforeIt) {
    for (const char *verb :
         {"tunnel_add", "session_add", "session", "tunnel", "link_add_ethernet"}) {
        kernel.fail_next(verb, {ErrorCode::Refused, "the kernel's words", EINVAL});
        EXPECT_EQ(why_not(sample()), "the kernel's words") << verb;
        EXPECT_TRUE(kernel.empty()) << verb;
    }
    ASSERT_TRUE(make(sample()));
    for (const char *verb : {"session_add", "link_add_ethernet"}) {
        kernel.fail_next(verb, {ErrorCode::Refused, "the kernel's words", EINVAL});
        EXPECT_EQ(why_not(sample("pw1", 101)), "the kernel's words") << verb;
        EXPECT_EQ(state("pw0").tunnel.sessions, 1U) << "the shared tunnel stays";
    }
}

TEST_F(Bench, OnlyEthernetSessionsOfVersionThreeArePseudowires) {
    ASSERT_TRUE(kernel.bind_owner("rtun"));
    const auto pptp =
        kernel.tunnel_add({.local = address("192.0.2.1"), .remote = address("192.0.2.2")});
    ASSERT_TRUE(kernel.session_add(*pptp, 0, {}));
    ASSERT_TRUE(make(sample()));
    EXPECT_EQ(read(kernel)->states.size(), 1U);
    EXPECT_EQ(find(kernel, "pw9").error().text, "there is no pseudowire \"pw9\"");
}

// Made by somebody else, without our record.
TEST_F(Bench, ASessionWithoutARecordIsShownAsItStands) {
    netlink::TunnelSpec spec;
    spec.xport = netlink::Xport::L2tpv3Ip;
    spec.remote = address("192.0.2.2");
    spec.df = netlink::Df::Set;
    const auto tunnel = kernel.tunnel_add(spec);
    netlink::SessionChange change;
    change.peer_id = 5;
    const auto session = kernel.session_add(*tunnel, 4, change);
    ASSERT_TRUE(kernel.link_add_ethernet("theirs", session->id, {.mtu = 1300}));
    const Pseudowire p = state("theirs").settings;
    EXPECT_EQ(p.mtu, 1300U);
    EXPECT_EQ(p.dont_fragment, config::DontFragment::Yes);
    EXPECT_EQ(p.encap, config::Encap::Ip);
    EXPECT_EQ(p.session_id, 4U);
    EXPECT_TRUE(p.comment.empty());
}

}  // namespace
}  // namespace rtun::pseudowire::test
