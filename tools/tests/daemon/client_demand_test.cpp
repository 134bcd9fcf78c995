// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client that dials when there is something to send, and hangs up when there is not.
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

namespace rtun::daemon::test {

using base::ErrorCode;
using testing::HasSubstr;

const base::Bytes Packet{0x45, 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

config::Client on_demand(bool default_route = false) {
    config::Client client = office();
    client.dial_on_demand = true;
    client.add_default_route = default_route;
    client.default_route_distance = 1;
    return client;
}

netlink::LinkIndex device(const Host &host) {
    EXPECT_EQ(host.kernel.links().size(), 1U);
    return host.kernel.links().begin()->first;
}

// The host has something to send through the client.
void send(Host &host) {
    (void)host.kernel.send_packet(device(host), Packet);
    host.world.run();
}

bool has_route(const Host &host, const std::string &destination, std::uint8_t length,
               const std::string &gateway) {
    const auto &routes = host.kernel.routes();
    return std::any_of(routes.begin(), routes.end(), [&](const netlink::Route &route) {
        return route.destination.text() == destination && route.prefix_length == length &&
               route.gateway.text() == gateway;
    });
}

TEST(OnDemand, NothingIsDialedBeforeSomethingIsToBeSent) {
    Host host;
    host.dial(on_demand(), Reconnect::Yes);
    host.world.advance(1h);
    EXPECT_TRUE(host.world.dialed.empty());
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    EXPECT_EQ(host.client->status().interface, "office");
    const fake::FakeLink &link = host.kernel.links().begin()->second;
    EXPECT_EQ(link.name, "office");
    EXPECT_TRUE(link.up);
    EXPECT_TRUE(has_route(host, "10.112.112.1", 32, "0.0.0.0"));
    EXPECT_FALSE(has_route(host, "0.0.0.0", 0, "10.112.112.1"));

    send(host);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.count("client.demand"), 1);
    EXPECT_EQ(device(host), host.only_session().device);
    EXPECT_EQ(host.kernel.links().begin()->second.addresses.size(), 1U);
}

TEST(OnDemand, TheInterfaceOutlivesTheCallAndTheNextPacketDialsAgain) {
    Host host;
    host.dial(on_demand(), Reconnect::Yes);
    const netlink::LinkIndex before = device(host);
    send(host);
    ASSERT_TRUE(host.client->up());
    host.server.hang_up();
    host.world.advance(10s);
    EXPECT_FALSE(host.client->up());
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    EXPECT_EQ(device(host), before);
    EXPECT_TRUE(host.kernel.links().begin()->second.addresses.empty());
    EXPECT_EQ(host.server.connections, 1);
    send(host);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(device(host), before);

    host.client->stop("by user");
    host.world.advance(10s);
    EXPECT_TRUE(host.client->off());
    host.expect_nothing_left();
}

TEST(OnDemand, ADefaultRouteLeadsThereAndTheServersDoNot) {
    Host host;
    config::Client settings = on_demand(true);
    settings.connect_to = "vpn.example.org,192.0.2.20";
    host.world.names.emplace("vpn.example.org", std::vector<base::Ipv4>{Server});
    host.dial(settings, Reconnect::Yes);
    EXPECT_TRUE(has_route(host, "0.0.0.0", 0, "10.112.112.1"));
    EXPECT_TRUE(has_route(host, "192.0.2.10", 32, "192.0.2.254"));
    EXPECT_TRUE(has_route(host, "192.0.2.20", 32, "192.0.2.254"));

    // The name cannot be asked any more: it is known.
    host.world.names.clear();
    send(host);
    ASSERT_TRUE(host.client->up());
    const auto &routes = host.kernel.routes();
    const auto first = std::find_if(routes.begin(), routes.end(), [](const netlink::Route &route) {
        return route.prefix_length == 0;
    });
    ASSERT_NE(first, routes.end());
    EXPECT_TRUE(first->gateway.unspecified());  // the call's own
    host.server.hang_up();
    host.world.advance(10s);
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    EXPECT_TRUE(has_route(host, "0.0.0.0", 0, "10.112.112.1"));
    EXPECT_TRUE(has_route(host, "192.0.2.10", 32, "192.0.2.254"));

    host.client->stop("by user");
    host.expect_nothing_left();
}

TEST(OnDemand, NoDefaultRouteIsInTheWayOfANameThatHasToBeAsked) {
    Host host;
    config::Client settings = on_demand(true);
    settings.connect_to = "vpn.example.org";
    host.world.names.emplace("vpn.example.org",
                             base::fail(ErrorCode::Unreachable, "vpn.example.org: no answer"));
    host.dial(settings, Reconnect::Yes);
    EXPECT_EQ(host.said("client.failed"), "vpn.example.org: no answer");
    EXPECT_FALSE(has_route(host, "0.0.0.0", 0, "10.112.112.1"));
    host.world.names.clear();
    host.world.names.emplace("vpn.example.org", std::vector<base::Ipv4>{Server});
    host.world.advance(2s);
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    EXPECT_TRUE(has_route(host, "0.0.0.0", 0, "10.112.112.1"));
}

TEST(OnDemand, AServerThatIsNotThereIsNotDialedWithEachPacket) {
    Host host;
    host.world.listeners.clear();
    host.world.refusals[Server] = {ErrorCode::Unreachable, "connection refused", ECONNREFUSED};
    host.dial(on_demand(), Reconnect::Yes);
    for (int i = 0; i < 600; i++) {
        send(host);
        host.world.advance(1s);
    }
    EXPECT_GE(host.world.dialed.size(), 10U);
    EXPECT_LE(host.world.dialed.size(), 20U);
}

TEST(OnDemand, TheDeviceThatAKilledDaemonLeftIsTakenOver) {
    Host host;
    const auto left = host.kernel.link_add_on_demand("office");
    ASSERT_TRUE(left);
    ASSERT_TRUE(host.kernel.link_add_on_demand("of-nobody"));
    EXPECT_EQ(sweep_standby(host.kernel, {"office"}).value(), 1U);
    host.dial(on_demand(), Reconnect::Yes);
    EXPECT_EQ(device(host), left->index);
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
}

TEST(OnDemand, ADeviceOfSomebodyElseIsNot) {
    Host host;
    host.kernel.add_foreign_link("office");
    host.dial(on_demand(), Reconnect::Yes);
    EXPECT_THAT(host.said("client.failed"), HasSubstr("office"));
    EXPECT_EQ(host.client->status().status, "disconnected");
    host.client->stop("by user");
    EXPECT_EQ(host.kernel.links().size(), 1U);
}

TEST(OnDemand, ADeletedInterfaceIsMadeAgain) {
    Host host;
    host.dial(on_demand(), Reconnect::Yes);
    ASSERT_TRUE(host.kernel.link_del(device(host)));
    host.kernel.change_underlay(host.kernel.underlay);  // whatever happens to devices is told
    host.world.run();
    ASSERT_EQ(host.kernel.links().size(), 1U);
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    send(host);
    EXPECT_TRUE(host.client->up());
}

TEST(OnDemand, EachClientHasAGatewayOfItsOwn) {
    Host host;
    host.dial(on_demand(), Reconnect::Yes);
    Standby second(host.kernel, host.routes);
    ASSERT_TRUE(second.make("other", 1450));
    EXPECT_EQ(second.gateway().text(), "10.112.112.2");
    EXPECT_TRUE(has_route(host, "10.112.112.2", 32, "0.0.0.0"));
}

TEST(OnDemand, AnotherProgramLeavesThePinsOfAnInterfaceThatWaits) {
    Host host;
    host.dial(on_demand(true), Reconnect::Yes);
    const auto before = host.kernel.routes();
    HostRoutes theirs(host.kernel, "connect-9");
    EXPECT_EQ(theirs.sweep().value(), 0U);
    ASSERT_TRUE(theirs.pin(Server, 0, netlink::LinkIndex{99}));
    theirs.unpin(Server);
    theirs.tunnel_gone(Server);
    EXPECT_EQ(host.kernel.routes(), before);
}

TEST(OnDemand, SwitchedOffItDialsAtOnceAndTheInterfaceIsTheCallsAgain) {
    Host host;
    host.dial(on_demand(), Reconnect::Yes);
    config::Client settings = office();
    host.client->apply(settings);
    host.world.run();
    EXPECT_TRUE(host.client->up());
    EXPECT_FALSE(host.kernel.links().begin()->second.on_demand);
    settings.dial_on_demand = true;
    host.client->apply(settings);
    host.world.advance(10s);
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    EXPECT_TRUE(host.kernel.links().begin()->second.on_demand);
}

// -- idle

TEST(Idle, ACallThatCarriesNothingIsHungUp) {
    Host host;
    config::Client settings = on_demand();
    settings.idle_timeout = 60s;
    settings.keepalive = 0s;
    host.dial(settings, Reconnect::Yes);
    send(host);
    ASSERT_TRUE(host.client->up());
    host.world.advance(59s);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().idle_time, 59U);
    host.world.advance(3s);
    EXPECT_FALSE(host.client->up());
    EXPECT_EQ(host.said("client.down"), "terminated (nothing was carried for 1m)");
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    EXPECT_EQ(host.server.connections, 1);
}

TEST(Idle, WhatIsCarriedPutsItOff) {
    Host host;
    config::Client settings = on_demand();
    settings.idle_timeout = 60s;
    settings.keepalive = 0s;
    host.dial(settings, Reconnect::Yes);
    send(host);
    for (int i = 0; i < 20; i++) {
        host.world.advance(30s);
        ASSERT_TRUE(host.client->up()) << i;
        (void)host.kernel.send_packet(device(host), Packet);
    }
    EXPECT_LE(*host.client->status().idle_time, 30U);
    host.world.advance(70s);
    EXPECT_FALSE(host.client->up());
}

TEST(Idle, WithoutDemandTheClientComesBack) {
    Host host;
    config::Client settings = office();
    settings.idle_timeout = 10s;
    host.dial(settings, Reconnect::Yes);
    host.world.advance(20s);
    EXPECT_GE(host.server.connections, 2);
}

}  // namespace rtun::daemon::test
