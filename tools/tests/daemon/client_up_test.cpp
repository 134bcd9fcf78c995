// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client on its way up, and while it is up.
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

namespace rtun::daemon::test {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ClientUp, TellsEachPhaseAndStandsWithDeviceAddressAndMtu) {
    Host host;
    host.dial();
    EXPECT_THAT(host.ids(), ElementsAre("client.dialing", "client.tcp", "client.control",
                                        "client.call", "client.lcp", "client.verifying",
                                        "client.verified", "client.encryption", "client.up"));
    ASSERT_TRUE(host.client->up());
    ASSERT_EQ(host.kernel.links().size(), 1U);
    const fake::FakeLink &link = host.kernel.links().begin()->second;
    EXPECT_EQ(link.name, "office");
    EXPECT_TRUE(link.up);
    EXPECT_EQ(link.mtu, 1450U);
    ASSERT_EQ(link.addresses.size(), 1U);
    EXPECT_EQ(link.addresses[0].local.text(), "10.0.0.2");
    EXPECT_EQ(link.addresses[0].peer.text(), "10.0.0.1");
    EXPECT_TRUE(host.kernel.routes().empty());

    const netlink::Session session = host.only_session();
    EXPECT_EQ(session.peer_id, 7U);
    EXPECT_EQ(session.peer_window, 32U);
    EXPECT_TRUE(session.np.ipv4);
    EXPECT_TRUE(session.flags.echo_reply);
    EXPECT_EQ(session.reorder_slots, 256U);
    EXPECT_EQ(session.reorder_timeout, 50U);

    const netlink::Tunnel tunnel = host.kernel.tunnels().value().at(0);
    EXPECT_EQ(tunnel.spec.local.text(), "192.0.2.1");
    EXPECT_EQ(tunnel.spec.remote.text(), "192.0.2.10");
}

TEST(ClientUp, TellsTheKernelOfAPeerOfOurKind) {
    for (const bool ours : {true, false}) {
        Host host;
        host.server.vendor = ours ? "rtun" : "MikroTik";
        host.dial();
        EXPECT_EQ(host.only_session().peer_offload, ours);
    }
}

TEST(ClientUp, ReportsItsStatusInTheManualsWords) {
    Host host;
    host.make(office());
    EXPECT_EQ(host.client->status().status, "disconnected");
    host.client->start();
    EXPECT_EQ(host.client->status().status, "dialing");
    host.world.run();

    const ctl::ClientStatus status = host.client->status();
    EXPECT_TRUE(status.running);
    EXPECT_EQ(status.status, "connected");
    EXPECT_EQ(status.type, "pptp");
    EXPECT_EQ(status.server, "192.0.2.10:1723");
    EXPECT_EQ(status.interface, "office");
    EXPECT_EQ(status.peer_call_id, 7U);
    EXPECT_EQ(status.call_id, host.only_session().local_id);
    EXPECT_EQ(status.authentication, "pap");
    EXPECT_EQ(status.encoding, "none");
    EXPECT_EQ(status.local_address, "10.0.0.2");
    EXPECT_EQ(status.remote_address, "10.0.0.1");
    EXPECT_EQ(status.mtu, 1450U);
    EXPECT_EQ(status.uptime, 0U);
    EXPECT_EQ(status.last_error, "");
    EXPECT_GT(status.counters.at("ppp_frames_in"), 0U);
    host.world.advance(7s);
    EXPECT_EQ(host.client->status().uptime, 7U);
}

TEST(ClientUp, NeverShowsThePassword) {
    Host host;
    host.dial();
    const ctl::ClientStatus status = host.client->status();
    for (const auto &[keyword, value] : status.settings)
        EXPECT_THAT(value, testing::Not(HasSubstr("secret"))) << keyword;
    for (const ctl::Event &event : host.events)
        EXPECT_THAT(ctl::encode(event), testing::Not(HasSubstr("secret")));
}

TEST(ClientUp, MakesTheSessionBeforeItAsksForTheCall) {
    Host host;
    host.server.close_at_message = 7;
    host.dial();
    EXPECT_EQ(host.kernel.count("session_add"), 1);
    EXPECT_THAT(host.server.messages, ElementsAre(1, 7));
}

TEST(ClientUp, HoldsFramesThatOvertakeTheCallReply) {
    Host host;
    host.server.eager = true;
    host.dial();
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().counters.at("early_frames_dropped"), 0U);
}

TEST(ClientUp, HoldsNoMoreThanSixteenOfThem) {
    Host host;
    host.server.frozen = true;  // no reply to the first message
    host.dial();
    const netlink::SessionId session = host.only_session().id;
    for (int i = 0; i < 20; i++)
        host.kernel.inject_frame(session, {0xC0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0});
    host.world.run();
    EXPECT_EQ(host.client->status().counters.at("early_frames_dropped"), 4U);
}

TEST(ClientUp, ConnectsToAServerThatAsksForNoPassword) {
    Host host;
    host.server.authenticate = false;
    host.dial();
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.count("client.verifying"), 0);
}

TEST(ClientUp, AsksForNameServersOnlyIfTold) {
    Host host;
    config::Client settings = office();
    settings.use_peer_dns = config::PeerDns::Yes;
    host.dial(settings);
    EXPECT_THAT(host.client->status().dns, ElementsAre("10.0.0.53", "10.0.0.54"));

    Host other;
    other.dial();
    EXPECT_TRUE(other.client->status().dns.empty());
}

TEST(ClientUp, ResolvesTheNameAndTriesEachAddressInTurn) {
    Host host;
    config::Client settings = office();
    settings.connect_to = "vpn.example.org:1724";
    const base::Ipv4 dead{0xc0000208};
    const base::Ipv4 silent{0xc0000209};
    host.world.names["vpn.example.org"] = std::vector{dead, silent, Server};
    host.world.refusals[dead] = {ErrorCode::Unreachable, "refused", 0};
    host.dial(settings);
    EXPECT_FALSE(host.client->up());
    host.world.advance(10s);
    EXPECT_TRUE(host.client->up());
    ASSERT_EQ(host.world.dialed.size(), 3U);
    EXPECT_EQ(host.world.dialed[2].address, Server);
    EXPECT_EQ(host.world.dialed[2].port, 1724);
    EXPECT_EQ(host.count("client.failed"), 0);
}

TEST(ClientUp, BindsAndMarksItsTcpConnectionAndItsTunnel) {
    Host host;
    config::Client settings = office();
    settings.src_address = {base::Ipv4{0xc0000201}};
    settings.fwmark = 42;
    host.dial(settings);
    EXPECT_EQ(host.world.dialed.at(0).source, settings.src_address.at(0));
    EXPECT_EQ(host.world.dialed.at(0).fwmark, 42U);
    EXPECT_EQ(host.kernel.tunnels().value().at(0).spec.fwmark, 42U);
}

TEST(ClientUp, SaysOnTheControlConnectionWhatItsSettingsSay) {
    // RFC 2637 sections 2.1 and 2.7
    constexpr std::size_t HostName = 28, Vendor = 92, Phone = 40;
    const auto text = [](const Host &host, int type, std::size_t at) {
        for (const base::Bytes &message : host.server.heard) {
            if (message.at(9) != type)
                continue;
            base::Reader in(message);
            in.skip(at);
            return in.text(64);
        }
        return std::string("(not said)");
    };
    config::Client settings = office();
    settings.phone = "5551234";
    Host plain;
    plain.dial(settings);
    EXPECT_EQ(text(plain, 7, Phone), "5551234");
    EXPECT_EQ(text(plain, 1, Vendor), "rtun");
    settings.quirks = config::Quirks::BezeqIsrael;
    Host odd;
    odd.dial(settings);
    EXPECT_EQ(text(odd, 1, HostName), "RELAY_PPP1");
    EXPECT_EQ(text(odd, 1, Vendor), "MS Win NT");
    EXPECT_EQ(text(odd, 7, Phone), "RELAY_PPP1");
    EXPECT_TRUE(odd.client->up());
}

TEST(ClientUp, ReadsThePasswordFileAtEveryDial) {
    Host host;
    config::Client settings = office();
    settings.password = {};
    settings.password_file = "/nonexistent/password";
    host.dial(settings);
    EXPECT_THAT(host.said("client.failed"), HasSubstr("/nonexistent/password"));
    EXPECT_THAT(host.ids(), ElementsAre("client.failed")) << "nothing was dialed";
    EXPECT_EQ(exit_status(*host.client->last_reason()), 1);
    host.expect_ended(ErrorCode::Invalid, Layer::Config);
}

TEST(ClientUp, UnderstandsItsAddressAsTheCommandLineDoes) {
    for (const char *wrong : {"192.0.2.10:0x6bb", "192.0.2.10:", "192.0.2.10:0", "192.0.2.10:65536",
                              ":1723", "2001:db8::1", "0.0.0.0"}) {
        Host host;
        config::Client settings = office();
        settings.connect_to = wrong;
        host.dial(settings);
        EXPECT_THAT(host.ids(), ElementsAre("client.failed")) << wrong;
        EXPECT_THAT(host.said("client.failed"), HasSubstr("connect-to")) << wrong;
        host.expect_ended(ErrorCode::Invalid, Layer::Config);
        EXPECT_TRUE(host.world.dialed.empty()) << wrong;
    }
}

// As pptpd does with its public address for localip.
TEST(ClientUp, MakesNoRouteToAServerWhoseAddressInsideIsThatOutside) {
    for (const bool default_route : {false, true}) {
        Host host;
        host.server.own_address = Server;
        config::Client settings = office();
        settings.add_default_route = default_route;
        host.dial(settings);
        ASSERT_TRUE(host.client->up());
        const auto &addresses = host.kernel.links().begin()->second.addresses;
        ASSERT_EQ(addresses.size(), 1U);
        EXPECT_EQ(addresses[0].local.text(), "10.0.0.2");
        EXPECT_TRUE(addresses[0].peer.unspecified());
        EXPECT_EQ(host.kernel.route_to(Server, 0).value().oif, host.kernel.underlay->oif);
        EXPECT_EQ(host.kernel.routes().size(), default_route ? 2U : 0U);
        EXPECT_EQ(host.count("client.route"), 1);
        EXPECT_THAT(host.said("client.route"), HasSubstr("no route to 192.0.2.10 through the"));
        host.client->stop("by user");
        host.world.run();
        host.expect_nothing_left();
    }
}

TEST(ClientUp, RefusesTheServersOwnAddressForItself) {
    Host host;
    host.server.client_address = Server;
    host.dial();
    host.world.advance(30s);
    EXPECT_EQ(host.kernel.count("address_add"), 0);
    EXPECT_THAT(host.said("client.failed"), HasSubstr("its own address 192.0.2.10"));
    host.expect_ended(ErrorCode::Refused, Layer::Ppp);
}

TEST(ClientUp, PinsTheServerBeforeTheDefaultRouteAndRemovesBoth) {
    Host host;
    config::Client settings = office();
    settings.add_default_route = true;
    settings.default_route_distance = 5;
    host.dial(settings);
    ASSERT_EQ(host.kernel.routes().size(), 2U);
    const netlink::Route &pinned = host.kernel.routes()[0];
    EXPECT_EQ(pinned.destination, Server);
    EXPECT_EQ(pinned.prefix_length, 32);
    EXPECT_EQ(pinned.gateway.text(), "192.0.2.254");
    const netlink::Route &route = host.kernel.routes()[1];
    EXPECT_EQ(route.prefix_length, 0);
    EXPECT_EQ(route.metric, 5U);
    EXPECT_EQ(route.oif, host.kernel.links().begin()->first);
    host.client->stop("by user");
    host.world.run();
    host.expect_nothing_left();
}

TEST(ClientUp, StaysUpWithoutTheDefaultRouteAndSaysSo) {
    for (const char *verb : {"route_to", "route_add"}) {
        Host host;
        config::Client settings = office();
        settings.add_default_route = true;
        host.kernel.fail_next(verb, {ErrorCode::Refused, "no such luck", EPERM});
        host.dial(settings);
        EXPECT_TRUE(host.client->up()) << verb;
        EXPECT_THAT(host.said("client.route"), HasSubstr("no such luck")) << verb;
        EXPECT_TRUE(host.kernel.routes().empty()) << verb;
        host.client->stop("by user");
        host.world.run();
        host.expect_nothing_left();
    }
}

TEST(ClientUp, SaysThatAnotherDefaultRouteComesFirst) {
    Host host;
    host.kernel.underlay->metric = 0;
    config::Client settings = office();
    settings.add_default_route = true;
    host.dial(settings);
    EXPECT_TRUE(host.client->up());
    EXPECT_THAT(host.said("client.route"), HasSubstr("another one comes first"));
    EXPECT_THAT(host.said("client.route"), HasSubstr("set default-route-distance 0"));

    // As it says: with the same metric ours goes before the other.
    settings.default_route_distance = 0;
    host.client->apply(settings);
    EXPECT_EQ(host.count("client.route"), 1);
    EXPECT_EQ(host.kernel.route_to(base::Ipv4{0x08080808}, 0).value().oif,
              host.kernel.links().begin()->first);
    EXPECT_EQ(host.kernel.route_to(Server, 0).value().oif, host.kernel.underlay->oif);

    Host other;
    other.dial(settings);
    EXPECT_EQ(other.count("client.route"), 0);
}

TEST(ClientUp, NumbersItsInterfaceFromOneIfItHasNoName) {
    Host host;
    config::Client settings = office();
    settings.name.clear();
    host.dial(settings);
    EXPECT_EQ(host.client->status().interface, "pptp-out1");
    Client second(settings, host.ground, ClientPolicy{}, host.sink(), [] {});
    host.world.pump = [&] {
        const auto all = host.kernel.events();
        for (const netlink::Event &event : all.value()) {
            host.client->kernel_event(event);
            second.kernel_event(event);
        }
        return !all->empty();
    };
    second.start();
    host.world.run();
    EXPECT_EQ(second.status().interface, "pptp-out2");
}

TEST(ClientUp, TakesTheSmallerMtuOfAllAndSaysWhenThePathIsSmaller) {
    Host host;
    host.server.mru = 1400;
    host.dial();
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1400U);
    EXPECT_EQ(host.count("client.mtu"), 0);

    const netlink::TunnelId tunnel = host.kernel.tunnels().value().at(0).id;
    host.kernel.inject(netlink::Notice{
        .type = "pmtu", .tunnel = tunnel, .session = {}, .value = 1300, .name = {}});
    host.world.run();
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1260U);
    EXPECT_THAT(host.said("client.mtu"), HasSubstr("mtu 1260 instead of 1400"));
}

TEST(ClientUp, OfAutomaticSizesAsksForWhatFitsThePathAndFollowsIt) {
    Host host;
    host.server.mru = 1500;
    config::Client settings = office();
    settings.max_mtu = settings.max_mru = 0;
    host.dial(settings);
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1460U) << "the path's 1500 less 40";
    EXPECT_EQ(host.client->status().mtu, 1460U);
    EXPECT_EQ(host.client->status().mru, 1460U);

    const netlink::TunnelId tunnel = host.kernel.tunnels().value().at(0).id;
    for (const std::uint32_t path : {1300U, 1480U}) {
        host.kernel.inject(netlink::Notice{
            .type = "pmtu", .tunnel = tunnel, .session = {}, .value = path, .name = {}});
        host.world.run();
        EXPECT_EQ(host.kernel.links().begin()->second.mtu, path - 40);
    }
    EXPECT_EQ(host.count("client.mtu"), 0) << "it is what was asked for";
}

TEST(ClientUp, OfAutomaticSizesHasTheUsualOnesWhereThePathIsNotKnown) {
    Host host;
    host.server.mru = 1500;
    host.kernel.path_mtu = 0;
    config::Client settings = office();
    settings.max_mtu = settings.max_mru = 0;
    host.dial(settings);
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1450U);
    EXPECT_EQ(host.client->status().mru, 1450U);
}

TEST(ClientUp, LetsTheKeepaliveRestWhileDataArrives) {
    Host host;
    host.dial();
    // The far end of the session, which sends a packet every half a minute.
    fake::FakeKernel far;
    ASSERT_TRUE(far.bind_owner("far"));
    netlink::TunnelSpec back;
    back.local = Server;
    back.remote = host.world.local_address;
    const auto tunnel = far.tunnel_add(back).value();
    netlink::SessionChange open;
    open.peer_id = host.only_session().local_id;
    open.np = netlink::NetworkProtocols{.ipv4 = true};
    const auto session = far.session_add(tunnel, 7, open).value();
    const auto link = far.link_add("far0", session.id).value();
    ASSERT_TRUE(far.link_up(link.index, 1450));
    fake::FakeKernel::connect(host.kernel, far);

    const int asked = host.kernel.count("session");
    const base::Bytes packet(60, 0x45);
    for (int i = 0; i < 10; i++) {
        ASSERT_TRUE(far.send_packet(link.index, packet));
        host.world.advance(30s);
    }
    EXPECT_EQ(host.server.echo_requests, 0);
    EXPECT_LE(host.kernel.count("session") - asked, 6);  // not for every packet, once a minute
    host.world.advance(100s);
    EXPECT_GT(host.server.echo_requests, 0);
    EXPECT_TRUE(host.client->up());
}

TEST(ClientUp, RebuildsTheDeviceWhenTheLinkNegotiatesAnew) {
    Host host;
    host.dial();
    const auto first = host.kernel.links().begin()->first;
    host.server.renegotiate();
    host.world.run();
    host.world.advance(5s);
    ASSERT_TRUE(host.client->up());
    ASSERT_EQ(host.kernel.links().size(), 1U);
    EXPECT_NE(host.kernel.links().begin()->first, first);
    EXPECT_EQ(host.count("client.up"), 2);
    EXPECT_TRUE(host.only_session().np.ipv4);
}

TEST(ClientUp, GoesOnWhenTheKernelLosesAFrame) {
    Host host;
    host.kernel.fail_next("frame_send", {ErrorCode::System, "No buffer space available", ENOBUFS});
    host.dial();
    host.world.advance(5s);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().counters.at("frames_not_sent"), 1U);
}

TEST(ClientUp, LeavesABlobThatNamesIt) {
    Host host;
    host.dial();
    const auto blob = decode_blob(host.kernel.tunnels().value().at(0).spec.blob);
    ASSERT_TRUE(blob);
    EXPECT_EQ(blob->client, "office");
    EXPECT_EQ(blob->dial, 1U);
}

}  // namespace rtun::daemon::test
