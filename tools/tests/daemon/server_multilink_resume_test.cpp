// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bundles of the server that outlive their daemon, with all their links or with some.
#include <tests/daemon/multilink_host.h>
#include <tests/daemon/server_daemons.h>

#include <daemon/server_view.h>

namespace rtun::daemon::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

struct MultilinkResume : testing::Test {
    ServerDaemons host{multilink_server()};
    fake::FakeBundle bundle{host.world, host.kernel, host.random};

    fake::FakePptpClient &dial(unsigned n) { return host.dial(link_of(bundle, n)); }
    [[nodiscard]] netlink::Session kernels() const {
        return host.kernel.session_of(bundle.session().value());
    }
    [[nodiscard]] ctl::ActiveStatus shown() {
        const auto all = ServerView(host.server(), host.kernel, host.world, host.program->pools,
                                    host.program->store)
                             .active();
        EXPECT_THAT(all, SizeIs(1));
        return all.empty() ? ctl::ActiveStatus{} : all.front();
    }
    void set_blob(netlink::SessionId session, std::string_view text) {
        const base::View bytes = base::as_bytes(text);
        netlink::SessionChange change;
        change.blob = base::Bytes(bytes.begin(), bytes.end());
        EXPECT_TRUE(host.kernel.session_set(session, change));
    }
};

TEST_F(MultilinkResume, AKilledDaemonsBundleGoesOnUntouched) {
    (void)dial(1);
    host.pass(30s);
    (void)dial(2);
    ASSERT_TRUE(bundle.up());
    const netlink::SessionId session = *bundle.session();
    const ctl::ActiveStatus before = shown();
    host.pass(1h);
    host.restart();
    host.expect_untouched();
    EXPECT_EQ(bundle.session(), session);
    const ctl::ActiveStatus after = shown();
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(after.caller_id, before.caller_id);
    EXPECT_EQ(after.interface, before.interface);
    EXPECT_EQ(after.encoding, before.encoding);
    EXPECT_EQ(after.mtu, before.mtu);
    EXPECT_EQ(after.multilink, before.multilink);
    EXPECT_EQ(after.session_id, before.session_id);
    EXPECT_EQ(after.uptime, 3630U);
    ASSERT_THAT(after.links, SizeIs(2));
    EXPECT_EQ(after.links[0].uptime, 3630U);
    EXPECT_EQ(after.links[1].uptime, 3600U);
    EXPECT_EQ(after.links[1].caller_id, before.links[1].caller_id);
    EXPECT_EQ(after.links[1].call_id, before.links[1].call_id);
    host.world.advance(5min);  // echoes both ways
    EXPECT_EQ(kernels().multilink->links, 2U);
    EXPECT_EQ(host.server().sessions(), 1U);
}

// Who looks for clients' tunnels passes over the server's, its bundles' too.
TEST_F(MultilinkResume, ItsTunnelsAreKnownAsTheServers) {
    (void)dial(1);
    const auto tunnels = host.kernel.tunnels().value();
    ASSERT_THAT(tunnels, SizeIs(2));
    for (const netlink::Tunnel &tunnel : tunnels) {
        const std::string text(tunnel.spec.blob.begin(), tunnel.spec.blob.end());
        EXPECT_TRUE(std::any_of(ServerWords.begin(), ServerWords.end(), [&](std::string_view word) {
            return text.starts_with(word);
        })) << text;
    }
}

TEST_F(MultilinkResume, ADaemonThatIsStoppedLeavesItsBundlesToTheNext) {
    (void)dial(1);
    (void)dial(2);
    const netlink::SessionId session = *bundle.session();
    EXPECT_EQ(host.terminate(), 1U);
    EXPECT_EQ(bundle.session(), session);
    host.start();
    host.expect_untouched();
    host.world.advance(5min);
    EXPECT_EQ(kernels().multilink->links, 2U);
    EXPECT_TRUE(bundle.up());
}

TEST_F(MultilinkResume, ABundleOfAnEarlierDaemonTakesLinksAndEndsAsAnyOther) {
    auto &first = dial(1);
    host.restart();
    auto &second = dial(2);
    EXPECT_EQ(kernels().multilink->links, 2U);
    EXPECT_EQ(host.server().sessions(), 1U);
    first.drop();
    host.world.advance(10s);
    EXPECT_EQ(kernels().multilink->links, 1U);
    EXPECT_EQ(host.count(server_id::LinkLeft), 1);
    host.kernel.count_traffic(*bundle.session(), 4, 3);
    second.hang_up();
    host.world.advance(10s);
    host.expect_ended("peer-terminated");
    EXPECT_EQ(host.records()[0].packets_in, 4U);
}

TEST_F(MultilinkResume, LinksWhoseConnectionIsGoneEndAndTheRestGoesOn) {
    auto &first = dial(1);
    (void)dial(2);
    host.kill();
    first.drop();
    host.start();
    host.world.advance(10s);
    EXPECT_EQ(host.on, 1U);
    EXPECT_EQ(host.count(server_id::Resumed), 1);
    EXPECT_EQ(kernels().multilink->links, 1U);
    EXPECT_THAT(shown().links, SizeIs(1));
    EXPECT_TRUE(bundle.up());
}

TEST_F(MultilinkResume, WithoutAnyConnectionItEnds) {
    host.world.keeper = false;
    (void)dial(1);
    (void)dial(2);
    host.kernel.count_traffic(*bundle.session(), 4, 3);
    host.restart();
    host.expect_ended("daemon-restarted");
    EXPECT_EQ(host.records()[0].packets_in, 4U);
}

TEST_F(MultilinkResume, ABundleThatMakesNoSenseEndsWithItsLinks) {
    (void)dial(1);
    (void)dial(2);
    const netlink::SessionId session = *bundle.session();
    host.kill();
    set_blob(session, "nonsense");
    host.start();
    host.world.advance(20s);
    EXPECT_EQ(host.on, 0U);
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].cause, "lost");
    host.expect_nothing_left();
}

TEST_F(MultilinkResume, ALinkThatMakesNoSenseEndsAlone) {
    (void)dial(1);
    (void)dial(2);
    const netlink::SessionId link = bundle.links[0];
    host.kill();
    set_blob(link, "rtun-link 1\nkey of-another\nsince 1\n");
    host.start();
    host.world.advance(10s);
    EXPECT_EQ(host.on, 1U);
    EXPECT_FALSE(host.kernel.has_session(link));
    EXPECT_EQ(host.server().sessions(), 1U);
}

TEST_F(MultilinkResume, ABundleWhoseInterfaceWasDeletedEnds) {
    (void)dial(1);
    (void)dial(2);
    const auto device = *kernels().device;
    host.kill();
    ASSERT_TRUE(host.kernel.link_del(device));
    host.start();
    host.world.advance(10s);
    host.expect_ended("interface-deleted");
}

TEST_F(MultilinkResume, StopsAtTheDaemonsEndWithoutAKeeper) {
    host.world.keeper = false;
    (void)dial(1);
    (void)dial(2);
    EXPECT_EQ(host.terminate(), 0U);
    EXPECT_TRUE(host.kernel.empty());
    host.start();
    ASSERT_THAT(host.records(), SizeIs(1));
    EXPECT_EQ(host.records()[0].cause, "daemon-stopped");
    host.expect_nothing_left();
}

TEST_F(MultilinkResume, TheDaemonKeepsItsDiscriminator) {
    auto &before = dial(1);
    const auto ours = before.call().lcp->multilink->peer_discriminator;
    ASSERT_TRUE(ours);
    host.restart();
    auto &after = dial(2);
    EXPECT_EQ(after.call().lcp->multilink->peer_discriminator, ours);
}

}  // namespace
}  // namespace rtun::daemon::test
