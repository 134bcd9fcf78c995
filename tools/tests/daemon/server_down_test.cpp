// SPDX-License-Identifier: GPL-2.0-or-later
//
// How sessions of the server end, and that each end is known by its name.
#include <tests/daemon/server_host.h>

#include <daemon/server_events.h>

namespace rtun::daemon::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

void expect_record(const ServerHost &host, const std::string &cause) {
    ASSERT_THAT(host.records(), testing::Not(IsEmpty()));
    EXPECT_TRUE(host.records()[0].stopped);
    EXPECT_EQ(host.records()[0].cause, cause);
}

TEST(ServerDown, AClientThatHangsUpHasTerminated) {
    ServerHost host;
    auto &client = host.dial();
    client.hang_up();
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "peer-terminated");
    EXPECT_EQ(host.field(server_id::Down, "by"), "peer");
    EXPECT_EQ(host.field(server_id::Down, "outcome"), "disconnected");
    expect_record(host, "peer-terminated");
    EXPECT_THAT(host.dressing.said,
                ElementsAre("on jack <pptp-jack> 10.0.0.2", "off jack peer-terminated"));
    host.expect_nothing_left();
}

TEST(ServerDown, TheEndOfTcpEndsTheSession) {
    ServerHost host;
    host.dial().drop();
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "connection-lost");
    expect_record(host, "connection-lost");
    host.expect_nothing_left();
}

TEST(ServerDown, SilenceIsToldFiveTimesAndEndsTheSession) {
    ServerHost host;
    auto &client = host.dial();
    client.silent = true;
    host.world.advance(29s);
    EXPECT_EQ(host.count(server_id::EchoMissed), 0);
    host.world.advance(7s);
    EXPECT_EQ(host.count(server_id::EchoMissed), 5);
    EXPECT_EQ(host.last(server_id::EchoMissed)->text, "LCP missed echo reply");
    EXPECT_TRUE(host.kernel.links().empty());
    host.world.advance(10s);  // Terminate-Requests, in case that it hears
    EXPECT_EQ(host.field(server_id::Down, "cause"), "lost-carrier");
    expect_record(host, "lost-carrier");
    host.world.advance(10s);
    EXPECT_EQ(host.server->sessions(), 0U);
}

TEST(ServerDown, TrafficThatTheKernelCountsKeepsASilentPppAlive) {
    ServerHost host;
    auto &client = host.dial();
    client.silent = true;
    for (int i = 0; i < 10; i++) {
        host.world.advance(20s);
        host.kernel.count_traffic(*client.call().session, 1, 0);
    }
    EXPECT_EQ(host.count(server_id::Down), 0);
}

TEST(ServerDown, SessionTimeoutEndsIt) {
    config::Config config = office_server();
    config.profiles[0].session_timeout = 1h;
    ServerHost host(config);
    (void)host.dial();
    host.world.advance(59min);
    EXPECT_EQ(host.server->sessions(), 1U);
    host.world.advance(2min);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "session-timeout");
    expect_record(host, "session-timeout");
    host.world.advance(1min);
    host.expect_nothing_left();
}

TEST(ServerDown, IdleTimeoutEndsItNeverTooEarly) {
    config::Config config = office_server();
    config.profiles[0].idle_timeout = 80s;
    ServerHost host(config);
    auto &client = host.dial();
    host.world.advance(70s);
    host.kernel.count_traffic(*client.call().session, 1, 1);
    host.world.advance(79s);
    EXPECT_EQ(host.count(server_id::Down), 0);
    host.world.advance(12s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "idle-timeout");
}

TEST(ServerDown, EchoesAreNoTrafficForTheIdleTimeout) {
    config::Config config = office_server();
    config.profiles[0].idle_timeout = 100s;
    ServerHost host(config);
    (void)host.dial();
    host.world.advance(95s);
    EXPECT_EQ(host.count(server_id::Down), 0);
    EXPECT_GE(host.active()[0]->link().counters().echo_sent, 3U);
    host.world.advance(25s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "idle-timeout");
}

TEST(ServerDown, TheAdministratorEndsAUsersSessions) {
    ServerHost host;
    auto &jack = host.dial();
    auto &jill = host.dial("jill", "tumble", 0xcb00710a);
    EXPECT_EQ(host.server->kill("jack", {Layer::Config, Side::User, base::ErrorCode::Closed,
                                         "ended by the administrator", Cause::AdminKill}),
              1U);
    host.world.advance(5s);
    EXPECT_FALSE(jack.up());
    EXPECT_TRUE(jill.up());
    EXPECT_EQ(host.field(server_id::Down, "cause"), "admin-kill");
    EXPECT_EQ(host.field(server_id::Down, "outcome"), "terminated");
    ASSERT_TRUE(jack.call().ended);
    EXPECT_EQ(jack.call().ended->kind, ppp::EndReason::Kind::PeerTerminated);
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jill>"));
}

TEST(ServerDown, KillTakesAnInterfaceOrTheNumberOfASessionToo) {
    ServerHost host;
    auto &jack = host.dial();
    const Reason reason = user_reason("x");
    EXPECT_EQ(host.server->kill("nobody", reason), 0U);
    EXPECT_EQ(host.server->kill("<pptp-jack>", reason), 1U);
    host.world.advance(5s);
    EXPECT_FALSE(jack.up());
    auto &again = host.dial();
    ASSERT_TRUE(again.up());
    EXPECT_EQ(host.server->kill(std::to_string(static_cast<std::uint32_t>(*again.call().session)),
                                reason),
              1U);
}

TEST(ServerDown, KillTakesACallersAddressForAllThatItHas) {
    ServerHost host;
    auto &jack = host.dial();
    auto &jill = host.dial("jill", "tumble", 0xcb00710a);
    jack.call_too(8, "jill", "tumble");
    host.world.run();
    ASSERT_EQ(host.server->sessions(), 3U);
    const Reason reason = user_reason("x");
    EXPECT_EQ(host.server->kill("203.0.113.90", reason), 0U);
    EXPECT_EQ(host.server->kill("203.0.113.9", reason), 2U);
    host.world.advance(5s);
    EXPECT_FALSE(jack.up());
    EXPECT_TRUE(jill.up());
    EXPECT_EQ(host.server->sessions(), 1U);
}

TEST(ServerDown, ASessionDeletedInTheKernelHasEnded) {
    ServerHost host;
    auto &client = host.dial();
    host.kernel.remove_session(*client.call().session, "request");
    host.world.advance(5s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "session-deleted");
    host.world.advance(1min);
    host.expect_nothing_left();
}

TEST(ServerDown, ADeletedInterfaceEndsItsSession) {
    ServerHost host;
    (void)host.dial();
    const auto link = host.kernel.links().begin()->first;
    ASSERT_TRUE(host.kernel.link_del(link));
    host.kernel.inject(netlink::SessionChanged{false, host.kernel.sessions().value()[0]});
    host.world.advance(5s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "interface-deleted");
}

TEST(ServerDown, LostEventsAreMadeUpForWithOneQuestionForAllSessions) {
    ServerHost host;
    (void)host.dial();
    auto &jill = host.dial("jill", "tumble", 0xcb00710a);
    host.kernel.remove_session(*host.clients[0].call().session, "request");
    while (!host.kernel.events()->empty()) {
    }
    const int before = host.kernel.count("sessions");
    host.kernel.inject(netlink::Overrun{});
    host.world.advance(1s);
    EXPECT_EQ(host.kernel.count("sessions") - before, 1);
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_TRUE(jill.up());
}

TEST(ServerDown, StoppingEndsAllInOrderAndSaysWhenItIsQuiet) {
    ServerHost host;
    auto &jack = host.dial();
    (void)host.dial("jill", "tumble", 0xcb00710a);
    host.server->stop_all({Layer::Config, Side::User, base::ErrorCode::Closed,
                           "the daemon was stopped", Cause::DaemonStopped});
    EXPECT_EQ(host.quiet, 0);
    host.world.advance(20s);
    EXPECT_EQ(host.quiet, 1);
    EXPECT_EQ(jack.call().ended->kind, ppp::EndReason::Kind::PeerTerminated);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "daemon-stopped");
    EXPECT_FALSE(host.client().dial());
    host.expect_nothing_left();
}

TEST(ServerDown, StoppingWithNobodyThereIsQuietAtOnce) {
    ServerHost host;
    host.server->stop_all(user_reason("stopped"));
    host.world.run();
    EXPECT_EQ(host.quiet, 1);
}

TEST(ServerDown, AbortingLeavesNothingWithoutWaiting) {
    ServerHost host;
    (void)host.dial();
    host.server->abort_all(user_reason("stopped"));
    host.world.run();
    EXPECT_EQ(host.quiet, 1);
    host.expect_nothing_left();
}

TEST(ServerDown, TheLastCountersAreInTheRecord) {
    ServerHost host;
    auto &client = host.dial();
    host.kernel.count_traffic(*client.call().session, 3, 5);
    client.hang_up();
    host.world.advance(10s);
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].packets_in, 3U);
    EXPECT_EQ(host.records()[0].packets_out, 5U);
    EXPECT_EQ(host.field(server_id::Down, "rx_bytes"), std::to_string(host.records()[0].octets_in));
}

TEST(ServerDown, InterimCountersComeFromOneQuestionForAll) {
    ServerHost host;
    auto &client = host.dial();
    (void)host.dial("jill", "tumble", 0xcb00710a);
    host.kernel.count_traffic(*client.call().session, 3, 5);
    const int before = host.kernel.count("sessions");
    host.world.advance(61s);
    EXPECT_EQ(host.kernel.count("sessions") - before, 1);
    const auto open = host.store.open_sessions().value();
    ASSERT_THAT(open, SizeIs(2));
    EXPECT_EQ(open[0].packets_in + open[1].packets_in, 3U);
}

TEST(ServerDown, ConfiguringAgainAndAgainDoesNotPutOffTheInterimCounters) {
    config::Config config = office_server();
    config.accounting.interim_update = 60s;
    ServerHost host(config);
    auto &client = host.dial();
    host.kernel.count_traffic(*client.call().session, 3, 5);
    for (int i = 0; i < 3; i++) {
        host.world.advance(25s);
        host.load(config);
    }
    EXPECT_EQ(host.records()[0].packets_in, 3U);
    // Another pace begins when it is given.
    host.kernel.count_traffic(*client.call().session, 3, 5);
    config.accounting.interim_update = 20s;
    host.load(config);
    host.world.advance(21s);
    EXPECT_EQ(host.records()[0].packets_in, 6U);
}

TEST(ServerDown, ANegotiationAnewKeepsTheSessionItsAddressAndItsName) {
    ServerHost host;
    auto &client = host.dial();
    const std::string key = host.active()[0]->session()->key;
    // The client's LCP begins anew, as pppd's does on SIGHUP of its peer.
    client.calls[0]->link.reset();
    ppp::LinkOptions options;
    options.credentials = {.user = "jack", .password = base::Secret("secret")};
    options.encryption = ppp::Encryption::Auto;
    client.calls[0]->ipv4.reset();
    client.calls[0]->link.emplace(options, host.random);
    client.calls[0]->link->open(host.world.now());
    client.received({});
    host.world.advance(10s);
    ASSERT_TRUE(client.up());
    EXPECT_EQ(client.call().ipv4->local.text(), "10.0.0.2");
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jack>"));
    EXPECT_EQ(host.active()[0]->session()->key, key);
    EXPECT_THAT(host.records(), SizeIs(1));
    EXPECT_THAT(host.dressing.said,
                ElementsAre("on jack <pptp-jack> 10.0.0.2", "off jack renegotiated",
                            "on jack <pptp-jack> 10.0.0.2"));
}

TEST(ServerDown, ANegotiationAnewBySomebodyElseEndsTheSession) {
    ServerHost host;
    auto &client = host.dial();
    client.calls[0]->link.reset();
    ppp::LinkOptions options;
    options.credentials = {.user = "jill", .password = base::Secret("tumble")};
    client.calls[0]->ipv4.reset();
    client.calls[0]->link.emplace(options, host.random);
    client.calls[0]->link->open(host.world.now());
    client.received({});
    host.world.advance(10s);
    EXPECT_FALSE(client.up());
    EXPECT_EQ(host.field(server_id::Down, "cause"), "auth-failed");
}

}  // namespace
}  // namespace rtun::daemon::test
