// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sessions of the server that outlive their daemon: killed or stopped and started again, with
// everything changed meanwhile that can change.
#include <tests/daemon/server_daemons.h>

#include <daemon/server_view.h>

namespace rtun::daemon::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// -- the session goes on

TEST(ServerResume, AKilledDaemonsSessionGoesOnUntouched) {
    ServerDaemons host;
    auto &client = host.dial();
    ASSERT_TRUE(client.up());
    const netlink::Session before = host.only_session();
    const auto messages = client.messages;
    host.restart();
    host.expect_untouched();
    EXPECT_EQ(host.only_session().id, before.id);
    EXPECT_EQ(host.only_session().blob, before.blob);
    host.world.advance(5min);  // echoes both ways
    EXPECT_TRUE(client.up());
    EXPECT_FALSE(client.closed);
    EXPECT_EQ(host.server().sessions(), 1U);
    EXPECT_EQ(client.messages.front(), messages.front());
}

TEST(ServerResume, ADaemonThatIsStoppedLeavesItsSessionsToTheNext) {
    ServerDaemons host;
    auto &client = host.dial();
    const netlink::Session before = host.only_session();
    EXPECT_EQ(host.terminate(), 1U);
    EXPECT_EQ(host.only_session().id, before.id);
    EXPECT_THAT(host.world.kept(), SizeIs(1));
    host.start();
    host.expect_untouched();
    host.world.advance(5min);
    EXPECT_TRUE(client.up());
    EXPECT_FALSE(client.closed);
}

TEST(ServerResume, WithoutAStoreAStoppedDaemonEndsItsSessions) {
    ServerDaemons host;
    host.world.keeper = false;
    auto &client = host.dial();
    EXPECT_EQ(host.terminate(), 0U);
    EXPECT_TRUE(client.closed);
    EXPECT_TRUE(host.kernel.empty());
    host.start();
    EXPECT_EQ(host.found, 0U);
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].cause, "daemon-stopped");
    host.expect_nothing_left();
}

TEST(ServerResume, GoesOnThroughManyDaemonsAndTakesNewSessions) {
    ServerDaemons host;
    auto &client = host.dial();
    for (int i = 0; i < 12; ++i) {
        if (i % 3 == 2)
            EXPECT_EQ(host.terminate(), 1U);
        else
            host.kill();
        host.start();
        host.expect_untouched();
        host.world.advance(90s);
        ASSERT_EQ(host.server().sessions(), 1U) << i;
    }
    EXPECT_TRUE(client.up());
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710a).up());
    EXPECT_EQ(host.server().sessions(), 2U);
}

TEST(ServerResume, IsShownAsItWasShown) {
    ServerDaemons host;
    (void)host.dial();
    const auto shown = [&] {
        return ServerView(host.server(), host.kernel, host.world, host.program->pools,
                          host.program->store)
            .active()
            .at(0);
    };
    const ctl::ActiveStatus before = shown();
    host.pass(1h);
    host.restart();
    const ctl::ActiveStatus after = shown();
    EXPECT_EQ(after.user, before.user);
    EXPECT_EQ(after.caller_id, before.caller_id);
    EXPECT_EQ(after.address, before.address);
    EXPECT_EQ(after.local_address, before.local_address);
    EXPECT_EQ(after.interface, before.interface);
    EXPECT_EQ(after.dynamic, before.dynamic);
    EXPECT_EQ(after.profile, before.profile);
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(after.authentication, before.authentication);
    EXPECT_EQ(after.encoding, before.encoding);
    EXPECT_EQ(after.mtu, before.mtu);
    EXPECT_EQ(after.mru, before.mru);
    EXPECT_EQ(after.call_id, before.call_id);
    EXPECT_EQ(after.peer_call_id, before.peer_call_id);
    EXPECT_EQ(after.session_id, before.session_id);
    EXPECT_EQ(after.uptime, 3600U);
    EXPECT_EQ(host.field(server_id::Resumed, "uptime"), "3600");
}

TEST(ServerResume, TwoCallsOfOneConnectionGoOnAndEndApart) {
    ServerDaemons host;
    auto &client = host.dial();
    client.call_too(8, "jill", "tumble");
    host.world.run();
    ASSERT_THAT(host.active(), SizeIs(2));
    host.restart();
    host.expect_untouched(2);
    EXPECT_EQ(host.server().connections(), 1U);
    EXPECT_EQ(host.server().kill("jill", {Layer::Config, Side::User, base::ErrorCode::Closed,
                                          "ended", Cause::AdminKill}),
              1U);
    host.world.advance(5s);
    ASSERT_THAT(host.active(), SizeIs(1));
    EXPECT_EQ(host.active()[0]->session()->user, "jack");
    host.restart();
    host.expect_untouched();
}

TEST(ServerResume, AResumedSessionEndsInOrderAndLeavesNothing) {
    ServerDaemons host;
    auto &client = host.dial();
    host.restart();
    client.hang_up();
    host.world.advance(10s);
    EXPECT_THAT(host.program->dressing.said,
                ElementsAre("resume jack <pptp-jack> 10.0.0.2", "off jack peer-terminated"));
    host.expect_ended("peer-terminated");
}

TEST(ServerResume, TheRecordGoesOn) {
    ServerDaemons host;
    auto &client = host.dial();
    host.kernel.count_traffic(*client.call().session, 3, 4);
    ASSERT_THAT(host.records(), SizeIs(1));
    const std::string id = host.records()[0].id;
    host.restart();
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].id, id);
    EXPECT_FALSE(host.records()[0].stopped);
    EXPECT_EQ(host.active().at(0)->session()->key, id);
    host.kernel.count_traffic(*client.call().session, 3, 4);
    const netlink::Stats stats = host.only_session().stats;
    client.drop();
    host.world.advance(10s);
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].id, id);
    EXPECT_EQ(host.records()[0].packets_in, stats.rx_packets);
    EXPECT_EQ(host.records()[0].octets_out, stats.tx_bytes);
    host.expect_ended("connection-lost");
}

TEST(ServerResume, ARecordThatTheDiskHasLostIsBegunAnew) {
    ServerDaemons host;
    auto &client = host.dial();
    const std::string id = host.active().at(0)->session()->key;
    host.kill();
    std::filesystem::remove_all(host.directory / "state");
    std::filesystem::create_directory(host.directory / "state");
    host.start();
    EXPECT_EQ(host.on, 1U);
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].id, id);
    EXPECT_FALSE(host.records()[0].stopped);
    client.hang_up();
    host.expect_ended("peer-terminated");
}

TEST(ServerResume, TheLeaseIsHeldAndGivenToNobodyElse) {
    ServerDaemons host;
    auto &client = host.dial();
    host.restart();
    ASSERT_THAT(host.program->pools.leases(), Not(IsEmpty()));
    auto &other = host.dial("jill", "tumble", 0xcb00710a);
    ASSERT_TRUE(other.up());
    EXPECT_EQ(other.call().ipv4->local.text(), "10.0.0.3");
    client.hang_up();
    other.hang_up();
    host.world.advance(10s);
    host.expect_nothing_left();
}

TEST(ServerResume, TheNameOfItsInterfaceIsTaken) {
    ServerDaemons host;
    (void)host.dial();
    host.restart();
    auto &second = host.dial("jack", "secret", 0xcb00710a);
    ASSERT_TRUE(second.up());
    std::vector<std::string> names;
    for (const UserSession *call : host.active())
        names.push_back(call->session()->interface);
    EXPECT_THAT(names, UnorderedElementsAre("<pptp-jack>", "<pptp-jack-1>"));
    EXPECT_FALSE(host.asked_for("link_add <pptp-jack> "));
}

TEST(ServerResume, ScriptsAreNotRunAgain) {
    ServerDaemons host;
    (void)host.dial();
    host.restart();
    EXPECT_THAT(host.program->dressing.said, ElementsAre("resume jack <pptp-jack> 10.0.0.2"));
}

TEST(ServerResume, OnlyOneStillMeansTheSessionThatWasThere) {
    config::Config config = office_server();
    config.profiles[0].only_one = config::Toggle::Yes;
    ServerDaemons host(config);
    (void)host.dial();
    host.restart();
    EXPECT_FALSE(host.dial("jack", "secret", 0xcb00710a).up());
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "only-one");
    EXPECT_EQ(host.server().sessions(), 1U);
}

TEST(ServerResume, AMessageThatWasReadInPartIsReadOn) {
    ServerDaemons host;
    auto &client = host.dial();
    // Echo-Request of RFC 2637 section 2.5, in two pieces.
    const base::Bytes echo{0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5, 0, 0, 0, 0, 0, 9};
    client.send(base::View(echo).first(7));
    host.world.run();
    EXPECT_THAT(host.tunnel_blob(), HasSubstr("unread"));
    host.restart();
    client.messages.clear();
    client.send(base::View(echo).subspan(7));
    host.world.run();
    EXPECT_THAT(client.messages, ElementsAre(6));
    EXPECT_THAT(host.tunnel_blob(), Not(HasSubstr("unread")));
}

TEST(ServerResume, WhatWasNotSentYetIsSent) {
    ServerDaemons host;
    auto &client = host.dial();
    host.world.slow_reader = true;
    const base::Bytes echo{0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5, 0, 0, 0, 0, 0, 9};
    client.send(echo);
    host.world.run();
    client.messages.clear();
    EXPECT_EQ(host.terminate(), 1U);
    host.world.slow_reader = false;
    host.start();
    host.world.run();
    EXPECT_THAT(client.messages, ElementsAre(6));
    EXPECT_THAT(host.tunnel_blob(), Not(HasSubstr("unsent")));
}

// -- time

TEST(ServerResume, SessionTimeoutCountsFromTheBeginning) {
    config::Config config = office_server();
    config.profiles[0].session_timeout = 1h;
    ServerDaemons host(config);
    (void)host.dial();
    host.pass(40min);
    host.restart();
    host.pass(19min);
    EXPECT_EQ(host.server().sessions(), 1U);
    host.pass(2min);
    host.expect_ended("session-timeout");
}

TEST(ServerResume, IdleTimeoutCountsFromTheLastPacket) {
    config::Config config = office_server();
    config.profiles[0].idle_timeout = 8min;
    ServerDaemons host(config);
    auto &client = host.dial();
    host.kernel.count_traffic(*client.call().session, 1, 0);
    host.pass(1min);
    host.pass(4min);
    host.restart();
    host.pass(2min);
    EXPECT_EQ(host.server().sessions(), 1U);
    host.pass(3min);
    host.expect_ended("idle-timeout");
}

TEST(ServerResume, TrafficWithoutADaemonIsTrafficForIdleTimeout) {
    config::Config config = office_server();
    config.profiles[0].idle_timeout = 8min;
    ServerDaemons host(config);
    auto &client = host.dial();
    host.pass(7min);
    host.kill();
    host.kernel.count_traffic(*client.call().session, 1, 1);
    host.start();
    host.pass(5min);
    EXPECT_EQ(host.server().sessions(), 1U);
}

// -- settings that changed meanwhile

TEST(ServerResume, ADisabledUsersSessionEnds) {
    ServerDaemons host;
    auto &client = host.dial();
    host.kill();
    host.config.secrets[0].enabled = false;
    host.start();
    EXPECT_EQ(host.found, 1U);
    EXPECT_EQ(host.on, 0U);
    host.world.advance(10s);
    EXPECT_TRUE(client.call().ended);
    EXPECT_THAT(host.field(server_id::Down, "reason"), HasSubstr("disabled"));
    EXPECT_THAT(host.program->dressing.said, Contains("off jack user-removed"));
    client.drop();
    host.expect_ended("user-removed");
}

TEST(ServerResume, TermsThatCanChangeInPlaceDo) {
    ServerDaemons host;
    auto &client = host.dial();
    host.kill();
    host.config.profiles[0].rate_limit.rx.rate = 1000000;
    host.start();
    EXPECT_EQ(host.on, 1U);
    EXPECT_THAT(host.program->dressing.said,
                ElementsAre("resume jack <pptp-jack> 10.0.0.2", "change jack"));
    host.restart();
    EXPECT_THAT(host.program->dressing.said, ElementsAre("resume jack <pptp-jack> 10.0.0.2"));
    EXPECT_TRUE(client.up());
}

TEST(ServerResume, AStaticRoundTripBringsTheWindowThatThePeerOnceTold) {
    ServerDaemons host;
    auto &client = host.dial();
    const std::uint32_t told = host.only_session().peer_window;
    EXPECT_EQ(host.only_session().tx_window, 0U);
    host.kill();
    host.config.pptp_server.static_rtt = 1500ms;
    host.start();
    EXPECT_EQ(host.only_session().tx_window, told);
    EXPECT_EQ(host.only_session().static_rtt, 1500U);
    host.restart();
    host.expect_untouched();
    host.kill();
    host.config.pptp_server.static_rtt = 0ms;
    host.start();
    EXPECT_EQ(host.only_session().tx_window, 0U);
    EXPECT_TRUE(client.up());
}

TEST(ServerResume, TermsThatCannotEndTheSession) {
    ServerDaemons host;
    auto &client = host.dial();
    host.kill();
    host.config.profiles[0].local_address = literal("10.0.0.99");
    host.start();
    EXPECT_EQ(host.on, 0U);
    host.world.advance(10s);
    client.drop();
    host.expect_ended("terms-changed");
}

TEST(ServerResume, AServerThatWasDisabledEndsItsSessions) {
    ServerDaemons host;
    (void)host.dial();
    host.kill();
    host.config.pptp_server.enabled = false;
    host.start();
    EXPECT_EQ(host.on, 0U);
    host.expect_ended("server-disabled");
}

// -- what cannot be gone on with

TEST(ServerResume, WithoutItsControlConnectionASessionEndsWithItsRecord) {
    ServerDaemons host;
    auto &client = host.dial();
    host.kernel.count_traffic(*client.call().session, 5, 6);
    const netlink::Stats stats = host.only_session().stats;
    host.kill();
    host.world.close_kept();
    host.start();
    EXPECT_EQ(host.found, 1U);
    EXPECT_EQ(host.on, 0U);
    EXPECT_EQ(host.count(server_id::Resumed), 0);
    EXPECT_THAT(host.field(server_id::Down, "reason"), HasSubstr("nobody kept"));
    EXPECT_EQ(host.field(server_id::Found, "authentication"), "mschap2");
    EXPECT_EQ(host.records()[0].packets_in, stats.rx_packets);
    EXPECT_EQ(host.records()[0].packets_out, stats.tx_packets);
    EXPECT_THAT(host.program->dressing.said,
                ElementsAre("resume jack <pptp-jack> 10.0.0.2", "off jack daemon-restarted"));
    host.expect_ended("daemon-restarted");
    EXPECT_TRUE(host.dial().up());
}

TEST(ServerResume, ASessionOfADaemonWithoutAStoreEndsWithItsRecord) {
    ServerDaemons host;
    host.world.keeper = false;
    (void)host.dial();
    host.kill();
    host.start();
    host.expect_ended("daemon-restarted");
}

TEST(ServerResume, ASessionWhoseInterfaceIsGoneEnds) {
    ServerDaemons host;
    auto &client = host.dial();
    const auto link = *host.only_session().device;
    host.kill();
    EXPECT_TRUE(host.kernel.bind_owner("rtun"));
    EXPECT_TRUE(host.kernel.link_del(link));
    host.kernel.close_owner();
    host.start();
    EXPECT_EQ(host.on, 0U);
    client.drop();
    host.expect_ended("interface-deleted");
    EXPECT_THAT(host.program->dressing.said, ElementsAre("off jack interface-deleted"));
}

TEST(ServerResume, ASessionWhoseStateMakesNoSenseIsDeletedAndItsRecordClosed) {
    for (const char *garbage : {"", "rtun-session 9\n", "rtun-session 1\nkey x\n", "\xff\xff"}) {
        ServerDaemons host;
        auto &client = host.dial();
        host.kernel.count_traffic(*client.call().session, 5, 6);
        const netlink::Stats stats = host.only_session().stats;
        host.kill();
        host.set_blob(garbage);
        host.start();
        EXPECT_EQ(host.on, 0U);
        host.world.advance(10s);
        EXPECT_THAT(client.messages, Contains(13));  // Call-Disconnect-Notify
        ASSERT_THAT(host.records(), SizeIs(1));
        EXPECT_EQ(host.records()[0].cause, "lost");
        EXPECT_EQ(host.records()[0].packets_in, stats.rx_packets);
        client.drop();
        host.world.advance(10s);
        host.expect_nothing_left();
    }
}

TEST(ServerResume, AConnectionWhoseStateMakesNoSenseEndsWithItsSessions) {
    for (const char *garbage : {"rtun-server 1\n", "rtun-server 2\ncontrol peer 0\n",
                                "rtun-server 1\ncontrol peer 0\ncontrol call 1\n"}) {
        ServerDaemons host;
        auto &client = host.dial();
        host.kill();
        host.set_tunnel_blob(garbage);
        host.start();
        EXPECT_EQ(host.on, 0U);
        EXPECT_THAT(host.field(server_id::Down, "reason"), HasSubstr("could not go on"));
        host.expect_ended("daemon-restarted");
        EXPECT_TRUE(client.closed);
    }
}

TEST(ServerResume, ACallThatWasNotUpIsClearedAndTheOthersGoOn) {
    ServerDaemons host;
    auto &client = host.dial();
    client.no_ppp = true;
    client.call_too(8, "jill", "tumble");
    host.world.run();
    ASSERT_THAT(host.kernel.sessions().value(), SizeIs(2));
    host.kill();
    client.messages.clear();
    host.start();
    EXPECT_EQ(host.on, 1U);
    EXPECT_THAT(host.kernel.sessions().value(), SizeIs(1));
    EXPECT_THAT(client.messages, ElementsAre(13));
    host.world.advance(5min);
    EXPECT_EQ(host.server().sessions(), 1U);
}

TEST(ServerResume, StrangersAreNotKept) {
    ServerDaemons host;
    (void)host.dial("jack", "wrong");
    EXPECT_THAT(host.world.kept(), IsEmpty());
    host.kill();
    EXPECT_THAT(host.world.kept(), IsEmpty());
    host.start();
    EXPECT_EQ(host.on, 0U);
    host.expect_nothing_left();
}

TEST(ServerResume, TunnelsOfOthersAreLeftAlone) {
    ServerDaemons host;
    netlink::TunnelSpec spec;
    spec.local = base::Ipv4{0xc0000201};
    spec.remote = base::Ipv4{0xc0000263};
    const base::View word = base::as_bytes(std::string_view("something else"));
    spec.blob = base::Bytes(word.begin(), word.end());
    const auto made = host.kernel.tunnel_add(spec);
    ASSERT_TRUE(made);
    host.restart();
    EXPECT_TRUE(host.kernel.tunnel(*made));
    EXPECT_EQ(host.server().connections(), 0U);
}

// The client has hung up its call and has given the number to another one, and the first was not
// buried yet.
TEST(ServerResume, ACallThatTheControlConnectionHasNotEndsWithoutTheOneThatHasItsNumber) {
    ServerDaemons host;
    auto &client = host.dial();
    std::string blob = host.blob();
    const std::string key = host.active().at(0)->session()->key;
    blob.replace(blob.find(key), key.size(), std::string(key.size(), '9'));
    host.kill();
    client.messages.clear();
    EXPECT_TRUE(host.kernel.bind_owner("rtun"));
    netlink::SessionChange copy;
    copy.peer_id = host.only_session().peer_id;
    copy.blob = base::Bytes(blob.begin(), blob.end());
    EXPECT_TRUE(host.kernel.session_add(host.only_session().tunnel, 0x7777, copy));
    host.kernel.close_owner();
    host.start();
    EXPECT_EQ(host.found, 2U);
    EXPECT_EQ(host.on, 1U);
    EXPECT_THAT(host.kernel.sessions().value(), SizeIs(1));
    EXPECT_THAT(client.messages, IsEmpty());
    host.world.advance(5min);
    EXPECT_EQ(host.server().sessions(), 1U);
}

// What the next daemon needs stood in the tunnel.
TEST(ServerResume, AConnectionWhoseTunnelWasDeletedIsClosedAndTheClientMayComeAgain) {
    ServerDaemons host;
    (void)host.dial();
    EXPECT_TRUE(host.kernel.tunnel_del(host.kernel.tunnels().value().at(0).id));
    host.expect_ended("session-deleted");
    EXPECT_TRUE(host.dial().up());
    host.restart();
    host.expect_untouched();
}

TEST(ServerResume, ASessionWhoseLastStateTheKernelDidNotTakeEndsWithItsDaemon) {
    ServerDaemons host;
    (void)host.dial();
    host.kernel.fail_next("session_set", {base::ErrorCode::System, "no room"}, 100);
    host.config.profiles[0].session_timeout = 1h;
    host.program->users.load(host.config);
    host.server().terms_changed();
    host.world.run();
    EXPECT_EQ(host.terminate(), 0U);
    EXPECT_TRUE(host.kernel.empty());
    EXPECT_THAT(host.world.kept(), IsEmpty());
}

TEST(ServerResume, WhenTheKernelCannotBeAskedNothingIsTouched) {
    ServerDaemons host;
    (void)host.dial();
    host.kill();
    host.kernel.fail_next("sessions", {base::ErrorCode::System, "no room"});
    EXPECT_FALSE(host.tries_to_start());
    EXPECT_THAT(host.kernel.sessions().value(), SizeIs(1));
    EXPECT_THAT(host.world.kept(), SizeIs(1));
    host.start();
    EXPECT_EQ(host.on, 1U);
}

// -- what stands in the kernel

TEST(ServerResume, NothingSecretStandsInTheKernel) {
    ServerDaemons host;
    (void)host.dial();
    const auto keys = host.kernel.keys_of(host.only_session().id);
    for (const std::string &text : {host.blob(), host.tunnel_blob()}) {
        EXPECT_THAT(text, Not(HasSubstr("secret ")));
        EXPECT_THAT(text, Not(HasSubstr(base::to_hex(keys.send.reveal()))));
        EXPECT_THAT(text, Not(HasSubstr(base::to_hex(keys.receive.reveal()))));
    }
    EXPECT_THAT(host.blob(), testing::StartsWith("rtun-session 1\nkey "));
    EXPECT_THAT(host.tunnel_blob(), testing::StartsWith("rtun-server 1\ncontrol host "));
}

TEST(ServerResume, AnEndingSessionIsNotToBeGoneOnWith) {
    ServerDaemons host;
    auto &client = host.dial();
    client.silent = true;
    EXPECT_EQ(host.server().kill("jack", {Layer::Config, Side::User, base::ErrorCode::Closed,
                                          "ended", Cause::AdminKill}),
              1U);
    host.world.run();
    EXPECT_THAT(host.blob(), Not(HasSubstr("\nlink ")));
    host.restart();
    EXPECT_EQ(host.on, 0U);
    EXPECT_THAT(host.field(server_id::Down, "reason"), HasSubstr("ending"));
}

}  // namespace
}  // namespace rtun::daemon::test
