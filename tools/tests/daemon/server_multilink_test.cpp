// SPDX-License-Identifier: GPL-2.0-or-later
//
// Several calls that are one session of a user (RFC 1990).
#include <tests/daemon/multilink_host.h>

#include <daemon/server_events.h>
#include <daemon/server_view.h>

namespace rtun::daemon::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Multilink : testing::Test {
    ServerHost host{multilink_server()};
    fake::FakeBundle bundle{host.world, host.kernel, host.random};

    fake::FakePptpClient &dial(unsigned n) { return host.dial(link_of(bundle, n)); }
    [[nodiscard]] netlink::Session kernels() const {
        return host.kernel.session_of(bundle.session().value());
    }
    [[nodiscard]] ctl::ActiveStatus shown() {
        const auto all =
            ServerView(*host.server, host.kernel, host.world, host.pools, host.store).active();
        EXPECT_THAT(all, SizeIs(1));
        return all.empty() ? ctl::ActiveStatus{} : all.front();
    }
    void expect_nothing_left() {
        host.world.advance(20s);
        host.expect_nothing_left();
    }
};

// -- links join

TEST_F(Multilink, TwoCallsAreOneSession) {
    auto &first = dial(1);
    ASSERT_TRUE(bundle.up());
    EXPECT_EQ(bundle.ipv4->local.text(), "10.0.0.2");
    auto &second = dial(2);
    EXPECT_FALSE(first.closed);
    EXPECT_FALSE(second.closed);
    EXPECT_THAT(bundle.links, SizeIs(2));
    EXPECT_EQ(kernels().multilink->links, 2U);
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_EQ(host.server->half_open(), 0U);
    EXPECT_THAT(host.interfaces(), ElementsAre("<pptp-jack>"));
    EXPECT_THAT(host.records(), SizeIs(1));
    EXPECT_THAT(host.pools.leases(), SizeIs(2)) << "both ends";
    EXPECT_THAT(host.dressing.said, ElementsAre("on jack <pptp-jack> 10.0.0.2"));
    EXPECT_EQ(host.count(server_id::Up), 1);
    EXPECT_EQ(host.count(server_id::LinkJoined), 2);
    EXPECT_EQ(host.field(server_id::LinkJoined, "links"), "2");
    EXPECT_EQ(host.field(server_id::LinkJoined, "peer"), "203.0.113.18");
}

TEST_F(Multilink, OneCallIsABundleOfOne) {
    auto &client = dial(1);
    ASSERT_TRUE(bundle.up());
    EXPECT_FALSE(client.calls[0]->ipv4);
    EXPECT_EQ(kernels().multilink->links, 1U);
    EXPECT_EQ(kernels().multilink->spec.mrru, 1500U);
    EXPECT_EQ(kernels().multilink->spec.peer_mrru, 1500U);
    ASSERT_TRUE(kernels().device);
    // Packets are cut to what the links carry: there is room for all of it, but MPPE's octets.
    EXPECT_EQ(host.kernel.links().at(*kernels().device).mtu, 1496U);
    EXPECT_EQ(host.kernel.session_of(*client.call().session).link_mtu, 1450U);
}

TEST_F(Multilink, PutsMoreTogetherThanADeviceTakes) {
    config::Config config = multilink_server();
    config.pptp_server.mrru = 65535;
    host.load(config);
    auto options = link_of(bundle, 1);
    options.multilink->mrru = 65535;
    (void)host.dial(std::move(options));
    ASSERT_TRUE(bundle.up());
    EXPECT_EQ(host.kernel.links().at(*kernels().device).mtu, 65457U);
    EXPECT_EQ(kernels().multilink->spec.mrru, 65535U);
}

TEST_F(Multilink, IsShownAsOneRowWithItsLinks) {
    (void)dial(1);
    host.world.advance(60s);
    (void)dial(2);
    const ctl::ActiveStatus row = shown();
    EXPECT_EQ(row.user, "jack");
    EXPECT_EQ(row.caller_id, "203.0.113.17");
    EXPECT_EQ(row.uptime, 60U);
    EXPECT_FALSE(row.call_id);
    EXPECT_EQ(row.session_id, static_cast<std::uint32_t>(*bundle.session()));
    EXPECT_THAT(row.multilink, HasSubstr("mrru 1500 peer-mrru 1500"));
    ASSERT_THAT(row.links, SizeIs(2));
    EXPECT_EQ(row.links[0].caller_id, "203.0.113.17");
    EXPECT_EQ(row.links[0].uptime, 60U);
    EXPECT_EQ(row.links[1].caller_id, "203.0.113.18");
    EXPECT_EQ(row.links[1].uptime, 0U);
    EXPECT_EQ(row.links[1].mtu, 1450U);
    EXPECT_EQ(row.links[1].peer_call_id, 7U);
    EXPECT_EQ(row.links[1].session_id, static_cast<std::uint32_t>(bundle.links[1]));
}

TEST_F(Multilink, SaysOfALinkThatItIsSilent) {
    (void)dial(1);
    (void)dial(2);
    const auto alive = [&](std::uint32_t value) {
        host.kernel.inject(
            netlink::Notice{.type = "peer_alive", .session = bundle.links.at(1), .value = value});
        host.world.run();
    };
    EXPECT_EQ(shown().links.at(1).status, "up");
    alive(0);
    alive(0);
    EXPECT_EQ(shown().links.at(0).status, "up");
    EXPECT_EQ(shown().links.at(1).status, "silent");
    EXPECT_EQ(host.count(server_id::LinkSilent), 1);
    ASSERT_NE(host.last(server_id::LinkSilent), nullptr);
    EXPECT_EQ(host.last(server_id::LinkSilent)->text, "link silent: 203.0.113.18");
    EXPECT_EQ(host.field(server_id::LinkSilent, "peer"), "203.0.113.18");
    alive(1);
    EXPECT_EQ(shown().links.at(1).status, "up");
    ASSERT_NE(host.last(server_id::LinkHeard), nullptr);
    EXPECT_EQ(host.last(server_id::LinkHeard)->text, "link heard again: 203.0.113.18");
}

TEST_F(Multilink, HasTheKeysOfTheFirstLink) {
    (void)dial(1);
    ASSERT_TRUE(bundle.up());
    ASSERT_TRUE(bundle.encryption);
    const auto keys = host.kernel.keys_of(*bundle.session());
    EXPECT_TRUE(keys.send.same_as(bundle.encryption->receive->start_key.reveal()));
    EXPECT_TRUE(keys.receive.same_as(bundle.encryption->send->start_key.reveal()));
    (void)dial(2);
    EXPECT_TRUE(host.kernel.keys_of(*bundle.session()).send.same_as(keys.send.reveal()));
    EXPECT_EQ(shown().encoding, "MPPE128 stateless");
}

TEST_F(Multilink, WhereEncryptionIsRequiredNothingLeavesInClear) {
    config::Config config = multilink_server();
    config.profiles[0].use_encryption = config::Profile::UseEncryption::Require;
    host.load(config);
    (void)dial(1);
    ASSERT_TRUE(bundle.up());
    EXPECT_TRUE(kernels().mppe_required);
    EXPECT_TRUE(kernels().mppe_tx);
}

// Its daemon has died and begun again: the same peer with a first link of other keys.
TEST_F(Multilink, APeerThatBeginsAnewDoesNotGetTheOldKeys) {
    auto &lost = dial(1);
    ASSERT_TRUE(bundle.encryption);
    const netlink::SessionId old = *bundle.session();
    host.world.advance(30s);
    lost.silent = true;
    fake::FakeBundle anew(host.world, host.kernel, host.random);
    auto &first = host.dial(link_of(anew, 2));
    host.world.advance(2s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "encryption-failed");
    EXPECT_TRUE(first.closed);
    EXPECT_FALSE(host.kernel.has_session(old));

    fake::FakeBundle again(host.world, host.kernel, host.random);
    (void)host.dial(link_of(again, 2));
    ASSERT_TRUE(again.up());
    EXPECT_TRUE(host.kernel.keys_of(*again.session())
                    .send.same_as(again.encryption->receive->start_key.reveal()));
}

// RFC 1990 section 5.1.3.
struct KeyCase {
    const char *name;
    std::optional<ppp::Discriminator> first;
    std::optional<ppp::Discriminator> second;
    bool other_user;
    std::size_t sessions;
};
void PrintTo(const KeyCase &one, std::ostream *out) { *out << one.name; }
struct MultilinkKey : testing::TestWithParam<KeyCase> {};

TEST_P(MultilinkKey, SaysWhichLinksAreOfOneBundle) {
    ServerHost host(multilink_server());
    fake::FakeBundle first(host.world, host.kernel, host.random);
    fake::FakeBundle other(host.world, host.kernel, host.random);
    (void)host.dial(link_of(first, 1, GetParam().first));
    auto options = link_of(GetParam().sessions == 1 ? first : other, 2, GetParam().second);
    if (GetParam().other_user) {
        options.user = "jill";
        options.password = "tumble";
    }
    (void)host.dial(std::move(options));
    EXPECT_EQ(host.server->sessions(), GetParam().sessions);
    EXPECT_EQ(first.links.size() + other.links.size(), 2U);
    EXPECT_EQ(other.up(), GetParam().sessions == 2);
}

INSTANTIATE_TEST_SUITE_P(Server, MultilinkKey,
                         testing::Values(KeyCase{"same", somebody(1), somebody(1), false, 1},
                                         KeyCase{"other_host", somebody(1), somebody(2), false, 2},
                                         KeyCase{"other_user", somebody(1), somebody(1), true, 2},
                                         KeyCase{"name_only", std::nullopt, std::nullopt, false, 1},
                                         KeyCase{"one_without", somebody(1), std::nullopt, false,
                                                 2}),
                         [](const auto &one) { return std::string(one.param.name); });

// -- who does not want it

TEST_F(Multilink, APeerThatRefusesItGetsAPlainSession) {
    auto &client = host.dial();
    host.world.advance(10s);
    ASSERT_TRUE(client.up());
    EXPECT_EQ(host.server->sessions(), 1U);
    const ctl::ActiveStatus row = shown();
    EXPECT_THAT(row.links, IsEmpty());
    EXPECT_EQ(row.multilink, "");
    EXPECT_THAT(row.multilink_refused, HasSubstr("rejected multilink"));
    EXPECT_THAT(host.last(server_id::Lcp)->text, HasSubstr("no multilink: "));
}

TEST(Server, WithoutAnMrruRejectsMultilink) {
    ServerHost host;
    fake::FakeBundle bundle(host.world, host.kernel, host.random);
    auto &client = host.dial(link_of(bundle, 1));
    host.world.advance(10s);
    ASSERT_TRUE(client.up());
    EXPECT_FALSE(bundle.link);
    EXPECT_THAT(host.last(server_id::Lcp)->text, Not(HasSubstr("multilink")));
}

// -- limits

TEST_F(Multilink, WhenItIsDisabledThoseThatHaveItKeepIt) {
    config::Config config = multilink_server();
    config.secrets[0].remote_address = literal("10.0.0.77");
    host.load(config);
    (void)dial(1);
    auto &second = dial(2);
    const netlink::SessionId session = *bundle.session();
    config.pptp_server.mrru = 0;
    host.load(config);
    second.drop();
    host.world.advance(1s);
    // It comes back, and is no link any more: its address is the session's.
    auto &again = dial(2);
    host.world.advance(10s);
    EXPECT_TRUE(again.closed);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "no-address");
    EXPECT_THAT(host.field(server_id::Failed, "reason"), HasSubstr("disabled for new calls"));
    EXPECT_EQ(bundle.session(), session);
    EXPECT_EQ(kernels().multilink->links, 1U);
    EXPECT_EQ(host.count(server_id::Down), 0);
}

TEST_F(Multilink, ACallBeyondMaxLinksEnds) {
    config::Config config = multilink_server();
    config.pptp_server.max_links = 2;
    host.load(config);
    (void)dial(1);
    (void)dial(2);
    auto &third = dial(3);
    host.world.advance(10s);
    EXPECT_TRUE(third.closed);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "max-links");
    EXPECT_THAT(host.field(server_id::Failed, "reason"), HasSubstr("has 2 links"));
    EXPECT_EQ(kernels().multilink->links, 2U);
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_EQ(host.server->half_open(), 0U);
}

TEST_F(Multilink, AUserMayHaveFewerLinksThanOthers) {
    config::Config config = multilink_server();
    config.profiles[0].max_links = 4;
    config.secrets[0].max_links = 1;
    host.load(config);
    (void)dial(1);
    (void)dial(2);
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "max-links");
    EXPECT_EQ(kernels().multilink->links, 1U);
}

TEST_F(Multilink, LimitsOfSessionsCountBundles) {
    config::Config config = multilink_server();
    config.profiles[0].only_one = config::Toggle::Yes;
    config.pptp_server.max_sessions = 1;
    config.pptp_server.one_session_per_host = true;
    host.load(config);
    (void)dial(1);
    (void)dial(1);
    (void)dial(2);
    EXPECT_EQ(kernels().multilink->links, 3U);
    EXPECT_EQ(host.server->sessions(), 1U);

    fake::FakeBundle other(host.world, host.kernel, host.random);
    (void)host.dial(link_of(other, 4, somebody(2)));
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "only-one");
    EXPECT_EQ(host.server->sessions(), 1U);
}

TEST_F(Multilink, AnotherSessionOfTheHostTakesTheWholeBundlesPlace) {
    config::Config config = multilink_server();
    config.pptp_server.one_session_per_host = true;
    host.load(config);
    (void)dial(1);
    (void)dial(2);
    fake::FakeBundle other(host.world, host.kernel, host.random);
    (void)host.dial(link_of(other, 1, somebody(2)));
    host.world.advance(10s);
    EXPECT_TRUE(other.up());
    EXPECT_EQ(host.field(server_id::Down, "cause"), "replaced");
    EXPECT_EQ(host.server->sessions(), 1U);
    EXPECT_EQ(host.server->connections(), 1U);
}

TEST_F(Multilink, ALinkWithAnotherMrruIsRefused) {
    (void)dial(1);
    auto options = link_of(bundle, 2);
    options.multilink->mrru = 1600;
    auto &second = host.dial(std::move(options));
    host.world.advance(10s);
    EXPECT_TRUE(second.closed);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "bundle-mismatch");
    EXPECT_THAT(host.field(server_id::Failed, "reason"),
                HasSubstr("the peer's MRRU is 1600 on this link and 1500 in the bundle"));
    EXPECT_TRUE(bundle.up());
    EXPECT_EQ(kernels().multilink->links, 1U);
}

TEST_F(Multilink, ALinkFromTheAddressThatTheSessionHasIsRefused) {
    (void)dial(1);
    auto options = link_of(bundle, 2);
    options.from = bundle.ipv4->local;
    auto &second = host.dial(std::move(options));
    host.world.advance(10s);
    EXPECT_TRUE(second.closed);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "no-address");
    EXPECT_EQ(host.field(server_id::Failed, "reason"),
              "10.0.0.2 is the address that the client calls from");
    EXPECT_EQ(kernels().multilink->links, 1U);
}

TEST_F(Multilink, ACallThatTheKernelDoesNotLetJoinEndsAlone) {
    (void)dial(1);
    auto &second = host.client(link_of(bundle, 2));
    ASSERT_TRUE(second.dial());
    host.kernel.on_frame = [&, before = host.kernel.on_frame](netlink::SessionId id,
                                                              base::View frame) {
        // From the proof on: the next change is the joining.
        if (frame.size() > 2 && frame[0] == 0xc2 && frame[1] == 0x23 && frame[2] == 3)
            host.kernel.fail_next("session_set", {base::ErrorCode::System, "no memory", 12});
        return before(id, frame);
    };
    host.world.run();
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Failed, "cause"), "kernel");
    EXPECT_EQ(kernels().multilink->links, 1U);
    EXPECT_EQ(host.server->sessions(), 1U);
}

// -- links leave

TEST_F(Multilink, OutlivesItsFirstLink) {
    auto &first = dial(1);
    (void)dial(2);
    const netlink::SessionId session = *bundle.session();
    first.drop();
    host.world.advance(10s);
    EXPECT_EQ(host.count(server_id::LinkLeft), 1);
    EXPECT_EQ(host.field(server_id::LinkLeft, "links"), "1");
    EXPECT_EQ(host.count(server_id::Down), 0);
    EXPECT_EQ(host.count(server_id::Failed), 0);
    EXPECT_EQ(bundle.session(), session);
    EXPECT_EQ(kernels().multilink->links, 1U);
    EXPECT_TRUE(kernels().device);
    EXPECT_THAT(shown().links, SizeIs(1));
    EXPECT_THAT(host.store.open_sessions().value(), SizeIs(1));

    (void)dial(3);
    EXPECT_EQ(kernels().multilink->links, 2U);
    EXPECT_EQ(bundle.session(), session);
    EXPECT_TRUE(bundle.up());
}

TEST_F(Multilink, EndsWithItsLastLinkAndItsRecordHasTheCounters) {
    auto &first = dial(1);
    auto &second = dial(2);
    host.kernel.count_traffic(*bundle.session(), 30, 20);
    first.hang_up();
    host.world.advance(10s);
    EXPECT_EQ(host.server->sessions(), 1U);
    second.hang_up();
    host.world.advance(10s);
    EXPECT_EQ(host.count(server_id::LinkLeft), 2);
    EXPECT_EQ(host.count(server_id::Down), 1);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "peer-terminated");
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_TRUE(host.records()[0].stopped);
    EXPECT_EQ(host.records()[0].octets_in, 3000U);
    EXPECT_EQ(host.records()[0].packets_out, 20U);
    EXPECT_THAT(host.dressing.said.back(), HasSubstr("off jack"));
    expect_nothing_left();
}

TEST_F(Multilink, EndsWhenItsOnlyLinkNegotiatesAnew) {
    auto &client = dial(1);
    client.negotiate_anew();
    host.world.advance(20s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "renegotiated");
    expect_nothing_left();
}

TEST_F(Multilink, ALinkThatNegotiatesAnewLeavesAndComesBack) {
    (void)dial(1);
    auto &second = dial(2);
    const int before = host.kernel.count("session_set");
    second.negotiate_anew();
    host.world.advance(10s);
    EXPECT_GT(host.kernel.count("session_set"), before + 2) << "out of it, and in again";
    EXPECT_EQ(kernels().multilink->links, 2U);
    EXPECT_EQ(host.count(server_id::Down), 0);
    EXPECT_TRUE(bundle.up());
    EXPECT_EQ(host.count(server_id::LinkJoined), 3);
    EXPECT_EQ(host.count(server_id::LinkLeft), 1);
    EXPECT_EQ(host.field(server_id::LinkLeft, "links"), "1");
    EXPECT_EQ(host.field(server_id::LinkLeft, "cause"), "renegotiated");
    second.drop();
    host.world.advance(10s);
    EXPECT_EQ(host.count(server_id::LinkLeft), 2);
}

// What it has agreed to and its keys would be of no link that there is.
TEST_F(Multilink, EndsWhenItsLastLinkIsLostWhileAnotherNegotiatesAnew) {
    auto &first = dial(1);
    auto &second = dial(2);
    second.negotiate_anew();
    second.silent = true;  // and does not get far
    host.world.advance(1ms);
    ASSERT_EQ(kernels().multilink->links, 1U);
    first.drop();
    host.world.advance(1s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "renegotiated");
    EXPECT_EQ(host.server->sessions(), 0U);
    expect_nothing_left();
}

TEST_F(Multilink, KillingTheSessionEndsAllItsLinks) {
    auto &first = dial(1);
    auto &second = dial(2);
    ServerView view(*host.server, host.kernel, host.world, host.pools, host.store);
    EXPECT_EQ(view.kill("jack"), 1U);
    host.world.advance(10s);
    EXPECT_TRUE(first.closed);
    EXPECT_TRUE(second.closed);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "admin-kill");
    expect_nothing_left();
}

TEST_F(Multilink, IsKilledByTheAddressOfAnyOfItsLinks) {
    (void)dial(1);
    (void)dial(2);
    ServerView view(*host.server, host.kernel, host.world, host.pools, host.store);
    EXPECT_EQ(view.kill("203.0.113.19"), 0U);
    EXPECT_EQ(view.kill("203.0.113.18"), 1U);
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "admin-kill");
    expect_nothing_left();
}

TEST_F(Multilink, ALinkCanBeKilledAlone) {
    (void)dial(1);
    (void)dial(2);
    const auto link = static_cast<std::uint32_t>(bundle.links[0]);
    ServerView view(*host.server, host.kernel, host.world, host.pools, host.store);
    EXPECT_EQ(view.kill(std::to_string(link)), 1U);
    host.world.advance(10s);
    EXPECT_EQ(kernels().multilink->links, 1U);
    EXPECT_EQ(host.server->sessions(), 1U);
}

TEST_F(Multilink, EndsWhenItsInterfaceOrItsSessionIsDeleted) {
    (void)dial(1);
    (void)dial(2);
    ASSERT_TRUE(host.kernel.link_del(*kernels().device));
    host.kernel.inject(netlink::SessionChanged{false, kernels()});
    host.world.advance(20s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "interface-deleted");
    expect_nothing_left();

    fake::FakeBundle next(host.world, host.kernel, host.random);
    (void)host.dial(link_of(next, 1));
    ASSERT_TRUE(next.up());
    host.kernel.remove_session(*next.session(), "request");
    host.world.advance(20s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "session-deleted");
    expect_nothing_left();
}

TEST_F(Multilink, EndsWithTheTimeoutsOfTheSession) {
    config::Config config = multilink_server();
    config.profiles[0].session_timeout = 10min;
    host.load(config);
    (void)dial(1);
    (void)dial(2);
    host.world.advance(11min);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "session-timeout");
    expect_nothing_left();
}

TEST_F(Multilink, EndsWithTheUserAndWithTheServer) {
    (void)dial(1);
    (void)dial(2);
    config::Config config = multilink_server();
    config.secrets[0].enabled = false;
    host.load(config);
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "user-removed");
    config.secrets[0].enabled = true;
    host.load(config);

    fake::FakeBundle next(host.world, host.kernel, host.random);
    (void)host.dial(link_of(next, 1));
    ASSERT_TRUE(next.up());
    config.pptp_server.enabled = false;
    host.load(config);
    host.world.advance(10s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "server-disabled");
    expect_nothing_left();
}

TEST_F(Multilink, LostEventsAreMadeUpFor) {
    (void)dial(1);
    (void)dial(2);
    const netlink::SessionId session = *bundle.session();
    host.kernel.remove_session(session, "request");
    (void)host.kernel.events();
    (void)host.server->kernel_event(netlink::Overrun{});
    host.world.advance(20s);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "session-deleted");
    expect_nothing_left();
}

TEST_F(Multilink, InterimCountersAreTheBundles) {
    (void)dial(1);
    (void)dial(2);
    host.kernel.count_traffic(*bundle.session(), 7, 5);
    host.world.advance(61s);
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].packets_in, 7U);
    // There is no session any more that could be asked.
    host.kernel.remove_session(*bundle.session(), "request");
    host.world.advance(20s);
    EXPECT_TRUE(host.records()[0].stopped);
    EXPECT_EQ(host.records()[0].packets_in, 7U);
    EXPECT_EQ(host.records()[0].octets_out, 500U);
}

}  // namespace
}  // namespace rtun::daemon::test
