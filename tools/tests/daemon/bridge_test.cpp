// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tunnels whose ends are ports of bridges: clients and sessions of the server, single and bundles,
// through their daemons' deaths; and the addresses and sizes of ports.
#include <config/grammar.h>
#include <daemon/bridge_port.h>
#include <daemon/ppp_kernel.h>
#include <daemon/server_view.h>
#include <tests/daemon/handover.h>
#include <tests/daemon/multilink_host.h>
#include <tests/daemon/server_daemons.h>

namespace rtun::daemon::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const base::Mac Far{{2, 0, 0, 0, 0, 9}};

config::Profile lans() {
    config::Profile profile;
    profile.name = "lans";
    profile.bridge = "lan";
    return profile;
}

const fake::FakeLink &port(const fake::FakeKernel &kernel) {
    static const fake::FakeLink none{};
    for (const auto &[index, link] : kernel.links())
        if (link.ethernet)
            return link;
    ADD_FAILURE() << "there is no device of Ethernet";
    return none;
}
bool has_port(const fake::FakeKernel &kernel) {
    return std::any_of(kernel.links().begin(), kernel.links().end(),
                       [](const auto &one) { return one.second.ethernet; });
}
netlink::LinkIndex bridge_of(fake::FakeKernel &kernel, std::string_view name = "lan") {
    return kernel.link_index(name).value();
}

// -- what ports are like

TEST(BridgePort, ItsMtuLeavesRoomForHeadersAndATagAndIsThatOfEthernetAtTheMost) {
    EXPECT_EQ(bridge_mtu(1450), 1430U);
    EXPECT_EQ(bridge_mtu(1520), 1500U);
    EXPECT_EQ(bridge_mtu(1600 - MppeOverhead), 1500U);
    EXPECT_EQ(bridge_mtu(16384), 1500U);
    EXPECT_EQ(bridge_mtu(10), 1280U) << "the rest of the bridge lives on";
    const DeviceMtu fits = bridged(device_mtu(1450, 1450, 1400, Clear::No));
    EXPECT_EQ(fits.mtu, 1400 - PptpOverhead - MppeOverhead - BridgeOverhead);
    EXPECT_EQ(fits.mtu + fits.ours, 1400U);
    EXPECT_EQ(fits.wanted, 1430U);
    EXPECT_TRUE(fits.lowered());
}

TEST(BridgePort, ItsAddressIsOfOneStationAndTheSameForTheSameWords) {
    const base::Mac one = port_mac("host", "client", "office");
    EXPECT_EQ(one, port_mac("host", "client", "office"));
    EXPECT_TRUE(one.unicast());
    EXPECT_EQ(one.octets[0], 0xfe) << "which no bridge takes for its own";
    for (const base::Mac &other :
         {port_mac("host2", "client", "office"), port_mac("host", "server", "office"),
          port_mac("host", "client", "office2"), port_mac("host", "client", "office", 1),
          port_mac("hostc", "lient", "office"), port_mac("host", "clien", "toffice")})
        EXPECT_NE(one, other);
}

TEST(BridgePort, SettingsAreThoseOfTheKernel) {
    fake::FakeKernel kernel;
    ASSERT_TRUE(kernel.bind_owner("rtun"));
    kernel.add_foreign_link("lan", "bridge");
    kernel.add_foreign_link("eth0");
    netlink::TunnelSpec spec;
    spec.xport = netlink::Xport::Mlppp;
    const auto tunnel = kernel.tunnel_add(spec).value();
    const auto session = kernel
                             .session_add(tunnel, 0,
                                          {.np = netlink::NetworkProtocols{.bridge = true},
                                           .multilink = netlink::MultilinkSpec{}})
                             .value();
    const auto device = kernel.link_add_ethernet("p", session.id, {}).value().index;
    ASSERT_TRUE(join_bridge(kernel, device, {.bridge = "lan"}));
    EXPECT_EQ(port(kernel).master, bridge_of(kernel));
    EXPECT_EQ(port(kernel).port, netlink::BridgePort{});
    ASSERT_TRUE(join_bridge(kernel, device,
                            {.bridge = "lan",
                             .horizon = 0,
                             .learning = config::Toggle::No,
                             .path_cost = 7,
                             .priority = std::uint8_t{240}}));
    EXPECT_EQ(port(kernel).port, (netlink::BridgePort{true, false, 7, 60}));
    ASSERT_TRUE(join_bridge(kernel, device, {.bridge = "lan", .priority = std::uint8_t{128}}));
    EXPECT_EQ(port(kernel).port, netlink::BridgePort{});
    EXPECT_EQ(kernel.count(fmt::format("link_set {} master", static_cast<int>(device))), 1);
    EXPECT_EQ(join_bridge(kernel, device, {.bridge = "nowhere"}).error().text,
              "there is no bridge \"nowhere\"");
    EXPECT_EQ(join_bridge(kernel, device, {.bridge = "eth0"}).error().text,
              "interface \"eth0\" is not a bridge");
    kernel.fail_next("link_set", {base::ErrorCode::Refused, "busy", EBUSY});
    EXPECT_EQ(join_bridge(kernel, device, {.bridge = "lan"}).error().text, "bridge \"lan\": busy");
}

// -- a client

struct Bridging : Daemons {
    explicit Bridging(config::Client first = at_lans()) : Daemons(std::move(first)) {
        config.profiles.push_back(lans());
        kernel.add_foreign_link("lan", "bridge");
        server.bridges = true;
    }
    static config::Client at_lans() {
        config::Client client = office();
        client.profile = "lans";
        return client;
    }
    void expect_goes_on() {
        EXPECT_EQ(count("client.resumed"), 1);
        EXPECT_EQ(count("client.dialing"), 0);
        EXPECT_EQ(status().status, "connected");
        for (const char *verb : {"tunnel_add", "tunnel_del", "session_add", "session_del",
                                 "link_add_ethernet", "link_del", "frame_send"})
            EXPECT_FALSE(asked_for(verb)) << verb;
    }
};

TEST(ClientBridge, IsAPortOfItsBridgeAndHasNoAddress) {
    Bridging host;
    host.start();
    const ctl::ClientStatus status = host.status();
    EXPECT_EQ(status.status, "connected") << status.last_error;
    const fake::FakeLink &link = port(host.kernel);
    EXPECT_EQ(link.name, "office");
    EXPECT_TRUE(link.up);
    EXPECT_EQ(link.mtu, 1430U);
    EXPECT_EQ(link.mac, port_mac("fake-1", "client", "office"));
    EXPECT_EQ(link.master, bridge_of(host.kernel));
    EXPECT_THAT(link.addresses, IsEmpty());
    const netlink::Session session = host.only_session();
    EXPECT_EQ(session.np, netlink::NetworkProtocols{.bridge = true});
    EXPECT_EQ(
        session.bridging,
        (netlink::BridgeFlags{.tinygram_rx = true, .tagged_tx = true, .management_tx = true}));
    EXPECT_EQ(status.bridge, "lan");
    EXPECT_EQ(status.bridging, "tx tagged,management rx tagged,tinygram,management");
    EXPECT_EQ(status.mac_address, link.mac->text());
    EXPECT_EQ(status.remote_mac_address, "02:00:00:00:00:0a");
    EXPECT_EQ(status.local_address, "");
    EXPECT_EQ(host.said("client.up"), "connected: office in bridge lan mtu 1430 not encrypted");
    EXPECT_EQ(host.last("client.up")->fields.at("bridge"), "lan");
}

TEST(ClientBridge, APeerThatDoesNotBridgeIsNamedAsTheReason) {
    Bridging host;
    host.server.bridges = false;
    host.start();
    EXPECT_EQ(host.count("client.up"), 0);
    EXPECT_THAT(host.said("client.failed"), HasSubstr("BCP"));
    EXPECT_FALSE(has_port(host.kernel));
}

TEST(ClientBridge, APeerThatWillNotHearOfItsAddressGetsTheSamePort) {
    Bridging host;
    host.server.rejects_mac = true;
    host.start();
    EXPECT_EQ(host.count("client.up"), 1);
    EXPECT_EQ(port(host.kernel).mac, port_mac("fake-1", "client", "office"));
    EXPECT_EQ(host.status().mac_address, port_mac("fake-1", "client", "office").text());
}

TEST(ClientBridge, ABridgeThatIsNotThereIsNotDialedFor) {
    Bridging host;
    host.config.profiles[0].bridge = "nowhere";
    host.start();
    EXPECT_EQ(host.said("client.failed"), "there is no bridge \"nowhere\"");
    EXPECT_EQ(host.server.connections, 0);
    EXPECT_EQ(host.status().last_error, "there is no bridge \"nowhere\"");
}

TEST(ClientBridge, WhatIsForPacketsIsRefusedBesideIt) {
    const auto refused = [](auto change) {
        config::Client client = Bridging::at_lans();
        change(client);
        Bridging host(client);
        host.start();
        EXPECT_EQ(host.server.connections, 0);
        EXPECT_FALSE(has_port(host.kernel));
        return host.said("client.failed");
    };
    const std::string why =
        " is for packets of IP, and profile \"lans\" makes the tunnel a port of bridge \"lan\"";
    EXPECT_EQ(refused([](config::Client &c) { c.add_default_route = true; }),
              "add-default-route" + why);
    EXPECT_EQ(refused([](config::Client &c) { c.dial_on_demand = true; }), "dial-on-demand" + why);
    EXPECT_EQ(refused([](config::Client &c) { c.ipv6 = true; }), "ipv6" + why);
}

TEST(ClientBridge, ACommandThatWouldAskForItIsRefusedAndChangesNothing) {
    Bridging host;
    host.start();
    const auto words = config::split_line("client set office add-default-route yes", 1, "");
    const auto command = config::parse(words.value(), config::Secrets::Allowed, "");
    ASSERT_TRUE(command) << command.error().text;
    const auto set = host.clients->set(std::get<config::ClientSet>(*command));
    ASSERT_FALSE(set);
    EXPECT_THAT(set.error().text, HasSubstr("add-default-route is for packets of IP"));
    EXPECT_EQ(host.status().status, "connected");
    EXPECT_TRUE(host.kernel.routes().empty());
}

TEST(ClientBridge, AKilledDaemonsPortStaysWhereItIs) {
    Bridging host;
    host.start();
    const ctl::ClientStatus before = host.status();
    for (int i = 0; i < 3; i++) {
        host.kill();
        host.start();
        host.expect_goes_on();
        EXPECT_FALSE(host.asked_for("session_set"));
        EXPECT_FALSE(host.asked_for("link_up"));
    }
    const ctl::ClientStatus after = host.status();
    EXPECT_EQ(after.bridge, before.bridge);
    EXPECT_EQ(after.bridging, before.bridging);
    EXPECT_EQ(after.mac_address, before.mac_address);
    EXPECT_EQ(after.remote_mac_address, before.remote_mac_address);
    EXPECT_EQ(after.mtu, before.mtu);
    EXPECT_THAT(host.said("client.resumed"), HasSubstr("office in bridge lan mtu 1430"));
}

TEST(ClientBridge, TheNextDaemonPutsItWhereTheProfileSaysNow) {
    Bridging host;
    host.start();
    host.kernel.add_foreign_link("dmz", "bridge");
    host.kill();
    host.config.profiles[0].bridge = "dmz";
    host.config.profiles[0].bridge_path_cost = 9;
    host.start();
    host.expect_goes_on();
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel, "dmz"));
    EXPECT_EQ(port(host.kernel).port.cost, 9U);
    EXPECT_EQ(host.status().bridge, "dmz");
    // Of none any more: that is another call.
    host.kill();
    host.config.profiles[0].bridge = "";
    host.start();
    EXPECT_EQ(host.count("client.resumed"), 0);
    EXPECT_EQ(host.count("client.up"), 1);
    EXPECT_FALSE(has_port(host.kernel));
    // And back.
    host.kill();
    host.config.profiles[0].bridge = "lan";
    host.start();
    EXPECT_EQ(host.count("client.resumed"), 0);
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel));
}

TEST(ClientBridge, ABridgeThatIsGoneForAMomentEndsNothing) {
    Bridging host;
    host.start();
    host.kill();
    host.config.profiles[0].bridge = "dmz";
    for (int i = 0; i < 2; i++) {
        host.start();
        host.expect_goes_on();
        EXPECT_EQ(host.said("client.setting"), "there is no bridge \"dmz\"");
        host.kill();
    }
    host.kernel.add_foreign_link("dmz", "bridge");
    host.start();
    host.expect_goes_on();
    EXPECT_EQ(host.count("client.setting"), 0);
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel, "dmz"));
}

TEST(ClientBridge, NegotiatesAnewAndIsThereAgainWithItsAddress) {
    Bridging host;
    host.start();
    const auto mac = port(host.kernel).mac;
    host.server.renegotiate();
    host.world.run();
    EXPECT_EQ(host.count("client.up"), 2);
    EXPECT_EQ(port(host.kernel).mac, mac);
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel));
}

TEST(ClientBridge, ADeletedInterfaceEndsIt) {
    Bridging host;
    host.start();
    ASSERT_TRUE(host.kernel.link_del(host.kernel.link_index("office").value()));
    host.clients->kernel_event(netlink::Overrun{});
    host.world.run();
    EXPECT_THAT(host.said("client.down"), HasSubstr("interface office was deleted"));
}

TEST(ClientBridge, ABundleTakesWholeFramesOfALanAndOutlivesItsDaemon) {
    config::Client client = Bridging::at_lans();
    client.mrru = 1600;
    Bridging host(client);
    host.server.mrru = 1600;
    host.server.discriminator = 7;
    host.start();
    ASSERT_EQ(host.status().status, "connected") << host.status().last_error;
    EXPECT_EQ(port(host.kernel).mtu, 1500U);
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel));
    EXPECT_EQ(port(host.kernel).mac, port_mac("fake-1", "client", "office"));
    const ctl::ClientStatus before = host.status();
    EXPECT_EQ(before.bridge, "lan");
    EXPECT_THAT(before.links, SizeIs(1));
    host.kill();
    host.start();
    host.expect_goes_on();
    EXPECT_EQ(host.status().bridging, before.bridging);
    EXPECT_EQ(host.status().mtu, 1500U);
    host.kill();
    host.config.profiles[0].bridge = "dmz";
    host.start();
    host.expect_goes_on();
    EXPECT_EQ(host.said("client.setting"), "there is no bridge \"dmz\"");
}

TEST(ClientBridge, AServerWithoutMultilinkGetsOneCallThatBridges) {
    config::Client client = Bridging::at_lans();
    client.mrru = 1600;
    Bridging host(client);
    host.start();
    ASSERT_EQ(host.status().status, "connected") << host.status().last_error;
    EXPECT_EQ(port(host.kernel).mtu, 1430U);
    EXPECT_EQ(host.status().bridge, "lan");
}

// -- a session of the server

config::Config bridging_server() {
    config::Config config = office_server();
    config.profiles.push_back(lans());
    config.secrets[0].profile = "lans";
    // What only the default profile says, and is not for frames.
    config.profiles[0].proxy_arp = true;
    config.profiles[0].address_list = "staff";
    return config;
}

fake::FakePptpClient::Options caller(std::uint32_t from = 0xcb007109) {
    fake::FakePptpClient::Options options;
    options.from = base::Ipv4{from};
    options.bridge = ppp::BridgeOptions{Far};
    return options;
}

struct Served : ServerDaemons {
    explicit Served(config::Config wanted = bridging_server()) : ServerDaemons(std::move(wanted)) {
        kernel.add_foreign_link("lan", "bridge");
    }
    [[nodiscard]] ctl::ActiveStatus shown() {
        const auto all =
            ServerView(server(), kernel, world, program->pools, program->store).active();
        EXPECT_THAT(all, SizeIs(1));
        return all.empty() ? ctl::ActiveStatus{} : all.front();
    }
    void load(config::Config wanted) {
        config = std::move(wanted);
        ASSERT_TRUE(aaa::Users::check(config)) << aaa::Users::check(config).error().text;
        program->users.load(config);
        server().terms_changed();
        world.run();
    }
    void expect_goes_on() {
        EXPECT_EQ(found, 1U);
        EXPECT_EQ(on, 1U);
        EXPECT_EQ(server().sessions(), 1U);
        for (const char *verb :
             {"tunnel_add", "tunnel_del", "session_add", "session_del", "session_set",
              "link_add_ethernet", "link_del", "link_up", "frame_send"})
            EXPECT_FALSE(asked_for(verb)) << verb;
    }
};

TEST(ServerBridge, AUserIsAPortAndTakesNoAddress) {
    Served host;
    auto &client = host.dial(caller());
    ASSERT_TRUE(client.call().bridge);
    const fake::FakeLink &link = port(host.kernel);
    EXPECT_EQ(link.name, "<pptp-jack>");
    EXPECT_TRUE(link.up);
    EXPECT_EQ(link.mtu, 1430U - MppeOverhead);
    EXPECT_EQ(link.mac, port_mac("fake-1", "pptp server", "jack"));
    EXPECT_EQ(client.call().bridge->remote, link.mac);
    EXPECT_EQ(link.master, bridge_of(host.kernel));
    EXPECT_THAT(link.addresses, IsEmpty());
    EXPECT_THAT(host.program->pools.leases(), IsEmpty());
    EXPECT_EQ(host.only_session().np, netlink::NetworkProtocols{.bridge = true});
    EXPECT_EQ(host.only_session().bridging, (netlink::BridgeFlags{true, true, true, true}));
    const ctl::ActiveStatus shown = host.shown();
    EXPECT_EQ(shown.bridge, "lan");
    EXPECT_EQ(shown.bridging, "tx tagged,tinygram,management rx tagged,tinygram,management");
    EXPECT_EQ(shown.mac_address, link.mac->text());
    EXPECT_EQ(shown.remote_mac_address, Far.text());
    EXPECT_EQ(shown.address, "");
    EXPECT_EQ(host.field(server_id::Up, "bridge"), "lan");
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].address, "");
    const aaa::Terms &terms = host.active().at(0)->session()->terms;
    EXPECT_FALSE(terms.proxy_arp);
    EXPECT_EQ(terms.address_list, "");
}

TEST(ServerBridge, ABridgeThatIsNotThereRefusesTheUser) {
    config::Config config = bridging_server();
    config.profiles.back().bridge = "nowhere";
    Served host(config);
    auto &client = host.dial(caller());
    EXPECT_FALSE(client.call().bridge);
    EXPECT_EQ(host.field(server_id::Failed, "reason"),
              "profile \"lans\": there is no bridge \"nowhere\"");
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "not-configured");
    EXPECT_FALSE(has_port(host.kernel));
}

TEST(ServerBridge, AClientThatDoesNotBridgeIsToldNo) {
    Served host;
    fake::FakePptpClient::Options plain = caller();
    plain.bridge.reset();
    auto &client = host.dial(plain);
    host.world.advance(60s);
    EXPECT_FALSE(client.up());
    EXPECT_EQ(host.server().sessions(), 0U);
    EXPECT_THAT(host.field(server_id::Failed, "reason"), HasSubstr("BCP"));
}

TEST(ServerBridge, TwoSessionsOfAUserHaveAddressesOfTheirOwn) {
    Served host;
    auto &first = host.dial(caller());
    auto &second = host.dial(caller(0xcb00710a));
    ASSERT_TRUE(first.call().bridge && second.call().bridge);
    EXPECT_NE(first.call().bridge->remote, second.call().bridge->remote);
    const base::Mac mac = first.call().bridge->remote;
    first.hang_up();
    host.world.advance(10s);
    EXPECT_EQ(host.server().sessions(), 1U);
    auto &third = host.dial(caller(0xcb00710b));
    ASSERT_TRUE(third.call().bridge);
    EXPECT_EQ(third.call().bridge->remote, mac);
}

TEST(ServerBridge, AKilledDaemonsPortStaysWhereItIs) {
    Served host;
    auto &client = host.dial(caller());
    const ctl::ActiveStatus before = host.shown();
    for (int i = 0; i < 3; i++) {
        host.restart();
        host.expect_goes_on();
    }
    const ctl::ActiveStatus after = host.shown();
    EXPECT_EQ(after.bridge, before.bridge);
    EXPECT_EQ(after.bridging, before.bridging);
    EXPECT_EQ(after.mac_address, before.mac_address);
    EXPECT_EQ(after.remote_mac_address, before.remote_mac_address);
    EXPECT_EQ(after.mtu, before.mtu);
    EXPECT_EQ(after.interface, before.interface);
    EXPECT_THAT(host.program->pools.leases(), IsEmpty());
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel));
    EXPECT_TRUE(client.call().bridge);
    EXPECT_FALSE(client.closed);
}

TEST(ServerBridge, AChangedProfileChangesThePort) {
    Served host;
    auto &client = host.dial(caller());
    host.kernel.add_foreign_link("dmz", "bridge");
    config::Config config = bridging_server();
    config.profiles.back().bridge = "dmz";
    config.profiles.back().bridge_horizon = 1;
    host.load(config);
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel, "dmz"));
    EXPECT_TRUE(port(host.kernel).port.isolated);
    EXPECT_EQ(host.shown().bridge, "dmz");
    // Addresses are not what it has.
    config.profiles.back().local_address = literal("10.0.0.7");
    host.load(config);
    EXPECT_TRUE(client.call().bridge);
    config.profiles.back().bridge = "nowhere";
    host.load(config);
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Down, "reason"), "there is no bridge \"nowhere\"");
    EXPECT_FALSE(has_port(host.kernel));
}

TEST(ServerBridge, AProfileWithoutItsBridgeEndsTheSession) {
    Served host;
    (void)host.dial(caller());
    config::Config config = bridging_server();
    config.profiles.back().bridge = "";
    host.load(config);
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Down, "reason"), "bridge was changed");
    EXPECT_EQ(host.field(server_id::Down, "cause"), "terms-changed");
    EXPECT_FALSE(has_port(host.kernel));
}

TEST(ServerBridge, ABundleTakesWholeFramesOfALanAndOutlivesItsDaemon) {
    config::Config config = bridging_server();
    config.pptp_server.mrru = 1600;
    Served host(config);
    fake::FakeBundle bundle(host.world, host.kernel, host.random);
    bundle.bridge(Far);
    fake::FakePptpClient::Options options = link_of(bundle, 1);
    options.multilink->mrru = 1600;
    options.bridge = ppp::BridgeOptions{Far};
    (void)host.dial(options);
    ASSERT_TRUE(bundle.bridged);
    EXPECT_EQ(port(host.kernel).mtu, 1500U);
    EXPECT_EQ(bundle.bridged->remote, port_mac("fake-1", "pptp server", "jack"));
    const ctl::ActiveStatus before = host.shown();
    EXPECT_EQ(before.bridge, "lan");
    host.restart();
    host.expect_goes_on();
    const ctl::ActiveStatus after = host.shown();
    EXPECT_EQ(after.bridging, before.bridging);
    EXPECT_EQ(after.mtu, 1500U);
    EXPECT_EQ(after.mac_address, before.mac_address);
    EXPECT_EQ(port(host.kernel).master, bridge_of(host.kernel));
}

}  // namespace
}  // namespace rtun::daemon::test
