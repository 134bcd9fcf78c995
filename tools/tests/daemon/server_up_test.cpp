// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sessions of the server that come up, and what each of them gets.
#include <tests/daemon/server_host.h>

#include <daemon/server_events.h>

namespace rtun::daemon::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Server, ListensWhereTheConfigurationSays) {
    const ServerHost host;
    EXPECT_THAT(host.server->listening(), ElementsAre("*:1723"));
    EXPECT_EQ(host.count(server_id::Listening), 1);
}

TEST(Server, IsNotThereUnlessItIsEnabled) {
    config::Config config = office_server();
    config.pptp_server.enabled = false;
    ServerHost host(config);
    EXPECT_THAT(host.server->listening(), IsEmpty());
    EXPECT_FALSE(host.client().dial());
}

TEST(Server, GivesAUserWithTheRightPasswordASession) {
    ServerHost host;
    auto &client = host.dial();
    ASSERT_TRUE(client.up());
    EXPECT_EQ(client.call().ipv4->local.text(), "10.0.0.2");
    EXPECT_EQ(client.call().ipv4->remote.text(), "10.0.0.1");
    EXPECT_EQ(client.call().authenticated->method, auth::Method::MsChap2);
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jack>"));
    ASSERT_THAT(host.active(), SizeIs(1));
    EXPECT_EQ(host.active()[0]->session()->user, "jack");
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_EQ(host.server->half_open(), 0U);
    EXPECT_THAT(host.dressing.said, ElementsAre("on jack <pptp-jack> 10.0.0.2"));
}

TEST(Server, TellsOfASessionWhoAndWhere) {
    ServerHost host;
    (void)host.dial();
    ASSERT_EQ(host.count(server_id::Up), 1);
    const ctl::Event &event = *host.last(server_id::Up);
    EXPECT_EQ(event.object, "call");
    EXPECT_EQ(event.name, "jack");
    EXPECT_EQ(host.field(server_id::Up, "user"), "jack");
    EXPECT_EQ(host.field(server_id::Up, "peer"), "203.0.113.9");
    EXPECT_EQ(host.field(server_id::Up, "interface"), "<pptp-jack>");
    EXPECT_EQ(host.field(server_id::Up, "remote_address"), "10.0.0.2");
    EXPECT_EQ(host.field(server_id::Up, "authentication"), "mschap2");
    EXPECT_EQ(host.field(server_id::Up, "attempt"), host.field(server_id::Call, "attempt"));
}

TEST(Server, TellsTheKernelOfAPeerOfOurKind) {
    for (const bool ours : {true, false}) {
        ServerHost host;
        ASSERT_TRUE(host.dial({.vendor = ours ? "rtun" : "Microsoft"}).up());
        EXPECT_EQ(host.kernel.sessions().value().at(0).peer_offload, ours);
    }
}

TEST(Server, PutsTheSessionIntoTheKernelAsTheClientSees) {
    ServerHost host;
    auto &client = host.dial();
    const auto tunnels = host.kernel.tunnels().value();
    ASSERT_THAT(tunnels, SizeIs(1));
    EXPECT_EQ(*tunnels[0].spec.local.v4(), base::Ipv4{0xc0000201});
    EXPECT_EQ(*tunnels[0].spec.remote.v4(), base::Ipv4{0xcb007109});
    const auto sessions = host.kernel.sessions().value();
    ASSERT_THAT(sessions, SizeIs(1));
    EXPECT_EQ(sessions[0].peer_id, 7U);
    EXPECT_TRUE(sessions[0].np.ipv4);
    EXPECT_FALSE(sessions[0].np.ipv6);
    EXPECT_TRUE(sessions[0].flags.echo_reply);
    ASSERT_TRUE(sessions[0].device);
    const fake::FakeLink &link = host.kernel.links().at(*sessions[0].device);
    EXPECT_TRUE(link.up);
    ASSERT_THAT(link.addresses, SizeIs(1));
    EXPECT_EQ(link.addresses[0].local.text(), "10.0.0.1");
    EXPECT_EQ(link.addresses[0].peer.text(), "10.0.0.2");
    EXPECT_EQ(client.call().session, sessions[0].id);
}

TEST(Server, EncryptsWithKeysThatMatchTheClients) {
    ServerHost host;
    auto &client = host.dial();
    ASSERT_TRUE(client.up());
    ASSERT_TRUE(client.call().encryption);
    const auto keys = host.kernel.keys_of(*client.call().session);
    EXPECT_TRUE(keys.send.same_as(client.call().encryption->receive->start_key.reveal()));
    EXPECT_TRUE(keys.receive.same_as(client.call().encryption->send->start_key.reveal()));
    EXPECT_EQ(host.field(server_id::Up, "encoding"), "MPPE128 stateless");
}

TEST(Server, LetsAClientInClearWhereEncryptionIsNotRequired) {
    ServerHost host;
    auto &client = host.dial({.encryption = ppp::Encryption::No});
    EXPECT_TRUE(client.up());
    EXPECT_EQ(host.field(server_id::Up, "encoding"), "none");
}

TEST(Server, RefusesAClientInClearWhereEncryptionIsRequired) {
    config::Config config = office_server();
    config.profiles[0].use_encryption = config::Profile::UseEncryption::Require;
    ServerHost host(config);
    auto &client = host.dial({.encryption = ppp::Encryption::No});
    host.world.advance(2min);
    EXPECT_FALSE(client.up());
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "encryption-failed");
    host.expect_nothing_left();
}

// The switch of Cisco's flow-control alarm. Stateful keys are not used twice on the way.
TEST(Server, GoesFromStatefulToStatelessWithOtherKeysAtTheFirstAlarm) {
    config::Config config = office_server();
    config.pptp_server.mppe_stateful = ppp::StatefulMppe::Only;
    ServerHost host(config);
    auto &client = host.dial({.mppe_stateful = ppp::StatefulMppe::Yes});
    ASSERT_TRUE(client.up());
    ASSERT_EQ(host.field(server_id::Up, "encoding"), "MPPE128 stateful");
    const netlink::SessionId session = *client.call().session;
    const base::Secret stateful = host.kernel.keys_of(session).send;

    const netlink::Event alarm = netlink::Notice{.type = "alarm", .session = session};
    EXPECT_TRUE(host.server->kernel_event(alarm));
    host.world.run();
    ASSERT_TRUE(client.up());
    EXPECT_EQ(host.field(server_id::Encryption, "encoding"), "MPPE128 stateless");
    EXPECT_EQ(host.active()[0]->shown(host.world.now()).encoding, "MPPE128 stateless");
    EXPECT_FALSE(host.kernel.keys_of(session).send.same_as(stateful.reveal()));
    EXPECT_EQ(host.count(server_id::Down), 0);
    EXPECT_THAT(host.records(), SizeIs(1));

    const int told = host.count(server_id::Encryption);
    EXPECT_TRUE(host.server->kernel_event(alarm));
    host.world.run();
    EXPECT_EQ(host.count(server_id::Encryption), told);
}

TEST(Server, StaysStatefulAfterAnAlarmWhereTheClientInsists) {
    config::Config config = office_server();
    config.pptp_server.mppe_stateful = ppp::StatefulMppe::Only;
    ServerHost host(config);
    auto &client = host.dial({.mppe_stateful = ppp::StatefulMppe::Only});
    ASSERT_TRUE(client.up());
    const netlink::SessionId session = *client.call().session;
    const base::Secret before = host.kernel.keys_of(session).send;
    EXPECT_TRUE(host.server->kernel_event(netlink::Notice{.type = "alarm", .session = session}));
    host.world.run();
    EXPECT_TRUE(client.up());
    EXPECT_EQ(host.active()[0]->shown(host.world.now()).encoding, "MPPE128 stateful");
    EXPECT_FALSE(host.kernel.keys_of(session).send.same_as(before.reveal()));
}

TEST(Server, AnAlarmChangesNothingOfOtherSessions) {
    for (const auto wanted : {ppp::StatefulMppe::No, ppp::StatefulMppe::Yes}) {
        config::Config config = office_server();
        config.pptp_server.mppe_stateful = wanted;
        ServerHost host(config);
        auto &client =
            host.dial({.mppe_stateful = wanted == ppp::StatefulMppe::Yes ? ppp::StatefulMppe::Only
                                                                         : ppp::StatefulMppe::No});
        ASSERT_TRUE(client.up());
        const int told = host.count(server_id::Encryption);
        EXPECT_TRUE(host.server->kernel_event(
            netlink::Notice{.type = "alarm", .session = client.call().session}));
        host.world.run();
        EXPECT_EQ(host.count(server_id::Encryption), told);
        EXPECT_TRUE(client.up());
    }
}

TEST(Server, ForbidsPacketsInClearBeforeIpv4OpensWhereEncryptionIsRequired) {
    config::Config config = office_server();
    config.profiles[0].use_encryption = config::Profile::UseEncryption::Require;
    ServerHost host(config);
    auto &client = host.dial();
    ASSERT_TRUE(client.up());
    EXPECT_TRUE(host.kernel.session_of(*client.call().session).mppe_required);
}

TEST(Server, WritesARecordOfTheSessionWhenItBegins) {
    ServerHost host;
    (void)host.dial();
    ASSERT_THAT(host.records(), SizeIs(1));
    const aaa::Record record = host.records()[0];
    EXPECT_EQ(record.user, "jack");
    EXPECT_EQ(record.service, "pptp");
    EXPECT_EQ(record.caller, "203.0.113.9");
    EXPECT_EQ(record.interface, "<pptp-jack>");
    EXPECT_EQ(record.address, "10.0.0.2");
    EXPECT_FALSE(record.stopped);
    EXPECT_EQ(record.id, host.active()[0]->session()->key);
}

TEST(Server, KeepsNoRecordIfAccountingIsOff) {
    config::Config config = office_server();
    config.accounting.enabled = false;
    ServerHost host(config);
    EXPECT_TRUE(host.dial().up());
    EXPECT_THAT(host.records(), IsEmpty());
}

TEST(Server, UsesTheInterfaceThatIsKeptForTheUser) {
    config::Config config = office_server();
    config.interfaces = {{.name = "jacks", .comment = "", .user = "jack"}};
    ServerHost host(config);
    (void)host.dial();
    EXPECT_THAT(host.interfaces(), ElementsAre("jacks"));
    EXPECT_FALSE(host.active()[0]->shown(host.world.now()).dynamic);
    // The second session of the user gets one that goes with it.
    (void)host.dial("jack", "secret", 0xcb00710a);
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jack>", "jacks"));
}

TEST(Server, TakesADynamicNameIfSomebodyElseHasTheInterface) {
    config::Config config = office_server();
    config.interfaces = {{.name = "jacks", .comment = "", .user = "jack"}};
    ServerHost host(config);
    host.kernel.add_foreign_link("jacks");
    host.kernel.add_foreign_link("<pptp-jack>");
    auto &client = host.dial();
    EXPECT_TRUE(client.up());
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jack-1>", "<pptp-jack>", "jacks"));
}

TEST(Server, ServesTwoClientsBehindOneAddressWithTheSameCallId) {
    ServerHost host;
    fake::FakePptpClient::Options second;
    second.port = 40001;
    second.user = "jill";
    second.password = "tumble";
    auto &jack = host.dial();
    auto &jill = host.dial(second);
    EXPECT_TRUE(jack.up());
    EXPECT_TRUE(jill.up());
    EXPECT_NE(jack.call().session, jill.call().session);
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jack>", "<pptp-jill>"));
    jack.drop();
    host.world.advance(1s);
    EXPECT_TRUE(jill.up());
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jill>"));
}

TEST(Server, ServesManyCallsOfOneControlConnection) {
    ServerHost host;
    auto &client = host.dial();
    client.call_too(8, "jill", "tumble");
    host.world.run();
    ASSERT_THAT(client.calls, SizeIs(2));
    EXPECT_TRUE(client.calls[0]->ipv4);
    EXPECT_TRUE(client.calls[1]->ipv4);
    EXPECT_EQ(host.server->connections(), 1U);
    EXPECT_EQ(host.server->sessions(), 2U);
    EXPECT_THAT(host.kernel.tunnels().value(), SizeIs(1));
    // One ends by itself; the other and the connection go on.
    client.calls[1]->link->close(host.world.now(), "done");
    client.received({});
    host.world.advance(5s);
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_EQ(host.server->connections(), 1U);
    EXPECT_TRUE(client.calls[0]->ipv4);
    client.drop();
    host.world.advance(5s);
    host.expect_nothing_left();
}

TEST(Server, OpensIpv6WhereTheProfileSaysSo) {
    config::Config config = office_server();
    config.profiles[0].use_ipv6 = config::Toggle::Yes;
    ServerHost host(config);
    auto &client = host.dial({.ipv6 = true});
    EXPECT_TRUE(client.call().ipv6);
    EXPECT_TRUE(host.kernel.session_of(*client.call().session).np.ipv6);
    EXPECT_TRUE(host.kernel.session_of(*client.call().session).np.ipv4);
}

TEST(Server, DoesNotOpenIpv6ByDefault) {
    ServerHost host;
    auto &client = host.dial({.ipv6 = true});
    EXPECT_TRUE(client.up());
    EXPECT_FALSE(client.call().ipv6);
}

TEST(Server, ServesNameServersToThoseWhoAsk) {
    config::Config config = office_server();
    config.profiles[0].dns_server = {base::Ipv4::parse("10.0.0.53").value()};
    ServerHost host(config);
    auto &client = host.dial({.request_dns = true});
    ASSERT_TRUE(client.up());
    EXPECT_THAT(client.call().ipv4->dns, ElementsAre(base::Ipv4::parse("10.0.0.53").value()));
}

TEST(Server, TellsTheClientItsReceiveWindow) {
    config::Config config = office_server();
    config.pptp_server.receive_window = 16;
    ServerHost host(config);
    EXPECT_EQ(host.dial().server_window, 16);
}

TEST(Server, AsksForAnEchoAfterTheSilenceThatIsSet) {
    config::Config config = office_server();
    config.pptp_server.echo_interval = 7s;
    ServerHost host(config);
    auto &client = host.dial();
    constexpr int EchoRequest = 5;
    host.world.advance(6s);
    EXPECT_THAT(client.messages, testing::Not(testing::Contains(EchoRequest)));
    host.world.advance(2s);
    EXPECT_THAT(client.messages, testing::Contains(EchoRequest));
    host.world.advance(1min);
    EXPECT_TRUE(client.up()) << "it was answered";
}

TEST(Server, FitsTheDeviceToThePath) {
    ServerHost host;
    host.kernel.path_mtu = 1400;
    (void)host.dial({.encryption = ppp::Encryption::No});
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1360U);
    const auto tunnel = host.kernel.tunnels().value()[0].id;
    host.kernel.set_path_mtu(tunnel, 1300);
    host.kernel.inject(netlink::Notice{.type = "pmtu", .tunnel = tunnel, .value = 1300});
    host.world.run();
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1260U);
}

TEST(Server, OfAutomaticSizesHasWhatFitsThePath) {
    config::Config config = office_server();
    config.pptp_server.max_mtu = config.pptp_server.max_mru = 0;
    ServerHost host(config);
    host.kernel.path_mtu = 1400;
    (void)host.dial({.encryption = ppp::Encryption::No});
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1360U);
    EXPECT_EQ(host.count(server_id::Mtu), 0);
    EXPECT_THAT(host.last(server_id::Lcp)->text, HasSubstr("mru 1360"));
}

TEST(Server, SaysWhatOfTheDressingCouldNotBeDoneAndGoesOn) {
    ServerHost host;
    host.dressing.problems = {"rate-limit: no such qdisc"};
    EXPECT_TRUE(host.dial().up());
    EXPECT_EQ(host.count(server_id::Setting), 1);
    EXPECT_THAT(host.last(server_id::Setting)->text, HasSubstr("no such qdisc"));
}

TEST(Server, GivesEachOfThousandSessionsItsOwn) {
    config::Config config = office_server();
    config.pools[0].ranges = {
        {base::Ipv4::parse("10.1.0.0").value(), base::Ipv4::parse("10.1.255.255").value()}};
    ServerHost host(config);
    constexpr int Many = 1000;
    for (int i = 0; i < Many; i++)
        ASSERT_TRUE(host.dial("jack", "secret", 0x0b000000U + static_cast<std::uint32_t>(i)).up());
    EXPECT_EQ(host.server->sessions(), std::size_t{Many});
    EXPECT_THAT(host.kernel.links(), SizeIs(Many));
    // A frame for one of them is not looked at by the others.
    const int before = host.kernel.count("session");
    host.clients[500].hang_up();
    host.world.run();
    EXPECT_LT(host.kernel.count("session") - before, 5);
    host.server->abort_all(user_reason("the daemon was stopped"));
    host.expect_nothing_left();
}

}  // namespace
}  // namespace rtun::daemon::test
