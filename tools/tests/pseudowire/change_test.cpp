// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can change while a pseudowire carries traffic, and what cannot.
#include <tests/pseudowire/bench.h>

#include <cerrno>

namespace rtun::pseudowire::test {
namespace {

using base::ErrorCode;
using config::Pseudowire;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Changed : Bench {
    void SetUp() override { ASSERT_TRUE(make(sample())); }
};

TEST_F(Changed, TheSameSettingsChangeNothing) {
    const std::size_t before = calls_before();
    EXPECT_TRUE(change([](Pseudowire &) {}));
    EXPECT_THAT(changes_since(before), IsEmpty());
}

TEST_F(Changed, ACookieIsReplacedWithItsGrace) {
    const std::size_t before = calls_before();
    EXPECT_TRUE(change([](Pseudowire &p) {
        p.peer_cookie = {1, 2, 3, 4};
        p.cookie_grace = std::chrono::seconds(60);
    }));
    EXPECT_THAT(changes_since(before), ElementsAre("session_set 1 cookie_rx 01020304"));
    EXPECT_EQ(state().session.cookie_grace, 60000U);
}

TEST_F(Changed, ALongerCookieMakesTheAutomaticMtuSmaller) {
    const std::uint32_t mtu = link().mtu;
    // The kernel in memory does not count again; what it says is what is used.
    kernel.set_overhead(state().session.id, state().session.overhead + 8);
    EXPECT_TRUE(change([](Pseudowire &p) { p.send_cookie = {1, 2, 3, 4, 5, 6, 7, 8}; }));
    EXPECT_EQ(link().mtu, mtu - 8);
}

TEST_F(Changed, ThePolicyOfTheTunnelChangesInPlace) {
    kernel.add_foreign_link("eth7");
    const std::size_t before = calls_before();
    EXPECT_TRUE(change([](Pseudowire &p) {
        p.ttl = 3;
        p.tos = 0x10;
        p.fwmark = 4;
        p.interface = "eth7";
        p.dont_fragment = config::DontFragment::Inherit;
    }));
    EXPECT_THAT(changes_since(before),
                ElementsAre("tunnel_set 1 fwmark 4 oif 11 ttl 3 tos 16 df 2", "session_set 1"));
    EXPECT_EQ(state().settings.interface, "eth7");
    EXPECT_EQ(state().settings.dont_fragment, config::DontFragment::Inherit);
}

TEST_F(Changed, SoDoItsFlags) {
    const std::size_t before = calls_before();
    EXPECT_TRUE(change([](Pseudowire &p) {
        p.tos_inherit = true;
        p.udp_checksum = false;
        p.zero_checksum6 = true;
        p.peer_float = true;
    }));
    EXPECT_TRUE(state().settings.tos_inherit);
    EXPECT_FALSE(state().settings.udp_checksum);
    EXPECT_TRUE(change([](Pseudowire &p) { p.peer_float = false; }));
    EXPECT_THAT(changes_since(before),
                ElementsAre("tunnel_set 1 flags tos-inherit zero-csum-tx zero-csum6-rx peer-float",
                            "tunnel_set 1 flags tos-inherit zero-csum-tx zero-csum6-rx"));
}

TEST_F(Changed, SoDoesWhatThePeerTakes) {
    EXPECT_TRUE(change([](Pseudowire &p) { p.peer_offload = true; }));
    EXPECT_TRUE(state().session.peer_offload);
    EXPECT_TRUE(state().settings.peer_offload);
    EXPECT_TRUE(change([](Pseudowire &p) { p.peer_offload = false; }));
    EXPECT_FALSE(state().settings.peer_offload);
}

TEST_F(Changed, AnMtuOfTheAdministratorLetsPacketsBeFragmented) {
    EXPECT_TRUE(change([](Pseudowire &p) { p.mtu = 1500; }));
    EXPECT_EQ(link().mtu, 1500U);
    EXPECT_EQ(state().tunnel.spec.df, netlink::Df::Unset);
    EXPECT_TRUE(change([](Pseudowire &p) { p.mtu = 0; }));
    EXPECT_EQ(link().mtu, 1500U - 20 - 8 - 8 - 14);
    EXPECT_EQ(state().tunnel.spec.df, netlink::Df::Set);
}

TEST_F(Changed, MacMtuAndCommentChange) {
    EXPECT_TRUE(change([](Pseudowire &p) {
        p.mac = base::Mac::parse("02:00:00:00:00:09").value();
        p.mtu = 1400;
        p.comment = "new";
    }));
    EXPECT_EQ(link().mac->text(), "02:00:00:00:00:09");
    EXPECT_EQ(link().mtu, 1400U);
    EXPECT_EQ(state().settings.comment, "new");
}

TEST_F(Changed, DisabledIsCircuitAndLinkDownAndEnabledTheReverse) {
    ASSERT_TRUE(enable(kernel, state(), false));
    EXPECT_FALSE(state().session.circuit_up);
    EXPECT_FALSE(link().up);
    EXPECT_FALSE(state().settings.enabled);
    ASSERT_TRUE(enable(kernel, state(), true));
    EXPECT_TRUE(state().session.circuit_up);
    EXPECT_TRUE(link().up);
    EXPECT_TRUE(state().settings.enabled);
    // Also if somebody took only the interface down.
    ASSERT_TRUE(kernel.link_set(*state().session.device, {.up = false}));
    ASSERT_TRUE(enable(kernel, state(), true));
    EXPECT_TRUE(link().up);
}

TEST_F(Changed, ACircuitThatIsDownStaysSoWhenItIsEnabled) {
    ASSERT_TRUE(change([](Pseudowire &p) { p.circuit_up = false; }));
    ASSERT_TRUE(enable(kernel, state(), false));
    ASSERT_TRUE(enable(kernel, state(), true));
    EXPECT_FALSE(state().session.circuit_up);
    EXPECT_TRUE(link().up);
}

TEST_F(Changed, WhatTheKernelCannotChangeIsRefusedByName) {
    const auto why = [&](auto how) {
        const std::size_t before = calls_before();
        const auto done = change(how);
        EXPECT_THAT(changes_since(before), IsEmpty());
        return done ? std::string("(done)") : done.error().text;
    };
    const auto cannot = [](const char *keyword) {
        return std::string("pseudowire \"pw0\": ") + keyword +
               " cannot be changed while it exists: delete it and add it anew";
    };
    EXPECT_EQ(why([](Pseudowire &p) { p.encap = config::Encap::Ip; }), cannot("encap"));
    EXPECT_EQ(why([](Pseudowire &p) { p.sport = 1; }), cannot("sport"));
    EXPECT_EQ(why([](Pseudowire &p) { p.dport = 1; }), cannot("dport"));
    EXPECT_EQ(why([](Pseudowire &p) { p.tunnel_id = 1; }), cannot("tunnel-id"));
    EXPECT_EQ(why([](Pseudowire &p) { p.peer_tunnel_id = 1; }), cannot("peer-tunnel-id"));
    EXPECT_EQ(why([](Pseudowire &p) { p.session_id = 1; }), cannot("session-id"));
    EXPECT_EQ(why([](Pseudowire &p) { p.peer_session_id = 1; }), cannot("peer-session-id"));
    EXPECT_EQ(why([](Pseudowire &p) { p.sublayer = config::Sublayer::Default; }),
              cannot("sublayer"));
    EXPECT_EQ(why([](Pseudowire &p) { p.scoped_ids = true; }), cannot("scoped-ids"));
    EXPECT_EQ(why([](Pseudowire &p) { p.sequencing = config::Sequencing::Both; }),
              "pseudowire \"pw0\": sequencing needs \"sublayer default\"");
}

TEST_F(Changed, AFailedChangeIsTakenBack) {
    const auto everything = [](Pseudowire &p) {
        p.ttl = 9;
        p.keepalive = std::chrono::seconds(1);
        p.mtu = 1400;
    };
    for (const char *verb : {"session_set", "link_set"}) {
        kernel.fail_next(verb, {ErrorCode::Refused, "no", EINVAL});
        EXPECT_EQ(change(everything).error().text, "no") << verb;
        EXPECT_EQ(state().tunnel.spec.ttl, 0) << verb;
        EXPECT_EQ(state().session.keepalive, 0U) << verb;
        EXPECT_EQ(state().settings.mtu, 0U) << verb;
    }
}

TEST_F(Changed, AnInterfaceElsewhereIsFoundByItsFirstName) {
    kernel.move_link(*state().session.device, 7);
    EXPECT_EQ(state().settings.name, "pw0");
    EXPECT_FALSE(state().link);
    EXPECT_THAT(change([](Pseudowire &p) { p.mtu = 1300; }).error().text,
                HasSubstr("is not in this network namespace"));
    EXPECT_TRUE(change([](Pseudowire &p) { p.comment = "x"; }));
    EXPECT_EQ(state().settings.mtu, 0U);
    EXPECT_TRUE(del(kernel, state()));
}

TEST_F(Changed, WireDifferencesAreThoseThatNeedANewOne) {
    const Ends ends{.local = address("192.0.2.1"), .remote = address("192.0.2.2")};
    Pseudowire wanted = sample();
    EXPECT_EQ(wire_difference(state(), wanted, ends), "");
    wanted.comment = "x";
    wanted.peer_cookie = {1, 2, 3, 4};
    wanted.ttl = 4;
    EXPECT_EQ(wire_difference(state(), wanted, ends), "");
    EXPECT_EQ(
        wire_difference(state(), wanted, {.local = ends.local, .remote = address("192.0.2.9")}),
        "remote");
    EXPECT_EQ(wire_difference(state(), wanted, {.local = {}, .remote = ends.remote}), "local");
}

}  // namespace
}  // namespace rtun::pseudowire::test
