// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/echo.h>

#include <gtest/gtest.h>

namespace rtun::ppp {
namespace {

using namespace std::chrono_literals;
using Step = Keepalive::Step;

TEST(Keepalive, DoesNothingUntilStartedOrWithoutAnIdleTime) {
    Keepalive idle(60s);
    idle.heard(base::Time{});
    EXPECT_EQ(idle.deadline(), std::nullopt);
    EXPECT_EQ(idle.expire(base::Time{} + 1h), Step::Wait);

    Keepalive never(0s);
    never.start(base::Time{});
    EXPECT_EQ(never.deadline(), std::nullopt);
}

TEST(Keepalive, ProbesFiveTimesASecondApartThenSaysDead) {
    Keepalive keepalive(30s);
    base::Time now{};
    keepalive.start(now);
    EXPECT_EQ(keepalive.deadline(), now + 30s);
    EXPECT_EQ(keepalive.expire(now + 29s), Step::Wait);
    now += 30s;
    for (unsigned i = 0; i < 5; ++i, now += 1s) {
        EXPECT_EQ(keepalive.missed(), i == 0 ? 0 : i - 1);
        EXPECT_EQ(keepalive.expire(now), Step::Probe);
        EXPECT_EQ(keepalive.deadline(), now + 1s);
    }
    EXPECT_EQ(keepalive.expire(now), Step::Dead);
    EXPECT_EQ(keepalive.missed(), 5U);
    EXPECT_EQ(keepalive.sent(), 5U);
    EXPECT_EQ(keepalive.deadline(), std::nullopt);
}

TEST(Keepalive, HearingThePeerBetweenProbesStartsOver) {
    Keepalive keepalive(30s);
    base::Time now{};
    keepalive.start(now);
    now += 30s;
    EXPECT_EQ(keepalive.expire(now), Step::Probe);
    now += 1s;
    EXPECT_EQ(keepalive.expire(now), Step::Probe);
    keepalive.heard(now);
    EXPECT_EQ(keepalive.deadline(), now + 30s);
    EXPECT_EQ(keepalive.missed(), 1U);
    now += 30s;
    for (int i = 0; i < 5; ++i, now += 1s)
        EXPECT_EQ(keepalive.expire(now), Step::Probe);
    EXPECT_EQ(keepalive.expire(now), Step::Dead);
}

TEST(Keepalive, AMachineThatSleptDoesNotFindThePeerDeadAtOnce) {
    Keepalive keepalive(30s);
    const base::Time woken = base::Time{} + 24h;
    keepalive.start(base::Time{});
    EXPECT_EQ(keepalive.expire(woken), Step::Probe);
    EXPECT_EQ(keepalive.expire(woken), Step::Wait);
    EXPECT_EQ(keepalive.deadline(), woken + 1s);
}

}  // namespace
}  // namespace rtun::ppp
