// SPDX-License-Identifier: GPL-2.0-or-later
//
// Dialing again, and settings that change while a client runs.
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

namespace rtun::daemon::test {

using base::ErrorCode;
using std::chrono::milliseconds;

TEST(Backoff, DoublesFromOneSecondToAMinuteWithinAFifth) {
    fake::FakeRandom random;
    Backoff backoff;
    for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
        const base::Duration wait = backoff.next(Backoff::After::Failure, random);
        EXPECT_GE(wait, milliseconds(seconds * 800));
        EXPECT_LE(wait, milliseconds(seconds * 1200));
    }
    backoff.reset();
    EXPECT_LE(backoff.next(Backoff::After::Failure, random), milliseconds(1200));
}

TEST(Backoff, WaitsHalfAMinuteAfterAWrongPassword) {
    fake::FakeRandom random;
    Backoff backoff;
    EXPECT_GE(backoff.next(Backoff::After::AuthFailure, random), 30s);
}

TEST(Reconnect, DialsAgainLessAndLessOften) {
    Host host;
    host.world.listeners.clear();
    host.world.refusals[Server] = {ErrorCode::Unreachable, "connection refused", ECONNREFUSED};
    host.dial(office(), Reconnect::Yes);
    EXPECT_EQ(host.client->status().status, "disconnected");
    EXPECT_EQ(host.client->status().last_error, "connection refused");
    host.world.advance(10min);
    // 1 + 2 + 4 + 8 + 16 + 32 + 60 ...: fifteen or so in ten minutes.
    EXPECT_GE(host.world.dialed.size(), 12U);
    EXPECT_LE(host.world.dialed.size(), 19U);
    EXPECT_EQ(host.client->status().attempts, host.world.dialed.size());
    // The same failure is a warning once.
    EXPECT_EQ(std::count(host.levels.begin(), host.levels.end(), base::log::Level::Warning), 1);
    host.client->stop("by user");
    EXPECT_TRUE(host.client->off());
    host.expect_nothing_left();
}

TEST(Reconnect, ComesBackWhenTheServerDoes) {
    Host host;
    host.dial(office(), Reconnect::Yes);
    host.server.hang_up();
    host.world.advance(200ms);
    EXPECT_FALSE(host.client->up());
    host.world.advance(2s);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.server.connections, 2);
    EXPECT_EQ(host.client->status().attempts, 0U);
}

TEST(Reconnect, DoesNotHurryWithAWrongPassword) {
    Host host;
    host.server.password = "other";
    host.dial(office(), Reconnect::Yes);
    host.world.advance(29s);
    EXPECT_EQ(host.server.connections, 1);
    host.world.advance(20s);
    EXPECT_EQ(host.server.connections, 2);
}

TEST(Reconnect, BeginsAfreshAfterAConnectionThatLasted) {
    Host host;
    host.dial(office(), Reconnect::Yes);
    for (int i = 0; i < 6; i++) {  // short ones: longer and longer
        host.server.hang_up();
        host.world.advance(70s);
        while (!host.client->up())
            host.world.advance(1s);
        host.server.hang_up();
        host.world.advance(200ms);
        while (!host.client->up())
            host.world.advance(100ms);
    }
    host.world.advance(2min);
    ASSERT_TRUE(host.client->up());
    host.server.hang_up();
    host.world.advance(1400ms);
    EXPECT_TRUE(host.client->up());
}

TEST(Settings, ThatThePeerNeedNotKnowLeaveTheCallAlone) {
    Host host;
    host.dial(office(), Reconnect::Yes);
    config::Client settings = office();
    settings.comment = "the big one";
    host.client->apply(settings);
    settings.reorder_slots = 64;
    settings.test_type = 2;
    host.client->apply(settings);
    settings.add_default_route = true;
    host.client->apply(settings);
    host.world.run();
    EXPECT_EQ(host.server.connections, 1);
    EXPECT_TRUE(host.client->up());
    EXPECT_EQ(host.only_session().reorder_slots, 64U);
    EXPECT_EQ(host.only_session().disorder, 2U);
    EXPECT_EQ(host.only_session().disorder_rate, 100U);
    EXPECT_EQ(host.kernel.routes().size(), 2U);
    settings.add_default_route = false;
    host.client->apply(settings);
    EXPECT_TRUE(host.kernel.routes().empty());
}

TEST(Settings, ThatThePeerHasToKnowMakeANewCallAtOnce) {
    Host host;
    host.dial(office(), Reconnect::Yes);
    config::Client settings = office();
    settings.max_mtu = 1300;
    host.client->apply(settings);
    host.world.run();
    host.world.advance(100ms);
    EXPECT_EQ(host.server.connections, 2);
    ASSERT_TRUE(host.client->up());
    EXPECT_EQ(host.client->status().mtu, 1300U);
    ASSERT_EQ(host.kernel.links().size(), 1U);
}

TEST(Settings, DisableAndEnable) {
    Host host;
    host.dial(office(), Reconnect::Yes);
    config::Client settings = office();
    settings.enabled = false;
    host.client->apply(settings);
    host.world.run();
    host.world.advance(10s);
    EXPECT_TRUE(host.client->off());
    EXPECT_EQ(host.client->status().status, "terminated");
    EXPECT_TRUE(host.kernel.empty());
    settings.enabled = true;
    host.client->apply(settings);
    host.world.run();
    EXPECT_TRUE(host.client->up());
}

TEST(Settings, MayChangeWhileTheClientWaitsToDialAgain) {
    Host host;
    host.server.password = "other";
    host.dial(office(), Reconnect::Yes);
    host.world.advance(10s);
    config::Client settings = office();
    settings.password = base::Secret("other");
    host.client->apply(settings);
    host.world.run();
    EXPECT_TRUE(host.client->up());
}

}  // namespace rtun::daemon::test
