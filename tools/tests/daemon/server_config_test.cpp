// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a changed configuration does to listeners and to sessions that are up: only to those whose
// own settings have changed.
#include <tests/daemon/server_host.h>

#include <daemon/server_events.h>

namespace rtun::daemon::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ServerConfig, LoadingTheSameAgainTouchesNothing) {
    ServerHost host;
    auto &client = host.dial();
    const auto calls = host.kernel.calls().size();
    host.load(office_server());
    host.world.advance(1s);
    EXPECT_TRUE(client.up());
    EXPECT_EQ(host.kernel.calls().size(), calls);
    EXPECT_EQ(host.count(server_id::Listening), 1);
    EXPECT_THAT(host.dressing.said, testing::SizeIs(1));
}

TEST(ServerConfig, ListenersFollowAndSessionsStay) {
    ServerHost host;
    auto &client = host.dial();
    config::Config config = office_server();
    config.pptp_server.listen = {{.address = base::Ipv4{0xc0000201}, .port = 1723, .vrf = ""},
                                 {.address = base::Ipv4{0xc0000201}, .port = 1724, .vrf = ""}};
    host.load(config);
    EXPECT_THAT(host.server->listening(), ElementsAre("192.0.2.1:1723", "192.0.2.1:1724"));
    host.world.advance(1min);
    EXPECT_TRUE(client.up());
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710a).up());
}

TEST(ServerConfig, AListenerThatCannotBeOpenedIsToldOnceAndTriedAgain) {
    config::Config config = office_server();
    config.pptp_server.listen = {{.address = {}, .port = 1723, .vrf = "blue"}};
    ServerHost host(config);
    EXPECT_THAT(host.server->listening(), IsEmpty());
    EXPECT_THAT(host.server->last_error(), testing::HasSubstr("*:1723@blue: "));
    host.world.advance(10s);
    int loud = 0;
    for (std::size_t i = 0; i < host.events.size(); i++)
        if (host.events[i].id == server_id::ListenFailed &&
            host.levels[i] != base::log::Level::Debug)
            loud++;
    EXPECT_EQ(loud, 1);
    EXPECT_GT(host.count(server_id::ListenFailed), 1);
    host.kernel.add_foreign_link("blue");
    host.world.advance(2min);
    EXPECT_THAT(host.server->listening(), ElementsAre("*:1723@blue"));
}

TEST(ServerConfig, DisablingTheServerEndsItsSessions) {
    ServerHost host;
    auto &client = host.dial();
    config::Config config = office_server();
    config.pptp_server.enabled = false;
    host.load(config);
    host.world.advance(10s);
    EXPECT_FALSE(client.up());
    EXPECT_THAT(host.server->listening(), IsEmpty());
    EXPECT_EQ(host.field(server_id::Down, "cause"), "server-disabled");
    host.expect_nothing_left();
    // And on again.
    host.load(office_server());
    EXPECT_TRUE(host.dial("jack", "secret", 0xcb00710a).up());
}

TEST(ServerConfig, AUserThatIsNoMoreLosesTheSessionAndOthersKeepTheirs) {
    ServerHost host;
    auto &jack = host.dial();
    auto &jill = host.dial("jill", "tumble", 0xcb00710a);
    config::Config config = office_server();
    config.secrets.erase(config.secrets.begin());
    host.load(config);
    host.world.advance(10s);
    EXPECT_FALSE(jack.up());
    EXPECT_TRUE(jill.up());
    EXPECT_EQ(host.field(server_id::Down, "cause"), "user-removed");
}

TEST(ServerConfig, AProfileThatOnlyDressesOtherwiseChangesTheSessionInPlace) {
    ServerHost host;
    auto &client = host.dial();
    config::Config config = office_server();
    config.profiles[0].address_list = "customers";
    host.load(config);
    host.world.advance(1s);
    EXPECT_TRUE(client.up());
    EXPECT_THAT(host.dressing.said, ElementsAre("on jack <pptp-jack> 10.0.0.2", "change jack"));
    EXPECT_EQ(host.active()[0]->session()->terms.address_list, "customers");
}

TEST(ServerConfig, ATimeoutThatIsSetWhileASessionIsUpHolds) {
    ServerHost host;
    (void)host.dial();
    host.world.advance(10min);
    config::Config config = office_server();
    config.profiles[0].session_timeout = 15min;
    host.load(config);
    host.world.advance(4min);
    EXPECT_EQ(host.server->sessions(), 1U);
    host.world.advance(2min);
    EXPECT_EQ(host.field(server_id::Down, "cause"), "session-timeout");
}

TEST(ServerConfig, AnotherAddressNeedsAnotherSession) {
    ServerHost host;
    auto &jack = host.dial();
    auto &jill = host.dial("jill", "tumble", 0xcb00710a);
    config::Config config = office_server();
    config.secrets[0].remote_address = literal("10.9.9.9");
    host.load(config);
    host.world.advance(10s);
    EXPECT_FALSE(jack.up());
    EXPECT_TRUE(jill.up());
    EXPECT_EQ(host.field(server_id::Down, "cause"), "terms-changed");
}

TEST(ServerConfig, TheAddressThatItHasMayBeWrittenDownForIt) {
    ServerHost host;
    auto &jack = host.dial();
    config::Config config = office_server();
    config.secrets[0].remote_address = literal("10.0.0.2");
    host.load(config);
    host.world.advance(10s);
    EXPECT_TRUE(jack.up());
}

TEST(ServerConfig, RequiringEncryptionEndsSessionsInClearOnly) {
    ServerHost host;
    auto &clear = host.dial({.encryption = ppp::Encryption::No});
    auto &encrypted = host.dial("jill", "tumble", 0xcb00710a);
    config::Config config = office_server();
    config.profiles[0].use_encryption = config::Profile::UseEncryption::Require;
    host.load(config);
    host.world.advance(10s);
    EXPECT_FALSE(clear.up());
    EXPECT_TRUE(encrypted.up());
}

TEST(ServerConfig, ReorderingChangesInTheKernelAtOnce) {
    ServerHost host;
    auto &client = host.dial();
    config::Config config = office_server();
    config.pptp_server.reorder_slots = 17;
    config.pptp_server.static_rtt = 900ms;
    host.load(config);
    EXPECT_TRUE(client.up());
    EXPECT_EQ(host.kernel.session_of(*client.call().session).reorder_slots, 17U);
    EXPECT_EQ(host.kernel.session_of(*client.call().session).static_rtt, 900U);
}

TEST(ServerConfig, WithAStaticRoundTripASessionKeepsToTheWindowOfItsPeer) {
    ServerHost host;
    auto &jack = host.dial();
    const auto tx_window = [&host](const auto &client) {
        return host.kernel.session_of(*client.call().session).tx_window;
    };
    const std::uint32_t told = host.kernel.session_of(*jack.call().session).peer_window;
    ASSERT_GT(told, 0U);
    EXPECT_EQ(tx_window(jack), 0U) << "adaptive";
    config::Config config = office_server();
    config.pptp_server.static_rtt = 1500ms;
    host.load(config);
    EXPECT_EQ(tx_window(jack), told) << "of a session that is up";
    auto &jill = host.dial("jill", "tumble", 0xcb00710a);
    EXPECT_EQ(tx_window(jill), told) << "and of a new one";
    host.load(office_server());
    EXPECT_EQ(tx_window(jack), 0U);
    EXPECT_EQ(tx_window(jill), 0U);
    EXPECT_TRUE(jack.up());
    EXPECT_TRUE(jill.up());
}

TEST(ServerConfig, LimitsHoldForThoseWhoComeAfter) {
    ServerHost host;
    auto &client = host.dial();
    config::Config config = office_server();
    config.pptp_server.allow_from = {{base::Ipv4::parse("198.51.100.0").value(), 24}};
    host.load(config);
    host.world.advance(1min);
    EXPECT_TRUE(client.up());
    EXPECT_TRUE(host.dial("jill", "tumble", 0xcb00710a).refused);
}

}  // namespace
}  // namespace rtun::daemon::test
