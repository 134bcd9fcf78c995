// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client with multilink: one interface over several calls, which come and go.
#include <tests/daemon/handover.h>
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

#include <cerrno>

namespace rtun::daemon::test {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const base::Ipv4 Second{0xc000020b};  // 192.0.2.11

config::Client bundled() {
    config::Client client = office();
    client.connect_to = "192.0.2.10,192.0.2.11";
    client.mrru = 1500;
    client.max_mtu = 1500;
    client.link_rate = {20000000, 5000000};
    return client;
}

void speak_multilink(fake::FakePptpServer &server) {
    server.mrru = 1614;
    server.discriminator = 7;
}

// Two doors of one server.
template <typename Base>
struct TwoDoors : Base {
    fake::FakePptpServer other{this->kernel};
    template <typename... Arguments>
    explicit TwoDoors(Arguments &&...arguments) : Base(std::forward<Arguments>(arguments)...) {
        this->world.listeners[Second] = &other;
        other.call_id = 8;
        speak_multilink(this->server);
        speak_multilink(other);
    }
    [[nodiscard]] std::optional<netlink::Session> bundle() {
        const auto all = this->kernel.sessions().value();
        for (const netlink::Session &session : all)
            if (session.multilink)
                return session;
        return std::nullopt;
    }
    [[nodiscard]] std::vector<netlink::Session> links() {
        std::vector<netlink::Session> found;
        const auto all = this->kernel.sessions().value();
        for (const netlink::Session &session : all)
            if (session.bundle)
                found.push_back(session);
        return found;
    }
    static std::vector<std::string> states(const ctl::ClientStatus &status) {
        std::vector<std::string> all;
        for (const ctl::LinkStatus &link : status.links)
            all.push_back(link.status);
        return all;
    }
};
using Bundled = TwoDoors<Host>;

TEST(ClientBundle, IsOneInterfaceOverTwoLinks) {
    Bundled host;
    host.dial(bundled());
    ASSERT_TRUE(host.client->up());
    const auto bundle = host.bundle();
    ASSERT_TRUE(bundle);
    EXPECT_EQ(bundle->multilink->spec.mrru, 1500U);
    EXPECT_EQ(bundle->multilink->spec.peer_mrru, 1614U);
    EXPECT_EQ(bundle->multilink->loss_time, 100U);
    EXPECT_EQ(bundle->multilink->links, 2U);
    EXPECT_TRUE(bundle->np.ipv4);
    EXPECT_TRUE(bundle->flags.pfc_rx);
    EXPECT_TRUE(bundle->flags.acfc_tx);
    const auto links = host.links();
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[0].link_rate, 20000U);
    EXPECT_EQ(links[1].link_rate, 5000U);
    for (const netlink::Session &link : links) {
        EXPECT_EQ(link.link_mtu, 1450U);
        EXPECT_FALSE(link.device);
        EXPECT_FALSE(link.np.ipv4);
    }
    EXPECT_EQ(host.kernel.links().size(), 1U);
    EXPECT_EQ(host.kernel.links().begin()->second.session, bundle->id);
    EXPECT_EQ(host.kernel.links().begin()->second.mtu, 1500U);

    const ctl::ClientStatus status = host.client->status();
    EXPECT_EQ(status.status, "connected");
    EXPECT_EQ(status.session_id, static_cast<std::uint32_t>(bundle->id));
    EXPECT_THAT(status.multilink, HasSubstr("mrru 1500 peer-mrru 1614"));
    EXPECT_THAT(host.states(status), ElementsAre("up", "up"));
    EXPECT_EQ(status.links.at(1).server, "192.0.2.11:1723");
    EXPECT_EQ(host.count("client.link_up"), 2);
    EXPECT_EQ(host.count("client.up"), 1);
    EXPECT_THAT(host.said("client.link_up"), HasSubstr("link up: 192.0.2.11:1723 mru 1450"));
}

TEST(ClientBundle, EndsWithAllOfItWhenItIsStopped) {
    Bundled host;
    host.dial(bundled());
    host.client->stop("by user");
    host.world.advance(5s);
    EXPECT_TRUE(host.client->off());
    EXPECT_EQ(host.server.terminated_with, "by user");
    EXPECT_EQ(host.other.terminated_with, "by user");
    EXPECT_EQ(host.count("client.down"), 1);
    host.expect_nothing_left();
}

TEST(ClientBundle, IsGoneAtOnceWhenItIsAborted) {
    Bundled host;
    host.dial(bundled());
    host.client->abort("by user");
    EXPECT_TRUE(host.client->off());
    host.expect_nothing_left();
}

TEST(ClientBundle, GoesOnWithoutALinkThatIsDialedAgain) {
    Bundled host;
    host.dial(bundled(), Reconnect::Yes);
    const auto before = host.bundle();
    host.other.hang_up();
    host.world.advance(500ms);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.links().size(), 1U);
    EXPECT_THAT(host.states(host.client->status()), ElementsAre("up", "waiting"));
    EXPECT_THAT(host.said("client.link_down"), HasSubstr("link down: 192.0.2.11:1723: "));
    host.world.advance(5s);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.count("client.down"), 0);
    EXPECT_EQ(host.count("client.up"), 1);
}

TEST(ClientBundle, OutlivesItsFirstLink) {
    Bundled host;
    host.dial(bundled(), Reconnect::Yes);
    const auto before = host.bundle();
    host.server.hang_up();
    host.world.advance(5s);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.kernel.count("link_add"), 1);
}

TEST(ClientBundle, EndsWithItsLastLinkAndIsDialedAnew) {
    Bundled host;
    host.dial(bundled(), Reconnect::Yes);
    const auto before = host.bundle();
    host.other.hang_up();
    host.world.run();
    host.server.hang_up();
    host.world.advance(200ms);
    EXPECT_FALSE(host.client->up());
    EXPECT_FALSE(host.bundle());
    EXPECT_EQ(host.count("client.down"), 1);
    host.world.advance(5s);
    EXPECT_TRUE(host.client->up());
    EXPECT_NE(host.bundle()->id, before->id);
    EXPECT_EQ(host.links().size(), 2U);
}

TEST(ClientBundle, IsASingleCallWithAPeerThatDoesNotWantIt) {
    Bundled host;
    host.server.mrru.reset();
    host.dial(bundled(), Reconnect::Yes);
    ASSERT_TRUE(host.client->up());
    EXPECT_FALSE(host.bundle());
    EXPECT_EQ(host.other.connections, 0);
    EXPECT_EQ(host.said("client.multilink"),
              "no multilink: the peer rejected multilink (MRRU); one link it is, the others are "
              "not dialed");
    const ctl::ClientStatus status = host.client->status();
    EXPECT_EQ(status.mtu, 1450U);
    EXPECT_THAT(host.states(status), ElementsAre("up", "not dialed"));
    EXPECT_EQ(status.links.at(1).last_error, "the peer rejected multilink (MRRU)");
    EXPECT_EQ(status.call_id, host.only_session().local_id);
    host.server.hang_up();
    host.world.advance(5s);
    EXPECT_TRUE(host.client->up());
    host.client->stop("by user");
    host.world.advance(5s);
    host.expect_nothing_left();
}

TEST(ClientBundle, DoesNotTakeALinkToAnotherPeer) {
    Bundled host;
    host.other.discriminator = 9;
    host.dial(bundled(), Reconnect::Yes);
    host.world.advance(200ms);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.links().size(), 1U);
    EXPECT_THAT(host.said("client.link_down"),
                HasSubstr("the link leads to another peer (local 00000009) than the bundle (local "
                          "00000007)"));
    EXPECT_THAT(host.client->status().links.at(1).last_error, HasSubstr("another peer"));
    EXPECT_THAT(host.other.terminated_with, HasSubstr("another peer"));
}

TEST(ClientBundle, DoesNotTakeALinkWithAnotherMrru) {
    Bundled host;
    host.other.mrru = 1600;
    host.dial(bundled(), Reconnect::Yes);
    host.world.advance(60s);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.links().size(), 1U);
    EXPECT_THAT(host.said("client.link_down"), HasSubstr("no agreement in LCP"));
}

TEST(ClientBundle, BeginsWithTheFirstLinkThatIsThere) {
    Bundled host;
    host.world.listeners.erase(Server);
    host.world.refusals[Server] = {ErrorCode::Unreachable, "connection refused", ECONNREFUSED};
    host.dial(bundled(), Reconnect::Yes);
    ASSERT_TRUE(host.client->up());
    EXPECT_EQ(host.links().size(), 1U);
    EXPECT_THAT(host.states(host.client->status()), ElementsAre("waiting", "up"));
    host.world.listeners[Server] = &host.server;
    host.world.advance(10s);
    EXPECT_EQ(host.links().size(), 2U);
}

TEST(ClientBundle, SaysOfEveryLinkWhyThereIsNone) {
    Bundled host;
    host.world.listeners.clear();
    for (const base::Ipv4 address : {Server, Second})
        host.world.refusals[address] = {ErrorCode::Unreachable, "connection refused", ECONNREFUSED};
    host.dial(bundled());
    EXPECT_EQ(host.said("client.failed"), "192.0.2.10:1723: connection refused; "
                                          "192.0.2.11:1723: connection refused");
    host.expect_ended(ErrorCode::Unreachable, Layer::Tcp);
}

TEST(ClientBundle, DoesNotAskEveryServerWithAPasswordThatIsWrong) {
    Bundled host;
    host.server.password = "another";
    host.dial(bundled());
    EXPECT_EQ(host.other.connections, 0);
    host.expect_ended(ErrorCode::AuthFailed, Layer::Ppp);
}

TEST(ClientBundle, OfOneLinkCarriesWholePackets) {
    Bundled host;
    config::Client settings = bundled();
    settings.connect_to = "192.0.2.10";
    settings.link_rate.clear();
    host.dial(settings, Reconnect::Yes);
    ASSERT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().mtu, 1500U);
    ASSERT_EQ(host.links().size(), 1U);
    EXPECT_EQ(host.links().front().link_mtu, 1450U) << "what the peer receives";
    settings.max_mtu = 1300;
    host.client->apply(settings);
    host.world.advance(5s);
    EXPECT_EQ(host.client->status().mtu, 1500U);
    ASSERT_EQ(host.links().size(), 1U);
    EXPECT_EQ(host.links().front().link_mtu, 1300U) << "longer packets are cut";
    settings.mrru = 4000;
    host.client->apply(settings);
    host.world.advance(5s);
    EXPECT_EQ(host.client->status().mtu, 1614U) << "what the peer puts together";
}

TEST(ClientBundle, PutsMoreTogetherThanADeviceTakes) {
    Bundled host;
    config::Client settings = bundled();
    settings.mrru = 65535;
    host.server.mrru = host.other.mrru = 65535;
    host.dial(settings);
    ASSERT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().mtu, 65457U);
    EXPECT_EQ(host.bundle()->multilink->spec.mrru, 65535U);
}

TEST(ClientBundle, EncryptsWhatItCarriesAndNotItsLinks) {
    Bundled host;
    host.server.microsoft = host.other.microsoft = true;
    host.server.mppe = 0x01000040;  // stateless, 128 bits
    config::Client settings = bundled();
    settings.encryption = ppp::Encryption::Required;
    settings.max_mtu = 0;
    host.dial(settings);
    ASSERT_TRUE(host.client->up()) << host.said("client.failed");
    const auto bundle = host.bundle();
    EXPECT_TRUE(bundle->mppe_required);
    ASSERT_TRUE(bundle->mppe_tx);
    EXPECT_EQ(bundle->mppe_tx->mode.bits, 128U);
    for (const netlink::Session &link : host.links()) {
        EXPECT_FALSE(link.mppe_tx);
        EXPECT_FALSE(link.mppe_required);
    }
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.client->status().encoding, "MPPE128 stateless");
}

TEST(ClientBundle, ALinkThatNegotiatesAnewLeavesAndComesBack) {
    Bundled host;
    host.dial(bundled(), Reconnect::Yes);
    const auto before = host.bundle();
    host.other.renegotiate();
    host.world.advance(1s);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.count("client.down"), 0);
    EXPECT_EQ(host.other.connections, 1);
    EXPECT_EQ(host.count("client.link_up"), 3);
    EXPECT_EQ(host.count("client.link_down"), 1);
    EXPECT_EQ(host.said("client.link_down"), "link down: 192.0.2.11:1723: it negotiates anew");
}

TEST(ClientBundle, WhoseOnlyLinkNegotiatesAnewIsAnother) {
    Bundled host;
    config::Client settings = bundled();
    settings.connect_to = "192.0.2.10";
    settings.link_rate.clear();
    host.dial(settings, Reconnect::Yes);
    const auto before = host.bundle();
    host.server.renegotiate();
    host.world.advance(1s);
    EXPECT_TRUE(host.client->up());
    EXPECT_NE(host.bundle()->id, before->id);
    EXPECT_EQ(host.server.connections, 1);
    EXPECT_EQ(host.client->status().attempts, 0U);
}

TEST(ClientBundle, WhoseOnlyLinkNegotiatesAnewDoesNotEndWithAnotherOne) {
    for (const bool speaks : {true, false}) {
        Bundled host;
        host.other.frozen = true;
        host.dial(bundled(), Reconnect::Yes);
        ASSERT_EQ(host.links().size(), 1U);
        const auto before = host.bundle();
        host.server.renegotiate();
        host.server.frozen = true;  // it takes its time
        host.world.advance(100ms);
        ASSERT_FALSE(host.bundle());
        host.other.hang_up();
        host.other.frozen = false;
        if (!speaks)
            host.other.mrru.reset();
        host.world.advance(5s);
        EXPECT_EQ(host.server.connections, 1) << speaks;
        host.server.frozen = false;
        host.other.mrru = 1614;
        host.world.advance(20s);
        EXPECT_TRUE(host.client->up()) << speaks;
        EXPECT_EQ(host.server.connections, 1) << speaks;
        ASSERT_TRUE(host.bundle());
        EXPECT_NE(host.bundle()->id, before->id);
        EXPECT_EQ(host.count("client.failed"), 0);
        EXPECT_EQ(host.links().size(), 2U);
    }
}

TEST(ClientBundle, LeavesByTheAddressesAndInterfacesThatAreSet) {
    Bundled host;
    host.kernel.add_foreign_link("eth1");
    host.kernel.add_foreign_link("eth2");
    config::Client settings = bundled();
    settings.connect_to = "192.0.2.10";
    settings.src_address = {base::Ipv4{0xc0000203}, base::Ipv4{0xc0000204}};
    settings.src_interface = {"eth1", "eth2"};
    host.dial(settings, Reconnect::Yes);
    ASSERT_EQ(host.world.dialed.size(), 2U);
    EXPECT_EQ(host.world.dialed[0].source, settings.src_address[0]);
    EXPECT_EQ(host.world.dialed[1].source, settings.src_address[1]);
    EXPECT_EQ(host.world.dialed[0].device, "eth1");
    EXPECT_EQ(host.world.dialed[1].device, "eth2");
    const auto tunnels = host.kernel.tunnels().value();
    for (const netlink::Tunnel &tunnel : tunnels)
        EXPECT_EQ(tunnel.spec.oif != 0, tunnel.spec.xport == netlink::Xport::Pptp);
    EXPECT_THAT(host.client->status().links.at(0).interface, "eth1");
}

TEST(ClientBundle, PinsTheWayToEveryServerBeforeItsDefaultRoute) {
    Bundled host;
    config::Client settings = bundled();
    settings.add_default_route = true;
    host.dial(settings, Reconnect::Yes);
    const auto pinned = [&](base::Ipv4 server) {
        const auto &routes = host.kernel.routes();
        return std::any_of(routes.begin(), routes.end(), [&](const netlink::Route &route) {
            return route.destination == server && route.prefix_length == 32;
        });
    };
    EXPECT_TRUE(pinned(Server));
    EXPECT_TRUE(pinned(Second));
    EXPECT_EQ(host.count("client.route"), 0) << host.said("client.route");
    // A link that is down is dialed beside the bundle, not through it.
    host.other.hang_up();
    host.world.advance(300ms);
    EXPECT_TRUE(pinned(Second));
    host.world.advance(5s);
    EXPECT_EQ(host.links().size(), 2U);
    host.client->stop("by user");
    host.world.advance(5s);
    EXPECT_THAT(host.kernel.routes(), IsEmpty());
    host.expect_nothing_left();
}

// What leads to the first server only, as when the second has an uplink of its own, which is down.
template <typename Where>
void only_to_first_server(Where &host) {
    host.kernel.underlay->destination = Server;
    host.kernel.underlay->prefix_length = 32;
}
template <typename Where>
bool has_default_route(Where &host) {
    const auto &routes = host.kernel.routes();
    return std::any_of(routes.begin(), routes.end(),
                       [](const netlink::Route &route) { return route.prefix_length == 0; });
}

TEST(ClientBundle, AServerWithoutARouteDoesNotCostTheDefaultRoute) {
    for (const bool answers : {true, false}) {
        Bundled host;
        only_to_first_server(host);
        host.world.listeners.erase(Second);
        if (answers)  // else it is being called when the others are up
            host.world.refusals[Second] = base::system_error("connect", ENETUNREACH);
        config::Client settings = bundled();
        settings.add_default_route = true;
        host.dial(settings, Reconnect::Yes);
        EXPECT_TRUE(host.client->up());
        EXPECT_TRUE(has_default_route(host)) << answers;
        EXPECT_EQ(host.count("client.route"), 0) << host.said("client.route");
        EXPECT_THAT(host.states(host.client->status()), ElementsAre("up", "waiting"));
        host.client->stop("by user");
        host.world.advance(5s);
        host.expect_nothing_left();
    }
}

TEST(ClientBundle, ALinkWithoutAWayBesideTheBundleEndsWhenThereIsADefaultRoute) {
    Bundled host;
    only_to_first_server(host);
    config::Client settings = bundled();
    host.dial(settings, Reconnect::Yes);
    ASSERT_EQ(host.links().size(), 2U);
    settings.add_default_route = true;
    host.client->apply(settings);
    host.world.advance(500ms);
    EXPECT_TRUE(has_default_route(host));
    EXPECT_THAT(host.states(host.client->status()), ElementsAre("up", "waiting"));
    EXPECT_THAT(host.said("client.link_down"), HasSubstr("no route to 192.0.2.11"));
}

TEST(ClientBundle, WithoutAWayToAnyServerThereIsNoDefaultRoute) {
    Bundled host;
    host.kernel.underlay.reset();
    config::Client settings = bundled();
    settings.add_default_route = true;
    host.dial(settings, Reconnect::Yes);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_FALSE(has_default_route(host));
    EXPECT_THAT(host.said("client.route"), HasSubstr("no route to"));
}

TEST(ClientBundle, IsDialedOnDemandAndLeavesTheInterfaceWhereItWas) {
    Bundled host;
    config::Client settings = bundled();
    settings.dial_on_demand = true;
    host.dial(settings, Reconnect::Yes);
    EXPECT_EQ(host.client->status().status, "waiting for packets...");
    ASSERT_EQ(host.kernel.links().size(), 1U);
    const netlink::LinkIndex device = host.kernel.links().begin()->first;
    const base::Bytes packet{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1};
    (void)host.kernel.send_packet(device, packet);
    host.world.run();
    ASSERT_TRUE(host.client->up());
    EXPECT_EQ(host.bundle()->device, device);
    EXPECT_EQ(host.links().size(), 2U);
    host.client->stop("by user");
    host.world.advance(5s);
    EXPECT_TRUE(host.client->off());
    host.expect_nothing_left();
}

TEST(ClientBundle, OnDemandAsksForTheNameOfALinkThatIsNotWhereItWas) {
    Bundled host;
    const base::Ipv4 moved{0xc000020c};
    host.world.names.emplace("two.example.org", std::vector<base::Ipv4>{Second});
    config::Client settings = bundled();
    settings.connect_to = "192.0.2.10,two.example.org";
    settings.dial_on_demand = true;
    host.dial(settings, Reconnect::Yes);
    const base::Bytes packet{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1};
    (void)host.kernel.send_packet(host.kernel.links().begin()->first, packet);
    host.world.run();
    ASSERT_EQ(host.links().size(), 2U);
    const auto before = host.bundle();
    host.world.listeners.erase(Second);
    host.world.refusals[Second] = base::system_error("connect", ECONNREFUSED);
    host.world.listeners[moved] = &host.other;
    host.world.names.clear();
    host.world.names.emplace("two.example.org", std::vector<base::Ipv4>{moved});
    host.other.hang_up();
    host.world.advance(10s);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.world.dialed.back().address, moved);
}

// -- settings that change

TEST(ClientBundle, GetsALinkMoreWithoutTouchingTheOthers) {
    Bundled host;
    config::Client settings = bundled();
    settings.connect_to = "192.0.2.10";
    settings.link_rate.clear();
    host.dial(settings, Reconnect::Yes);
    const auto before = host.bundle();
    settings.connect_to = "192.0.2.10,192.0.2.11";
    settings.link_rate = {1000000, 2000000};
    settings.mp_mode = config::MpMode::Balance;
    settings.mp_loss_time = 300ms;
    host.client->apply(settings);
    host.world.run();
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.bundle()->multilink->mode, netlink::MpMode::Balance);
    EXPECT_EQ(host.bundle()->multilink->loss_time, 300U);
    ASSERT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.links()[0].link_rate, 1000U);
    EXPECT_EQ(host.links()[1].link_rate, 2000U);
    EXPECT_EQ(host.server.connections, 1);
    EXPECT_EQ(host.count("client.down"), 0);
}

TEST(ClientBundle, LosesALinkThatIsRemovedAndKeepsTheOthers) {
    Bundled host;
    config::Client settings = bundled();
    host.dial(settings, Reconnect::Yes);
    settings.connect_to = "192.0.2.11";
    settings.link_rate.clear();
    host.client->apply(settings);
    host.world.advance(5s);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.links().size(), 1U);
    EXPECT_EQ(host.server.terminated_with, "link removed");
    EXPECT_FALSE(host.server.connected);
    EXPECT_EQ(host.other.connections, 1);
    EXPECT_EQ(host.client->status().links.size(), 1U);
    EXPECT_EQ(host.count("client.down"), 0);
    host.client->stop("by user");
    host.world.advance(5s);
    host.expect_nothing_left();
}

TEST(ClientBundle, IsDialedAnewWhenNoneOfItsLinksIsLeft) {
    Bundled host;
    config::Client settings = bundled();
    settings.connect_to = "192.0.2.10";
    settings.link_rate.clear();
    host.dial(settings, Reconnect::Yes);
    settings.connect_to = "192.0.2.11";
    host.client->apply(settings);
    host.world.advance(5s);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.other.connections, 1);
    EXPECT_EQ(host.count("client.down"), 1);
}

// -- what others do to it

TEST(ClientBundle, ThatSomebodyDeletesIsDialedAnew) {
    Bundled host;
    host.dial(bundled(), Reconnect::Yes);
    const auto before = host.bundle();
    host.kernel.remove_session(before->id, "request");
    host.world.advance(5s);
    EXPECT_TRUE(host.client->up());
    EXPECT_NE(host.bundle()->id, before->id);
    EXPECT_THAT(host.said("client.down"), HasSubstr("the bundle was deleted in the kernel"));
}

TEST(ClientBundle, SaysOfALinkThatItIsSilent) {
    Bundled host;
    host.dial(bundled(), Reconnect::Yes);
    const netlink::SessionId second = host.links().at(1).id;
    const auto alive = [&](std::uint32_t value) {
        host.kernel.inject(
            netlink::Notice{.type = "peer_alive", .session = second, .value = value});
        host.world.run();
    };
    alive(0);
    alive(0);
    EXPECT_THAT(host.states(host.client->status()), ElementsAre("up", "silent"));
    EXPECT_TRUE(host.client->status().links.at(1).up);
    EXPECT_EQ(host.count("client.link_silent"), 1);
    EXPECT_EQ(host.said("client.link_silent"), "link silent: 192.0.2.11:1723");
    alive(1);
    EXPECT_THAT(host.states(host.client->status()), ElementsAre("up", "up"));
    EXPECT_EQ(host.said("client.link_heard"), "link heard again: 192.0.2.11:1723");
    alive(0);
    host.other.hang_up();
    host.world.advance(5s);
    EXPECT_THAT(host.states(host.client->status()), ElementsAre("up", "up")) << "another call";
    alive(0);
    EXPECT_EQ(host.count("client.link_silent"), 2) << "of a session that is gone";
}

TEST(ClientBundle, ALinkThatSomebodyDeletesIsDialedAgain) {
    Bundled host;
    host.dial(bundled(), Reconnect::Yes);
    const auto before = host.bundle();
    host.kernel.remove_session(host.links().at(0).id, "request");
    host.world.advance(10s);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.bundle()->id, before->id);
}

TEST(ClientBundle, EndsWhenItHasCarriedNothing) {
    Bundled host;
    config::Client settings = bundled();
    settings.idle_timeout = 30s;
    host.dial(settings);
    host.world.advance(20s);
    host.kernel.count_traffic(host.bundle()->id, 1, 1);
    host.world.advance(29s);
    EXPECT_TRUE(host.client->up());
    host.world.advance(20s);
    EXPECT_TRUE(host.client->off());
    host.expect_nothing_left();
}

TEST(ClientBundle, WhatTheKernelRefusesEndsItWithThatReason) {
    for (const char *verb : {"tunnel_add", "session_add", "link_add", "session_set"}) {
        for (int before = 0; before < 3; before++) {
            Bundled host;
            // One after the other of the first ones.
            int calls = 0;
            host.kernel.fail_next(verb, base::system_error("no", ENOMEM), 1 + before);
            host.dial(bundled());
            calls = host.kernel.count(verb);
            EXPECT_GT(calls, 0);
            if (host.client->up())
                host.client->stop("by user");
            host.world.advance(20s);
            host.expect_nothing_left();
        }
    }
}

// -- one daemon after the other

using Handover = TwoDoors<Daemons>;

TEST(BundleHandover, AKilledDaemonsBundleGoesOn) {
    Handover host(bundled());
    host.start();
    ASSERT_EQ(host.status().status, "connected");
    const auto before = host.bundle();
    ASSERT_EQ(host.links().size(), 2U);
    host.kill();
    host.start();
    EXPECT_EQ(host.count("client.resumed"), 1);
    EXPECT_EQ(host.count("client.dialing"), 0);
    EXPECT_EQ(host.status().status, "connected");
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.server.connections, 1);
    EXPECT_EQ(host.other.connections, 1);
    EXPECT_THAT(Handover::states(host.status()), ElementsAre("up", "up"));
    for (const char *verb : {"tunnel_add", "tunnel_del", "session_add", "session_del", "link_add",
                             "link_del", "address_add", "frame_send"})
        EXPECT_FALSE(host.asked_for(verb)) << verb;
    // And is one like any other.
    host.other.hang_up();
    host.world.advance(5s);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.bundle()->id, before->id);
}

TEST(BundleHandover, OneThatStopsLeavesIt) {
    Handover host(bundled());
    host.start();
    const auto before = host.bundle();
    EXPECT_EQ(host.terminate(), 1U);
    host.start();
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.count("client.resumed"), 1);
    EXPECT_EQ(host.server.connections, 1);
}

TEST(BundleHandover, WithADefaultRouteItStaysPinned) {
    config::Client settings = bundled();
    settings.add_default_route = true;
    Handover host(settings);
    host.start();
    const std::size_t routes = host.kernel.routes().size();
    host.kill();
    host.start();
    EXPECT_EQ(host.kernel.routes().size(), routes);
    EXPECT_EQ(host.count("client.route"), 0);
}

TEST(BundleHandover, WithAServerWithoutARouteTheDefaultRouteStays) {
    config::Client settings = bundled();
    settings.add_default_route = true;
    Handover host(settings);
    only_to_first_server(host);
    host.world.listeners.erase(Second);
    host.world.refusals[Second] = base::system_error("connect", ENETUNREACH);
    host.start();
    ASSERT_TRUE(has_default_route(host));
    host.kill();
    host.start();
    EXPECT_TRUE(has_default_route(host));
    EXPECT_EQ(host.count("client.route"), 0) << host.said("client.route");
}

TEST(BundleHandover, ALinkWhoseConnectionWasLostIsDialedAgain) {
    Handover host(bundled());
    host.start();
    const auto before = host.bundle();
    host.kill();
    host.other.hang_up();
    host.start();
    host.world.advance(5s);
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.links().size(), 2U);
    EXPECT_EQ(host.server.connections, 1);
    EXPECT_EQ(host.other.connections, 2);
}

TEST(BundleHandover, OfWhichNobodyKeptAConnectionIsDialedAnew) {
    Handover host(bundled());
    host.start();
    const auto before = host.bundle();
    host.kill();
    host.world.close_kept();
    host.start();
    host.world.advance(1s);
    EXPECT_EQ(host.count("client.resumed"), 0);
    EXPECT_EQ(host.count("client.up"), 1);
    EXPECT_NE(host.bundle()->id, before->id);
    EXPECT_EQ(host.kernel.tunnels()->size(), 3U);
    EXPECT_EQ(host.links().size(), 2U);
}

TEST(BundleHandover, WithOtherLinksItKeepsThoseThatAreTheSame) {
    Handover host(bundled());
    host.start();
    const auto before = host.bundle();
    host.kill();
    host.config.clients[0].connect_to = "192.0.2.11";
    host.config.clients[0].link_rate.clear();
    host.start();
    host.world.advance(1s);
    EXPECT_EQ(host.bundle()->id, before->id);
    EXPECT_EQ(host.links().size(), 1U);
    EXPECT_EQ(host.kernel.tunnels()->size(), 2U);
    EXPECT_EQ(host.other.connections, 1);
}

TEST(BundleHandover, WithoutMultilinkInTheSettingsItIsDialedAnew) {
    Handover host(bundled());
    host.start();
    host.kill();
    host.config.clients[0].mrru = 0;
    host.config.clients[0].connect_to = "192.0.2.10";
    host.config.clients[0].link_rate.clear();
    host.server.mrru.reset();
    host.start();
    host.world.advance(1s);
    EXPECT_EQ(host.count("client.resumed"), 0);
    EXPECT_EQ(host.status().status, "connected");
    EXPECT_FALSE(host.bundle());
    EXPECT_EQ(host.kernel.tunnels()->size(), 1U);
}

TEST(BundleHandover, ACallWithAPeerThatDidNotWantItGoesOnToo) {
    Handover host(bundled());
    host.server.mrru.reset();
    host.start();
    ASSERT_EQ(host.status().status, "connected");
    host.kill();
    host.start();
    host.expect_untouched();
    EXPECT_EQ(host.other.connections, 0);
}

TEST(BundleHandover, AStateThatMakesNoSenseIsNotGoneOnWith) {
    Handover host(bundled());
    host.start();
    const auto before = host.bundle();
    host.kill();
    for (const char *text :
         {"", "rtun-bundle 2\n", "rtun-bundle 1\n", "rtun-bundle 1\nsince x\n"}) {
        const base::View bytes = base::as_bytes(std::string_view(text));
        netlink::SessionChange change;
        change.blob = base::Bytes(bytes.begin(), bytes.end());
        ASSERT_TRUE(host.kernel.session_set(host.bundle()->id, change));
        host.start();
        EXPECT_EQ(host.count("client.resumed"), 0) << text;
        EXPECT_EQ(host.kernel.tunnels()->size(), 3U) << text;
        host.kill();
    }
    EXPECT_NE(host.bundle()->id, before->id);
}

TEST(BundleState, IsReadAsItIsWritten) {
    BundleState state;
    state.settings = settings_line(bundled());
    state.since = 1700000000;
    state.discriminator =
        *ppp::Discriminator::make(ppp::Discriminator::Class::Local, base::Bytes{1, 2, 0xfe});
    state.network.bundle = true;
    state.network.lcp.multilink = ppp::MultilinkAgreed{.mrru = 1500, .peer_mrru = 1614};
    state.network.peer_mru = 1614;
    state.network.ipv4 = ppp::Ipv4Up{.local = base::Ipv4{0x0a000002}, .remote = {}, .dns = {}};
    const auto text = encode(state);
    ASSERT_TRUE(text);
    const auto read = decode_bundle_state(*text);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->settings, state.settings);
    EXPECT_EQ(read->discriminator, state.discriminator);
    EXPECT_EQ(read->network.lcp.multilink, state.network.lcp.multilink);
    EXPECT_EQ(client_of(read->settings)->link_rate, bundled().link_rate);
    const base::View view(*text);
    for (std::size_t length = 0; length < view.size(); length++)
        (void)decode_bundle_state(view.first(length));  // no abort
}

}  // namespace
}  // namespace rtun::daemon::test
